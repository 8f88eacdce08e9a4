import { type FormEvent, useState } from 'react';
import { Button, Form } from 'react-aria-components';
import type { StateOf } from '../../src/contract/terminal.ts';
import { EntryLayout } from '../components/entry-layout.tsx';
import { PasswordField } from '../components/password-field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { ScreenHeading } from '../components/screen-heading.tsx';
import { useTerminal } from '../state/terminal.tsx';
import { useText } from '../text/use-text.ts';

export function LockedScreen({ state }: { state: StateOf<'locked'> }) {
  const { bridge, run } = useTerminal();
  const text = useText();
  const [password, setPassword] = useState('');
  const busy = state.unlocking;

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (busy) return;
    void run(bridge.unlock({ password }));
    setPassword('');
  }

  return (
    <EntryLayout grows>
      <ScreenHeading>{text('locked.title')}</ScreenHeading>
      <p className="soft">
        {text('locked.text', { name: state.user.displayName })}{' '}
        {state.session !== null && text('locked.keepsRunning')}
      </p>
      <Form className="form" onSubmit={submit}>
        <PasswordField autoFocus busy={busy} value={password} onChange={setPassword} />
        <div className="actions">
          <Button
            className="button button-primary button-wide"
            type="submit"
            isDisabled={password === '' && !busy}
            isPending={busy}
          >
            {text(busy ? 'locked.busy' : 'locked.submit')}
          </Button>
          <Button className="button" onPress={() => run(bridge.signOut())}>
            {text('user.signOut')}
          </Button>
        </div>
      </Form>
      {state.problem !== null && <ProblemNotice problem={state.problem} />}
    </EntryLayout>
  );
}
