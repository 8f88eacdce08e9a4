import { type FormEvent, useState } from 'react';
import { Form, Input } from 'react-aria-components';
import type { StateOf } from '../../src/contract/terminal.ts';
import { CodeField } from '../components/code-field.tsx';
import { EntryLayout } from '../components/entry-layout.tsx';
import { FormActions } from '../components/form-actions.tsx';
import { LabelledField } from '../components/labelled-field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { ScreenHeading } from '../components/screen-heading.tsx';
import { formatCode } from '../state/code-format.ts';
import { useTerminal } from '../state/terminal.tsx';
import { useText } from '../text/use-text.ts';

export function EnrollScreen({ state }: { state: StateOf<'unenrolled' | 'enrolling'> }) {
  const { bridge, run } = useTerminal();
  const text = useText();
  const [broker, setBroker] = useState(state.offer?.broker ?? '');
  const [code, setCode] = useState(() => formatCode(state.offer?.code ?? '', 0).text);
  const busy = state.kind === 'enrolling';

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (!busy) void run(bridge.enroll({ broker: broker.trim(), code }));
  }

  return (
    <EntryLayout grows>
      <ScreenHeading>{text('enroll.title')}</ScreenHeading>
      <p className="soft">{text('enroll.text')}</p>
      <Form className="form" onSubmit={submit}>
        <LabelledField
          label={text('enroll.broker')}
          hint={text('enroll.brokerHint')}
          busy={busy}
          type="url"
          autoFocus={broker === ''}
          value={broker}
          onChange={setBroker}
        >
          <Input className="input" dir="ltr" maxLength={300} />
        </LabelledField>
        <CodeField autoFocus={broker !== ''} busy={busy} value={code} onChange={setCode} />
        <FormActions
          label={text(busy ? 'enroll.busy' : 'enroll.submit')}
          busy={busy}
          incomplete={broker.trim() === '' || code === ''}
        />
      </Form>
      {state.kind === 'unenrolled' && state.problem !== null && (
        <ProblemNotice problem={state.problem} />
      )}
    </EntryLayout>
  );
}
