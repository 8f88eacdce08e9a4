import { useTerminal } from '../state/terminal.tsx';
import { brokerName } from '../text/broker-name.ts';
import { useText } from '../text/use-text.ts';
import { ConfirmButton } from './confirm-button.tsx';

/** The way to another broker, which costs the enrollment with this one: not everybody's to take. */
export function ForgetEnrollment({ broker }: { broker: string }) {
  const { bridge, info, run } = useTerminal();
  const text = useText();
  if (info.managed) return null;
  return (
    <ConfirmButton
      className="button button-quiet"
      label={text('signIn.other')}
      title={text('signIn.otherTitle')}
      body={text('signIn.otherText', { broker: brokerName(broker) })}
      confirm={text('signIn.otherConfirm')}
      onConfirm={() => run(bridge.forgetEnrollment())}
    />
  );
}
