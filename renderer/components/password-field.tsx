import { useState } from 'react';
import { Button, Group, Input } from 'react-aria-components';
import { useText } from '../text/use-text.ts';
import { Icon } from './icon.tsx';
import { LabelledField } from './labelled-field.tsx';

type Props = {
  autoFocus: boolean;
  busy: boolean;
  value: string;
  onChange(value: string): void;
};

export function PasswordField({ autoFocus, busy, value, onChange }: Props) {
  const text = useText();
  const [shown, setShown] = useState(false);
  return (
    <LabelledField
      label={text('signIn.password')}
      busy={busy}
      type={shown ? 'text' : 'password'}
      maxLength={256}
      autoFocus={autoFocus}
      value={value}
      onChange={onChange}
    >
      <Group className="input-group">
        <Input className="input" dir="auto" />
        <Button
          className="button button-quiet button-icon input-button"
          aria-label={text(shown ? 'signIn.hide' : 'signIn.show')}
          aria-pressed={shown}
          onPress={() => setShown(!shown)}
        >
          <Icon name={shown ? 'eyeOff' : 'eye'} />
        </Button>
      </Group>
    </LabelledField>
  );
}
