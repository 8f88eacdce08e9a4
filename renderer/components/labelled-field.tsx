import type { ReactNode } from 'react';
import { Label, Text, TextField, type TextFieldProps } from 'react-aria-components';

type Props = Omit<TextFieldProps, 'children' | 'className'> & {
  label: string;
  hint: string;
  children: ReactNode;
};

/** One line that has to be filled in: its name, the input given as child, and a hint. */
export function LabelledField({ label, hint, children, ...field }: Props) {
  return (
    <TextField
      className="field"
      autoComplete="off"
      spellCheck="false"
      isRequired
      validationBehavior="aria"
      {...field}
    >
      <Label className="label">{label}</Label>
      {children}
      <Text slot="description" className="hint">
        {hint}
      </Text>
    </TextField>
  );
}
