import { Button } from 'react-aria-components';
import { useIntl } from 'react-intl';
import type { SessionMessage } from '../../src/contract/help-desk.ts';
import { useText } from '../text/use-text.ts';
import { Icon } from './icon.tsx';

type Props = {
  message: SessionMessage;
  onRead(): void;
};

/** Over the picture: what somebody has to say to the user, until they have read it. */
export function MessageNotice({ message: { from, text: said, at }, onRead }: Props) {
  const text = useText();
  const intl = useIntl();
  return (
    <section className="card banner" role="alert">
      <Icon name="message" />
      <div className="banner-text">
        <p className="banner-title">
          {from === null ? text('message.fromBroker') : text('message.from', { name: from })}
        </p>
        <p className="message-said">
          <bdi>{said}</bdi>
        </p>
        <p className="soft">{intl.formatTime(at)}</p>
      </div>
      <div className="actions">
        <Button className="button button-primary" onPress={onRead}>
          {text('message.read')}
        </Button>
      </div>
    </section>
  );
}
