import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button, ToggleButton, Toolbar } from 'react-aria-components';
import type { Session } from '../../src/contract/session.ts';
import { usePreferences } from '../state/preferences.tsx';
import { useTerminal } from '../state/terminal.tsx';
import type { ToolbarEvent, ToolbarState } from '../state/toolbar-visibility.ts';
import { useFullScreen } from '../state/use-full-screen.ts';
import type { LinkQuality } from '../stream/link-quality.ts';
import { useText } from '../text/use-text.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { Icon, type IconName } from './icon.tsx';
import { QualityMeter } from './quality-meter.tsx';
import { ScreenMenu } from './screen-menu.tsx';

type Props = {
  session: Session;
  state: ToolbarState;
  send(event: ToolbarEvent): void;
  quality: LinkQuality | null;
  onCtrlAltDel(): void;
};

export function SessionToolbar({ session, state, send, quality, onCtrlAltDel }: Props) {
  const { bridge, run } = useTerminal();
  const text = useText();
  const { preferences, change } = usePreferences();
  const { isFull, toggle } = useFullScreen();
  const [ending, setEnding] = useState(false);
  const [choosing, setChoosing] = useState(false);
  const bar = useRef<HTMLDivElement>(null);
  const { name } = session.desktop;

  useEffect(() => {
    if (state === 'held') bar.current?.querySelector('button')?.focus();
  }, [state]);

  return (
    <>
      {/* The pointer's way in: the keyboard has the chord, a finger and a screen reader the button. */}
      <div
        className="toolbar-edge"
        onPointerEnter={({ pointerType }) => send(pointerType === 'touch' ? 'touch' : 'edge')}
      />
      <Button
        className="toolbar-handle"
        aria-label={text('session.showToolbar')}
        excludeFromTabOrder={state !== 'hidden'}
        onPress={({ pointerType }) => send(pointerType === 'touch' ? 'touch' : 'chord')}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: only looks on; what is used is inside */}
      <div
        ref={bar}
        className="toolbar-slot"
        data-shown={state !== 'hidden'}
        inert={state === 'hidden'}
        onPointerEnter={() => send('edge')}
        onPointerLeave={() => !choosing && send('pointer-left')}
        onKeyDown={(event) => event.key === 'Escape' && send('dismiss')}
        onBlur={(event) => {
          const inside = event.currentTarget.contains(event.relatedTarget);
          // Without a new owner the focus went to another window or a dialog, and comes back.
          const isAway = !inside && event.relatedTarget !== null;
          if (isAway && !ending && !choosing) send('focus-left');
        }}
      >
        <Toolbar className="toolbar" aria-label={text('session.toolbar')}>
          <span className="toolbar-name">
            <bdi>{name}</bdi>
          </span>
          <QualityMeter quality={quality} />
          <Action
            icon="leave"
            hint={text('session.disconnectHint')}
            onPress={() => run(bridge.disconnect())}
          >
            {text('session.disconnect')}
          </Action>
          <Action icon="lock" onPress={() => run(bridge.lock())}>
            {text('session.lock')}
          </Action>
          <Action icon={isFull ? 'shrink' : 'expand'} onPress={toggle}>
            {text(isFull ? 'session.leaveFullScreen' : 'session.fullScreen')}
          </Action>
          <ToggleButton
            className="button button-quiet toolbar-action"
            isSelected={preferences.showsFigures}
            onChange={(showsFigures) => change({ showsFigures })}
          >
            <Icon name="figures" />
            <span>{text('session.figures')}</span>
          </ToggleButton>
          <ScreenMenu
            onOpenChange={(isOpen) => {
              setChoosing(isOpen);
              // The toolbar stays for as long as its menu is open, wherever the pointer is.
              send(isOpen ? 'edge' : 'pointer-left');
            }}
          />
          <Action icon="keyboard" onPress={onCtrlAltDel}>
            <bdi>{text('session.ctrlAltDel')}</bdi>
          </Action>
          <Action icon="power" onPress={() => setEnding(true)}>
            {text('session.end')}
          </Action>
        </Toolbar>
        <p className="toolbar-hint">{text('session.hint')}</p>
      </div>
      <ConfirmDialog
        isOpen={ending}
        title={text('end.title', { name })}
        body={text('end.text')}
        confirm={text('end.confirm')}
        cancel={text('end.keep')}
        onConfirm={() => run(bridge.endSession({ sessionId: session.id }))}
        onClose={() => setEnding(false)}
      />
    </>
  );
}

type ActionProps = { icon: IconName; hint?: string; onPress(): void; children: ReactNode };

function Action({ icon, hint, onPress, children }: ActionProps) {
  return (
    <Button className="button button-quiet toolbar-action" onPress={onPress}>
      <Icon name={icon} />
      <span>{children}</span>
      {hint !== undefined && <span className="visually-hidden">{hint}</span>}
    </Button>
  );
}
