import { type ReactNode, useEffect, useEffectEvent, useState } from 'react';
import { useIntl } from 'react-intl';
import type { Session } from '../../src/contract/session.ts';
import type { LinkQuality } from '../stream/link-quality.ts';
import type { StreamFigures } from '../stream/stream-counter.ts';
import { useText } from '../text/use-text.ts';
import { useTimeLeft } from '../text/use-time-left.ts';

const refreshMs = 1_000;

type Props = {
  session: Session;
  /** null while nothing is live. */
  quality: LinkQuality | null;
  /** What the stream has carried since it was last asked; null while nothing is live. */
  take(): StreamFigures | null;
};

/**
 * How the session fares, over a corner of the picture. It is asked for once a second and only while
 * it is shown, takes no pointer, and screen readers find it without being told of each change.
 */
export function SessionFigures({ session, quality, take }: Props) {
  const text = useText();
  const intl = useIntl();
  const timeLeft = useTimeLeft();
  const [shown, setShown] = useState({ figures: null as StreamFigures | null, at: Date.now() });
  const refresh = useEffectEvent(() => setShown({ figures: take(), at: Date.now() }));
  const forget = useEffectEvent(take);

  useEffect(() => {
    // What was counted before is of another time.
    forget();
    const timer = setInterval(refresh, refreshMs);
    return () => clearInterval(timer);
  }, []);

  const { figures, at } = shown;
  const whole = (value: number) => intl.formatNumber(value, { maximumFractionDigits: 0 });
  return (
    <section className="figures" aria-label={text('figures.title')}>
      <dl>
        <Figure name={text('figures.desktop')}>
          <bdi>{session.desktop.name}</bdi>
        </Figure>
        <Figure name={text('figures.connection')}>
          {quality === null ? null : text(`quality.${quality}`)}
        </Figure>
        <Figure name={text('figures.roundTrip')}>
          {typeof figures?.roundTripMs === 'number' &&
            text('figures.milliseconds', { count: whole(figures.roundTripMs) })}
        </Figure>
        <Figure name={text('figures.frames')}>
          {figures !== null && text('figures.perSecond', { count: whole(figures.framesPerSecond) })}
        </Figure>
        <Figure name={text('figures.bandwidth')}>
          {figures !== null &&
            text('figures.bits', {
              count: intl.formatNumber((figures.bytesPerSecond * 8) / 1e6, {
                minimumFractionDigits: 1,
                maximumFractionDigits: 1,
              }),
            })}
        </Figure>
        <Figure name={text('figures.timeLeft')}>
          {timeLeft(Date.parse(session.expiresAt) - at)}
        </Figure>
      </dl>
    </section>
  );
}

/** A dash for what is not known: each line stays where it is. */
function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd>{children || '–'}</dd>
    </div>
  );
}
