import { type FormEvent, useState } from 'react';
import { Form, Input } from 'react-aria-components';
import type { StateOf } from '../../src/contract/terminal.ts';
import { EntryLayout } from '../components/entry-layout.tsx';
import { ForgetEnrollment } from '../components/forget-enrollment.tsx';
import { FormActions } from '../components/form-actions.tsx';
import { LabelledField } from '../components/labelled-field.tsx';
import { PasswordField } from '../components/password-field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { ScreenHeading } from '../components/screen-heading.tsx';
import { useTerminal } from '../state/terminal.tsx';
import { brokerName } from '../text/broker-name.ts';
import { useText } from '../text/use-text.ts';

export function SignInScreen({ state }: { state: StateOf<'signed-out' | 'signing-in'> }) {
  const { bridge, info, run } = useTerminal();
  const text = useText();
  const [username, setUsername] = useState(state.username ?? '');
  const [password, setPassword] = useState('');
  const busy = state.kind === 'signing-in';

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (!busy) void run(bridge.signIn({ username: username.trim(), password }));
  }

  return (
    <EntryLayout grows>
      <ScreenHeading>{text('signIn.title')}</ScreenHeading>
      <p className="soft">
        <bdi>{text('signIn.text', { broker: brokerName(state.broker) })}</bdi>
      </p>
      <Form className="form" onSubmit={submit}>
        <LabelledField
          label={text('signIn.username')}
          busy={busy}
          autoFocus={username === ''}
          value={username}
          onChange={setUsername}
        >
          <Input className="input" dir="auto" maxLength={64} autoCapitalize="none" />
        </LabelledField>
        <PasswordField
          autoFocus={username !== ''}
          busy={busy}
          value={password}
          onChange={setPassword}
        />
        <FormActions
          label={text(busy ? 'signIn.busy' : 'signIn.submit')}
          busy={busy}
          incomplete={username.trim() === '' || password === ''}
        />
      </Form>
      <footer className="entry-footer">
        {info.vault === 'memory' && <p className="hint">{text('signIn.memory')}</p>}
        <ForgetEnrollment broker={state.broker} isDisabled={busy} />
      </footer>
      {state.kind === 'signed-out' && state.problem !== null && (
        <ProblemNotice problem={state.problem} />
      )}
    </EntryLayout>
  );
}
