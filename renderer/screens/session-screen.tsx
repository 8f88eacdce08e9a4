import { useEffect, useRef, useState } from 'react';
import type { StateOf } from '../../src/contract/terminal.ts';
import { type DisplayHandle, DisplayView } from '../components/display-view.tsx';
import { ReconnectBanner } from '../components/reconnect-banner.tsx';
import { SessionToolbar } from '../components/session-toolbar.tsx';
import { useTerminal } from '../state/terminal.tsx';
import type { ToolbarEvent } from '../state/toolbar-visibility.ts';
import { useToolbar } from '../state/use-toolbar.ts';
import type { LinkQuality } from '../stream/link-quality.ts';
import { useText } from '../text/use-text.ts';
import { OpeningScreen } from './opening-screen.tsx';

/** The picture of a desktop, from its first connection to its last. */
export function SessionScreen({ state }: { state: StateOf<'streaming' | 'reconnecting'> }) {
  const { bridge, run } = useTerminal();
  const text = useText();
  const display = useRef<DisplayHandle>(null);
  const [quality, setQuality] = useState<LinkQuality | null>(null);
  const [toolbar, sendToolbar] = useToolbar();
  const { name } = state.session.desktop;
  const picture = pictureOf(state);

  // What had the keyboard before, the banner or the toolbar, is out of sight by now.
  useEffect(() => {
    if (picture === 'live') display.current?.claimFocus();
  }, [picture]);
  useEffect(() => {
    if (toolbar === 'hidden') display.current?.claimFocus();
  }, [toolbar]);

  function send(event: ToolbarEvent): void {
    sendToolbar(event);
    if (event === 'dismiss' || (event === 'chord' && toolbar === 'held')) display.current?.focus();
  }

  return (
    <main className="session" data-picture={picture}>
      <DisplayView
        ref={display}
        grant={state.kind === 'streaming' ? state.grant : null}
        label={text('session.picture', { name })}
        onReport={(report) => run(bridge.reportStream(report))}
        onQuality={setQuality}
        onChord={() => send('chord')}
      />
      {picture === 'opening' && <OpeningScreen name={name} />}
      <SessionToolbar
        session={state.session}
        state={toolbar}
        send={send}
        quality={picture === 'live' ? quality : null}
        onCtrlAltDel={() => {
          display.current?.sendCtrlAltDel();
          display.current?.focus();
        }}
      />
      {picture === 'lost' && (
        <ReconnectBanner retry={state.kind === 'reconnecting' ? state.retry : null} />
      )}
    </main>
  );
}

/** `opening`: there was none yet; `lost`: the last one is all there is. */
function pictureOf(state: StateOf<'streaming' | 'reconnecting'>): 'opening' | 'live' | 'lost' {
  if (state.kind === 'reconnecting') return 'lost';
  if (state.live) return 'live';
  return state.attempt === 0 ? 'opening' : 'lost';
}
