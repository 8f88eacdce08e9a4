import { Button } from 'react-aria-components';
import type { Problem } from '../../src/contract/errors.ts';
import type { StateOf } from '../../src/contract/terminal.ts';
import { EntryLayout } from '../components/entry-layout.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { ScreenHeading } from '../components/screen-heading.tsx';
import { useTerminal } from '../state/terminal.tsx';
import { useText } from '../text/use-text.ts';
import { KeyChangedScreen } from './key-changed-screen.tsx';

export function BlockedScreen({ state: { problem } }: { state: StateOf<'blocked'> }) {
  return problem.code === 'broker-key-changed' ? (
    <KeyChangedScreen problem={problem} />
  ) : (
    <NoVault problem={problem} />
  );
}

function NoVault({ problem }: { problem: Problem }) {
  const { bridge, run } = useTerminal();
  // Under this name it would look like a hook of React.
  const { useMemoryVault: acceptMemoryVault } = bridge;
  const text = useText();
  return (
    <EntryLayout>
      <ScreenHeading>{text('blocked.title')}</ScreenHeading>
      <p>{text('blocked.text')}</p>
      <ProblemNotice problem={problem} />
      <div className="actions actions-stacked">
        <Button className="button button-primary" onPress={() => run(bridge.retryNow())}>
          {text('common.tryAgain')}
        </Button>
        <Button
          className="button"
          aria-describedby="memory-hint"
          onPress={() => run(acceptMemoryVault())}
        >
          {text('blocked.memory')}
        </Button>
        <p className="hint" id="memory-hint">
          {text('blocked.memoryHint')}
        </p>
      </div>
    </EntryLayout>
  );
}
