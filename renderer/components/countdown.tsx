import type { Retry } from '../../src/contract/terminal.ts';
import { useNow } from '../state/use-now.ts';
import type { MessageKey } from '../text/messages.ts';
import { useDuration } from '../text/use-duration.ts';
import { useText } from '../text/use-text.ts';

type Props = { retry: Retry; nextTry: MessageKey; trying: MessageKey };

/** Counts down to the next try. Not read out each second: the announcement was made once. */
export function Countdown({ retry, nextTry, trying }: Props) {
  const text = useText();
  const duration = useDuration();
  const left = retry.at - useNow(250);
  return (
    <span className="countdown" role="timer" aria-live="off">
      {left > 0 ? text(nextTry, { duration: duration(left) }) : text(trying)}
    </span>
  );
}
