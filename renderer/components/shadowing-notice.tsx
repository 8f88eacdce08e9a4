import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import type { Shadowing, ShadowingAnswer } from '../../src/contract/help-desk.ts';
import { useText } from '../text/use-text.ts';
import { Icon } from './icon.tsx';

type Props = {
  shadowing: Shadowing;
  onAnswer(answer: ShadowingAnswer): void;
};

/** Whoever looks, or asks to look, at the session: the user decides, and always sees it. */
export function ShadowingNotice({ shadowing, onAnswer }: Props) {
  return shadowing.state === 'requested' ? (
    <ShadowingQuestion shadowing={shadowing} onAnswer={onAnswer} />
  ) : (
    <ShadowingBadge shadowing={shadowing} onAnswer={onAnswer} />
  );
}

/** Only one of its two answers puts it away; no is where the keyboard is. */
function ShadowingQuestion({ shadowing: { helper, mode, reason }, onAnswer }: Props) {
  const text = useText();
  return (
    <ModalOverlay className="modal-overlay" isOpen isKeyboardDismissDisabled>
      <Modal className="modal">
        <Dialog role="alertdialog" className="dialog">
          <Heading slot="title" className="dialog-title">
            {text('shadowing.title', { name: helper })}
          </Heading>
          <p>{text(mode === 'view' ? 'shadowing.viewText' : 'shadowing.controlText')}</p>
          <p className="soft">
            {text('shadowing.reason')} <bdi>{reason}</bdi>
          </p>
          <div className="actions">
            <Button autoFocus className="button" onPress={() => onAnswer('decline')}>
              {text('shadowing.decline')}
            </Button>
            <Button className="button button-primary" onPress={() => onAnswer('allow')}>
              {text('shadowing.allow')}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function ShadowingBadge({ shadowing: { helper, mode }, onAnswer }: Props) {
  const text = useText();
  return (
    <section className="card shadowing-badge" role="status">
      <Icon name="eye" />
      <p>{text(mode === 'view' ? 'shadowing.views' : 'shadowing.controls', { name: helper })}</p>
      <Button className="button" onPress={() => onAnswer('stop')}>
        {text('shadowing.stop')}
      </Button>
    </section>
  );
}
