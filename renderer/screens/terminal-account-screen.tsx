import { Button } from 'react-aria-components';
import type { StateOf } from '../../src/contract/terminal.ts';
import { EntryLayout } from '../components/entry-layout.tsx';
import { ForgetEnrollment } from '../components/forget-enrollment.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { RetryNotice } from '../components/retry-notice.tsx';
import { ScreenHeading } from '../components/screen-heading.tsx';
import { useTerminal } from '../state/terminal.tsx';
import { brokerName } from '../text/broker-name.ts';
import { useText } from '../text/use-text.ts';

/** A terminal with an account of its own, for which no person has to sign in. */
export function TerminalAccountScreen({ state }: { state: StateOf<'signed-out' | 'signing-in'> }) {
  const text = useText();
  return (
    <EntryLayout grows>
      <ScreenHeading>{text('account.title')}</ScreenHeading>
      <p className="soft">
        <bdi>{text('account.text', { broker: brokerName(state.broker) })}</bdi>
      </p>
      {state.kind === 'signing-in' ? <Busy /> : <Waiting state={state} />}
    </EntryLayout>
  );
}

function Busy() {
  const { bridge, run } = useTerminal();
  const text = useText();
  return (
    <div className="actions entry-action">
      <Button className="button button-primary button-wide" isPending>
        {text('signIn.busy')}
      </Button>
      <Button className="button" onPress={() => run(bridge.cancel())}>
        {text('common.cancel')}
      </Button>
    </div>
  );
}

function Waiting({ state: { broker, retry, problem } }: { state: StateOf<'signed-out'> }) {
  const { bridge, run } = useTerminal();
  const text = useText();
  return (
    <>
      <Button
        autoFocus
        className="button button-primary entry-action"
        onPress={() => run(retry === null ? bridge.signIn() : bridge.retryNow())}
      >
        {text(retry === null ? 'signIn.submit' : 'common.tryNow')}
      </Button>
      <footer className="entry-footer">
        <ForgetEnrollment broker={broker} />
      </footer>
      {retry !== null && <RetryNotice retry={retry} />}
      {retry === null && problem !== null && <ProblemNotice problem={problem} />}
    </>
  );
}
