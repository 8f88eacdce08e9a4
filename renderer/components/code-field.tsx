import { type ChangeEvent, useLayoutEffect, useRef, useState } from 'react';
import { Input } from 'react-aria-components';
import { formatCode } from '../state/code-format.ts';
import { useText } from '../text/use-text.ts';
import { LabelledField } from './labelled-field.tsx';

type Props = {
  autoFocus: boolean;
  busy: boolean;
  value: string;
  onChange(value: string): void;
};

/** An enrollment code, written in groups of four while it is typed. */
export function CodeField({ autoFocus, busy, value, onChange }: Props) {
  const text = useText();
  const input = useRef<HTMLInputElement>(null);
  const [caret, setCaret] = useState<{ at: number } | null>(null);

  // React leaves the caret at the end when the text it was given differs from what was typed.
  useLayoutEffect(() => {
    if (caret !== null) input.current?.setSelectionRange(caret.at, caret.at);
  }, [caret]);

  function change(event: ChangeEvent<HTMLInputElement>): void {
    const { value: typed, selectionStart } = event.target;
    const formatted = formatCode(typed, selectionStart ?? typed.length);
    setCaret({ at: formatted.caret });
    onChange(formatted.text);
  }

  return (
    <LabelledField
      label={text('enroll.code')}
      hint={text('enroll.codeHint')}
      busy={busy}
      autoFocus={autoFocus}
      value={value}
    >
      <Input
        ref={input}
        className="input input-code"
        dir="ltr"
        placeholder="XXXX-XXXX"
        onChange={change}
      />
    </LabelledField>
  );
}
