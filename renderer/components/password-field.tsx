import { useState } from 'react';
import { Button, Group, Input, Label, TextField } from 'react-aria-components';
import { useText } from '../text/use-text.ts';
import { Icon } from './icon.tsx';

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
    <TextField
      className="field"
      type={shown ? 'text' : 'password'}
      autoComplete="off"
      spellCheck="false"
      maxLength={256}
      isRequired
      isReadOnly={busy}
      autoFocus={autoFocus}
      value={value}
      onChange={onChange}
      validationBehavior="aria"
    >
      <Label className="label">{text('signIn.password')}</Label>
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
    </TextField>
  );
}
