import { Button } from 'react-aria-components';
import type { StateOf } from '../../src/contract/terminal.ts';
import { EntryLayout } from '../components/entry-layout.tsx';
import { ForgetEnrollment } from '../components/forget-enrollment.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { ScreenHeading } from '../components/screen-heading.tsx';
import { VaultHint } from '../components/vault-hint.tsx';
import { useTerminal } from '../state/terminal.tsx';
import { brokerName } from '../text/broker-name.ts';
import { useText } from '../text/use-text.ts';

/** The way to the broker's own sign-in page: nothing is typed here. */
export function SignInScreen({ state }: { state: StateOf<'signed-out'> }) {
  const { bridge, run } = useTerminal();
  const text = useText();
  return (
    <EntryLayout grows>
      <ScreenHeading>{text('signIn.title')}</ScreenHeading>
      <p className="soft">
        <bdi>{text('signIn.text', { broker: brokerName(state.broker) })}</bdi>
      </p>
      <Button
        autoFocus
        className="button button-primary entry-action"
        onPress={() => run(bridge.signIn())}
      >
        {text('signIn.submit')}
      </Button>
      <footer className="entry-footer">
        <VaultHint />
        <ForgetEnrollment broker={state.broker} />
      </footer>
      {state.problem !== null && <ProblemNotice problem={state.problem} />}
    </EntryLayout>
  );
}
