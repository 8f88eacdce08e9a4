import { useState } from 'react';
import { Button } from 'react-aria-components';
import { useText } from '../text/use-text.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

type Props = {
  className: string;
  label: string;
  /** What is asked before anything happens, and the word that makes it happen. */
  title: string;
  body: string;
  confirm: string;
  onConfirm(): void;
};

/** A button for something that cannot be taken back. */
export function ConfirmButton({ className, label, onConfirm, ...question }: Props) {
  const text = useText();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button className={className} onPress={() => setAsking(true)}>
        {label}
      </Button>
      <ConfirmDialog
        isOpen={asking}
        cancel={text('common.cancel')}
        onConfirm={onConfirm}
        onClose={() => setAsking(false)}
        {...question}
      />
    </>
  );
}
