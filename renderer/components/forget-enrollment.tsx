import { useState } from 'react';
import { Button } from 'react-aria-components';
import { useTerminal } from '../state/terminal.tsx';
import { brokerName } from '../text/broker-name.ts';
import { useText } from '../text/use-text.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

type Props = { broker: string; isDisabled?: boolean };

/** The way to another broker, which costs the enrollment with this one. */
export function ForgetEnrollment({ broker, isDisabled = false }: Props) {
  const { bridge, run } = useTerminal();
  const text = useText();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button
        className="button button-quiet"
        isDisabled={isDisabled}
        onPress={() => setAsking(true)}
      >
        {text('signIn.other')}
      </Button>
      <ConfirmDialog
        isOpen={asking}
        title={text('signIn.otherTitle')}
        body={text('signIn.otherText', { broker: brokerName(broker) })}
        confirm={text('signIn.otherConfirm')}
        cancel={text('common.cancel')}
        onConfirm={() => run(bridge.forgetEnrollment())}
        onClose={() => setAsking(false)}
      />
    </>
  );
}
