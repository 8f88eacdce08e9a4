import type { ReactNode } from 'react';
import { Label, Text, TextField, type TextFieldProps } from 'react-aria-components';

type Props = Omit<TextFieldProps, 'children' | 'className'> & {
  label: string;
  hint?: string;
  /** What was typed is on its way: it can be read but not changed. */
  busy: boolean;
  children: ReactNode;
};

/** One line that has to be filled in: its name, the input given as child, and a hint. */
export function LabelledField({ label, hint, busy, children, ...field }: Props) {
  return (
    <TextField
      className="field"
      autoComplete="off"
      spellCheck="false"
      isRequired
      isReadOnly={busy}
      validationBehavior="aria"
      {...field}
    >
      <Label className="label">{label}</Label>
      {children}
      {hint !== undefined && (
        <Text slot="description" className="hint">
          {hint}
        </Text>
      )}
    </TextField>
  );
}
