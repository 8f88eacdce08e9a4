import { Button } from 'react-aria-components';
import { useIntl } from 'react-intl';
import type { Desktop } from '../../src/contract/desktop.ts';
import type { MessageKey } from '../text/messages.ts';
import { useText } from '../text/use-text.ts';
import { Icon } from './icon.tsx';
import { LivePicture } from './live-picture.tsx';
import { TileDrawing } from './tile-drawing.tsx';

type Props = { desktop: Desktop; onConnect(): void; onEnd(): void };

const engineTexts: Record<Desktop['engine'], { name: MessageKey; hint: MessageKey }> = {
  full: { name: 'engine.full', hint: 'engine.fullHint' },
  para: { name: 'engine.para', hint: 'engine.paraHint' },
  'os-level': { name: 'engine.osLevel', hint: 'engine.osLevelHint' },
};

export function DesktopTile({ desktop, onConnect, onEnd }: Props) {
  const text = useText();
  const { name, session } = desktop;
  const engine = engineTexts[desktop.engine];
  const running = session?.state === 'running';
  return (
    <li className="card tile">
      <div className="tile-picture">
        <TileDrawing engine={desktop.engine} />
        {running && <LivePicture sessionId={session.id} alt={text('desktops.picture', { name })} />}
        <SessionBadge session={session} />
      </div>
      <div className="tile-body">
        <h2 className="tile-name">
          <bdi>{name}</bdi>
        </h2>
        <p className="tile-description soft" dir="auto">
          {desktop.description}
        </p>
        <p className="tile-engine">
          <strong>{text(engine.name)}</strong> <span className="soft">{text(engine.hint)}</span>
        </p>
        <div className="actions">
          <Button
            className="button button-primary button-wide"
            aria-label={text(session === null ? 'desktops.connectTo' : 'desktops.continueOn', {
              name,
            })}
            isDisabled={session?.state === 'ending'}
            onPress={onConnect}
          >
            {text(session === null ? 'desktops.connect' : 'desktops.continue')}
          </Button>
          {session !== null && (
            <Button
              className="button"
              aria-label={text('desktops.endNamed', { name })}
              isDisabled={session.state === 'ending'}
              onPress={onEnd}
            >
              <Icon name="power" />
              {text('desktops.end')}
            </Button>
          )}
        </div>
      </div>
    </li>
  );
}

function SessionBadge({ session }: { session: Desktop['session'] }) {
  const text = useText();
  const intl = useIntl();
  if (session === null) return <p className="badge">{text('desktops.off')}</p>;
  switch (session.state) {
    case 'starting':
    case 'ending':
      return <p className="badge badge-moving">{text(`desktops.${session.state}`)}</p>;
    case 'suspended':
      return <p className="badge badge-asleep">{text('desktops.suspended')}</p>;
    case 'running': {
      const time = intl.formatTime(session.startedAt);
      return <p className="badge badge-running">{text('desktops.running', { time })}</p>;
    }
  }
}
