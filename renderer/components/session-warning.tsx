import { useEffect, useEffectEvent, useState } from 'react';
import { Button } from 'react-aria-components';
import {
  isLockDue,
  type SessionLimits,
  type SessionWarning as Warning,
  warningAt,
} from '../state/session-warning.ts';
import { useLastInput } from '../state/use-last-input.ts';
import { useNow } from '../state/use-now.ts';
import { useText } from '../text/use-text.ts';
import { Countdown } from './countdown.tsx';
import { Icon } from './icon.tsx';

type Props = {
  /** Not over a banner that says more. */
  isShown: boolean;
  limits: SessionLimits;
  /** Nobody has used the terminal for as long as its policy allows. */
  onLock(): void;
  /** The keyboard may go back to the desktop. */
  onClose(): void;
};

const lookMs = 1_000;

/** Over the picture: what is about to end or hide the session, and what one can do. */
export function SessionWarning({ isShown, limits, onLock, onClose }: Props) {
  const text = useText();
  const now = useNow(lookMs);
  const lastInput = useLastInput();
  const [putAway, setPutAway] = useState<string | null>(null);
  const lock = useEffectEvent(onLock);
  const isDue = isLockDue(now, lastInput.current, limits);
  const warning = warningAt(now, lastInput.current, limits);

  useEffect(() => {
    if (isDue) lock();
  }, [isDue]);

  if (!isShown || warning === null || keyOf(warning) === putAway) return null;
  const { kind, at } = warning;
  return (
    <section className="card banner" role="alert" key={keyOf(warning)}>
      <Icon name="alert" />
      <div className="banner-text">
        <p className="banner-title">{text(`warning.${kind}`)}</p>
        <p className="soft">{text(`warning.${kind}Text`)}</p>
      </div>
      <p className="banner-countdown">
        <Countdown until={at} before="warning.in" after="warning.now" />
      </p>
      {kind === 'ends' && (
        <div className="actions">
          <Button
            className="button"
            onPress={() => {
              setPutAway(keyOf(warning));
              onClose();
            }}
          >
            {text('common.close')}
          </Button>
        </div>
      )}
    </section>
  );
}

function keyOf({ kind, stage }: Warning): string {
  return `${kind} ${stage}`;
}
