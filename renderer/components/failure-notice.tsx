import { Button } from 'react-aria-components';
import type { TerminalState } from '../../src/contract/terminal.ts';
import { useTerminal } from '../state/terminal.tsx';
import { useText } from '../text/use-text.ts';
import { Icon } from './icon.tsx';
import { ProblemNotice } from './problem-notice.tsx';

/** Tells of a wish that was refused, unless the screen tells of the same problem already. */
export function FailureNotice() {
  const { failure, state, dismissFailure } = useTerminal();
  const text = useText();
  if (failure === null || shownProblem(state) === failure.code) return null;
  return (
    <div className="failure">
      <ProblemNotice problem={failure}>
        <Button
          className="button button-quiet button-icon"
          aria-label={text('common.close')}
          onPress={dismissFailure}
        >
          <Icon name="close" />
        </Button>
      </ProblemNotice>
    </div>
  );
}

function shownProblem(state: TerminalState): string | null {
  return 'problem' in state ? (state.problem?.code ?? null) : null;
}
