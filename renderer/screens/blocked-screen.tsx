import { Button } from 'react-aria-components';
import type { Problem } from '../../src/contract/errors.ts';
import type { StateOf } from '../../src/contract/terminal.ts';
import { EntryLayout } from '../components/entry-layout.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { RetryNotice } from '../components/retry-notice.tsx';
import { ScreenHeading } from '../components/screen-heading.tsx';
import { useTerminal } from '../state/terminal.tsx';
import { useText } from '../text/use-text.ts';
import { KeyChangedScreen } from './key-changed-screen.tsx';

export function BlockedScreen({ state }: { state: StateOf<'blocked'> }) {
  switch (state.problem.code) {
    case 'broker-key-changed':
      return <KeyChangedScreen state={state} />;
    case 'vault-unavailable':
      return <NoVault problem={state.problem} />;
    default:
      return <NoTrust state={state} />;
  }
}

function NoVault({ problem }: { problem: Problem }) {
  const { bridge, info, run } = useTerminal();
  // Under this name it would look like a hook of React.
  const { useMemoryVault: acceptMemoryVault } = bridge;
  const text = useText();
  return (
    <EntryLayout>
      <ScreenHeading>{text('blocked.title')}</ScreenHeading>
      <p>{text(info.vault === 'file' ? 'blocked.file' : 'blocked.keychain')}</p>
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

/** The certificate of the broker is not good, though nothing speaks of another's. */
function NoTrust({ state: { problem, retry } }: { state: StateOf<'blocked'> }) {
  const { bridge, run } = useTerminal();
  const text = useText();
  return (
    <EntryLayout>
      <ScreenHeading>{text('blocked.broker')}</ScreenHeading>
      {retry === null ? <ProblemNotice problem={problem} /> : <RetryNotice retry={retry} />}
      <Button className="button button-primary entry-action" onPress={() => run(bridge.retryNow())}>
        {text('common.tryAgain')}
      </Button>
    </EntryLayout>
  );
}
