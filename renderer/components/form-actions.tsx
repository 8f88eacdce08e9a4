import { Button } from 'react-aria-components';
import { useTerminal } from '../state/terminal.tsx';
import { useText } from '../text/use-text.ts';

type Props = {
  /** What the button says; while busy it says what is under way. */
  label: string;
  busy: boolean;
  /** Something is still to be filled in. */
  incomplete: boolean;
};

/** The end of a form: sends it, and while that is under way offers to give it up. */
export function FormActions({ label, busy, incomplete }: Props) {
  const { bridge, run } = useTerminal();
  const text = useText();
  return (
    <div className="actions">
      <Button
        className="button button-primary button-wide"
        type="submit"
        isDisabled={incomplete}
        isPending={busy}
      >
        {label}
      </Button>
      {busy && (
        <Button className="button" onPress={() => run(bridge.cancel())}>
          {text('common.cancel')}
        </Button>
      )}
    </div>
  );
}
