import { Button } from 'react-aria-components';
import type { EnrollmentRequest as Request } from '../../src/contract/terminal.ts';
import { useTerminal } from '../state/terminal.tsx';
import { brokerName } from '../text/broker-name.ts';
import { useText } from '../text/use-text.ts';
import { Countdown } from './countdown.tsx';
import { EntryLayout } from './entry-layout.tsx';
import { PortholeScene } from './porthole-scene.tsx';
import { QrCode } from './qr-code.tsx';
import { ScreenHeading } from './screen-heading.tsx';
import { SpelledCode } from './spelled-code.tsx';

type Props = {
  broker: string;
  /** null while the broker has not answered: then there is room for every line already. */
  request: Request | null;
};

/** What a person shows to their administrator, who approves this terminal elsewhere. */
export function EnrollmentRequest({ broker, request }: Props) {
  const { bridge, info, run } = useTerminal();
  const text = useText();
  return (
    <EntryLayout grows picture={<Picture request={request} />}>
      <ScreenHeading>
        {text(request === null ? 'enroll.contacting' : 'enroll.waiting')}
      </ScreenHeading>
      <p className="enrollment-text">
        {request === null ? (
          <bdi>{text('enroll.contactingText', { broker: brokerName(broker) })}</bdi>
        ) : (
          text('enroll.point', { name: info.terminalName })
        )}
      </p>
      <SpelledCode code={request?.userCode ?? null} />
      <dl className="enrollment-facts" data-known={request !== null}>
        <dt>{text('enroll.address')}</dt>
        <dd dir="ltr">{request?.approvalPage}</dd>
        <dt>{text('enroll.fingerprint')}</dt>
        <dd dir="ltr">{request?.fingerprint}</dd>
      </dl>
      <div className="actions enrollment-end">
        {!(info.managed && request === null) && (
          <Button className="button" onPress={() => run(bridge.cancel())}>
            {text('common.cancel')}
          </Button>
        )}
        {request !== null && (
          <Countdown until={request.expiresAt} before="enroll.expiresIn" after="enroll.expired" />
        )}
      </div>
    </EntryLayout>
  );
}

function Picture({ request }: { request: Request | null }) {
  const text = useText();
  if (request === null) return <PortholeScene className="entry-scene" />;
  return <QrCode text={request.approvalUrl} label={text('enroll.picture')} />;
}
