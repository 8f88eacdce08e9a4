import { useEffect, useRef, useState } from 'react';
import type { StreamReport } from '../../src/contract/ipc.ts';
import type { StateOf } from '../../src/contract/terminal.ts';
import { DiskBanner } from '../components/disk-banner.tsx';
import { type DisplayHandle, DisplayView } from '../components/display-view.tsx';
import { MessageNotice } from '../components/message-notice.tsx';
import { ReconnectBanner } from '../components/reconnect-banner.tsx';
import { SessionFigures } from '../components/session-figures.tsx';
import { SessionToolbar } from '../components/session-toolbar.tsx';
import { SessionWarning } from '../components/session-warning.tsx';
import { ShadowingNotice } from '../components/shadowing-notice.tsx';
import { Watermark } from '../components/watermark.tsx';
import { usePreferences } from '../state/preferences.tsx';
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
  const { preferences } = usePreferences();
  const display = useRef<DisplayHandle>(null);
  const [quality, setQuality] = useState<LinkQuality | null>(null);
  const [stale, setStale] = useState(false);
  const [painted, setPainted] = useState(false);
  const [toolbar, sendToolbar] = useToolbar();
  const { name } = state.session.desktop;
  const { id: sessionId, problem: suffered, policy, shadowing, messages } = state.session;
  const [message] = messages;
  const picture = pictureOf(state, stale);
  const isShown = picture === 'live' || picture === 'stale';

  // What had the keyboard before, the banner or the toolbar, is out of sight by now.
  useEffect(() => {
    if (picture === 'live') display.current?.claimFocus();
  }, [picture]);
  useEffect(() => {
    if (toolbar !== 'hidden') return;
    // The focus may be on its way to what is beside the toolbar, and is nowhere until it is there.
    const timer = setTimeout(() => display.current?.claimFocus());
    return () => clearTimeout(timer);
  }, [toolbar]);

  function report(made: StreamReport): void {
    if (made.kind === 'live') setPainted(true);
    void run(bridge.reportStream(made));
  }

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
        screen={preferences}
        fitGuest={async (wish) => {
          // Nothing that a user could do anything about: the picture is scaled in its place.
          const answer = await bridge.fitScreen({ ...wish, sessionId: state.session.id });
          return answer.ok && answer.value.fitted;
        }}
        onReport={report}
        onStale={setStale}
        onQuality={setQuality}
        onChord={() => send('chord')}
      />
      {policy.watermark && <Watermark user={state.user} />}
      {picture === 'opening' && <OpeningScreen name={name} />}
      {isShown && (
        <h1 className="visually-hidden">
          <bdi>{name}</bdi>
        </h1>
      )}
      {preferences.showsFigures && isShown && (
        <SessionFigures
          session={state.session}
          quality={picture === 'live' ? quality : null}
          take={() => display.current?.takeFigures() ?? null}
        />
      )}
      <div className="banner-stack">
        {isShown && suffered !== null && (
          <DiskBanner
            key={suffered.code}
            problem={suffered}
            onClose={() => display.current?.focus()}
          />
        )}
        <SessionWarning
          isShown={isShown}
          limits={{
            expiresAt: Date.parse(state.session.expiresAt),
            idleLockMinutes: state.session.policy.idleLockMinutes,
            idleSeconds: state.kind === 'streaming' ? state.grant.idleSeconds : null,
          }}
          onLock={() => run(bridge.lock())}
          onClose={() => display.current?.focus()}
        />
        {isShown && message !== undefined && (
          <MessageNotice
            key={message.id}
            message={message}
            onRead={() => {
              void run(bridge.markMessageRead({ sessionId, message: message.id }));
              display.current?.focus();
            }}
          />
        )}
        {isShown && shadowing !== null && (
          <ShadowingNotice
            shadowing={shadowing}
            onAnswer={(answer) => {
              void run(bridge.answerShadowing({ sessionId, shadowing: shadowing.id, answer }));
              display.current?.focus();
            }}
          />
        )}
      </div>
      {picture === 'stale' && suffered === null && (
        <p className="card stale-note" role="alert">
          {text('session.stale')}
        </p>
      )}
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
        <ReconnectBanner
          retry={state.kind === 'reconnecting' ? state.retry : null}
          hasPicture={painted}
        />
      )}
    </main>
  );
}

/** There was none yet; it is live; it may be an old one; the last one is all there is. */
type Picture = 'opening' | 'live' | 'stale' | 'lost';

function pictureOf(state: StateOf<'streaming' | 'reconnecting'>, stale: boolean): Picture {
  if (state.kind === 'reconnecting') return 'lost';
  if (state.live) return stale ? 'stale' : 'live';
  return state.attempt === 0 ? 'opening' : 'lost';
}
