import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';

type Props = {
  isOpen: boolean;
  title: string;
  body: string;
  confirm: string;
  cancel: string;
  onConfirm(): void;
  onClose(): void;
};

/** Asks before something that cannot be taken back. The harmless answer has the focus. */
export function ConfirmDialog(props: Props) {
  const { isOpen, title, body, confirm, cancel, onConfirm, onClose } = props;
  return (
    <ModalOverlay
      className="modal-overlay"
      isDismissable
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
    >
      <Modal className="modal">
        <Dialog role="alertdialog" className="dialog">
          <Heading slot="title" className="dialog-title">
            {title}
          </Heading>
          <p>{body}</p>
          <div className="actions">
            <Button autoFocus className="button" onPress={onClose}>
              {cancel}
            </Button>
            <Button
              className="button button-danger"
              onPress={() => {
                onClose();
                onConfirm();
              }}
            >
              {confirm}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
