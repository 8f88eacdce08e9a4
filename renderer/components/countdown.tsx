import { useNow } from '../state/use-now.ts';
import type { MessageKey } from '../text/messages.ts';
import { useDuration } from '../text/use-duration.ts';
import { useText } from '../text/use-text.ts';

type Props = {
  /** Milliseconds since the epoch. */
  until: number;
  /** What is said before, with the time left as `duration`, and what after. */
  before: MessageKey;
  after: MessageKey;
};

/** Counts down in sight only. Not read out each second: the announcement was made once. */
export function Countdown({ until, before, after }: Props) {
  const text = useText();
  const duration = useDuration();
  const left = until - useNow(250);
  return (
    <span className="countdown" role="timer" aria-live="off">
      {left > 0 ? text(before, { duration: duration(left) }) : text(after)}
    </span>
  );
}
