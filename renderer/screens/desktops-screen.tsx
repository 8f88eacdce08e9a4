import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Desktop } from '../../src/contract/desktop.ts';
import type { StateOf } from '../../src/contract/terminal.ts';
import { ConfirmDialog } from '../components/confirm-dialog.tsx';
import { DesktopTile } from '../components/desktop-tile.tsx';
import { Icon } from '../components/icon.tsx';
import { PortholeScene } from '../components/porthole-scene.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { ScreenHeading } from '../components/screen-heading.tsx';
import { useTerminal } from '../state/terminal.tsx';
import { useText } from '../text/use-text.ts';

export function DesktopsScreen({ state }: { state: StateOf<'signed-in'> }) {
  const text = useText();
  const { desktops, problem, user } = state;
  // The session's part of the app is fetched while the person still chooses.
  useEffect(() => {
    import('./session-screen.tsx').catch(console.error);
  }, []);
  return (
    <div className="desktops">
      <div className="desktops-head">
        <div>
          <p className="soft">{text('desktops.greeting', { name: user.displayName })}</p>
          <ScreenHeading>{text('desktops.title')}</ScreenHeading>
        </div>
        {/* Of another width, so each is an element of its own: one goes, one comes, none moves. */}
        {desktops === null ? (
          <p key="loading" className="soft desktops-count">
            {text('desktops.loading')}
          </p>
        ) : (
          <p key="count" className="soft desktops-count">
            {text('desktops.count', { count: desktops.length })}
          </p>
        )}
      </div>
      {desktops === null ? (
        <Placeholders />
      ) : desktops.length === 0 ? (
        <NoDesktops />
      ) : (
        <Tiles desktops={desktops} />
      )}
      {problem !== null && (
        <div className="desktops-problem">
          <ProblemNotice problem={problem} />
        </div>
      )}
    </div>
  );
}

function Tiles({ desktops }: { desktops: Desktop[] }) {
  const { bridge, run } = useTerminal();
  const text = useText();
  const [ending, setEnding] = useState<Desktop | null>(null);
  return (
    <>
      <ul className="tiles">
        {desktops.map((desktop) => (
          <DesktopTile
            key={desktop.id}
            desktop={desktop}
            onConnect={() => run(bridge.connect({ desktopId: desktop.id }))}
            onEnd={() => setEnding(desktop)}
          />
        ))}
      </ul>
      <ConfirmDialog
        isOpen={ending !== null}
        title={text('end.title', { name: ending?.name ?? '' })}
        body={text('end.text')}
        confirm={text('end.confirm')}
        cancel={text('end.keep')}
        onConfirm={() => {
          const session = ending?.session ?? null;
          if (session !== null) void run(bridge.endSession({ sessionId: session.id }));
        }}
        onClose={() => setEnding(null)}
      />
    </>
  );
}

/** As large as the tiles that take their place. */
function Placeholders() {
  return (
    <ul className="tiles" aria-hidden="true">
      {[0, 1, 2].map((place) => (
        <li key={place} className="card tile tile-placeholder">
          <div className="tile-picture" />
          <div className="tile-body" />
        </li>
      ))}
    </ul>
  );
}

function NoDesktops() {
  const { bridge, run } = useTerminal();
  const text = useText();
  return (
    <div className="empty">
      <PortholeScene className="empty-scene" />
      <h2>{text('desktops.emptyTitle')}</h2>
      <p className="soft">{text('desktops.emptyText')}</p>
      <Button className="button" onPress={() => run(bridge.retryNow())}>
        <Icon name="refresh" />
        {text('desktops.refresh')}
      </Button>
    </div>
  );
}
