import type { FormEvent } from 'react';
import { Button, Form, Input } from 'react-aria-components';
import type { StateOf } from '../../src/contract/terminal.ts';
import { useTerminal } from '../state/terminal.tsx';
import { useText } from '../text/use-text.ts';
import { EntryLayout } from './entry-layout.tsx';
import { LabelledField } from './labelled-field.tsx';
import { ProblemNotice } from './problem-notice.tsx';
import { ScreenHeading } from './screen-heading.tsx';

type Props = {
  state: StateOf<'unenrolled'>;
  broker: string;
  onChange(broker: string): void;
};

export function EnrollForm({ state, broker, onChange }: Props) {
  const { bridge, run } = useTerminal();
  const text = useText();
  const address = broker.trim();

  function submit(event: FormEvent): void {
    event.preventDefault();
    void run(bridge.enroll({ broker: address }));
  }

  return (
    <EntryLayout grows>
      <ScreenHeading>{text('enroll.title')}</ScreenHeading>
      <p className="soft">{text('enroll.text')}</p>
      <Form className="form" onSubmit={submit}>
        <LabelledField
          label={text('enroll.broker')}
          hint={text('enroll.brokerHint')}
          type="url"
          autoFocus
          value={broker}
          onChange={onChange}
        >
          <Input className="input" dir="ltr" maxLength={300} />
        </LabelledField>
        <Button className="button button-primary" type="submit" isDisabled={address === ''}>
          {text('enroll.submit')}
        </Button>
      </Form>
      {state.problem !== null && <ProblemNotice problem={state.problem} />}
    </EntryLayout>
  );
}
