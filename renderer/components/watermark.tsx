import { useIntl } from 'react-intl';
import type { User } from '../../src/contract/broker-api.ts';
import { useNow } from '../state/use-now.ts';

const lookMs = 1_000;
/** Enough to cover a 4K screen when they stand aslant. */
const rows = 36;
const perRow = 12;

/**
 * Who looks at the picture, and when, drawn over it, so that a photograph of the screen says whose it
 * is. It deters; it keeps nobody from anything.
 */
export function Watermark({ user }: { user: User }) {
  const intl = useIntl();
  const time = intl.formatDate(useNow(lookMs), { dateStyle: 'short', timeStyle: 'short' });
  const mark = `${user.displayName} (${user.username}) · ${time}`;
  const row = Array.from({ length: perRow }, () => mark).join('          ');
  return (
    <div className="watermark" aria-hidden="true">
      <div className="watermark-sheet">
        {Array.from({ length: rows }, (_, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
          <p key={place}>{row}</p>
        ))}
      </div>
    </div>
  );
}
