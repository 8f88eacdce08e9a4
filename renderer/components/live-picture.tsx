import { useState } from 'react';
import { picturePath } from '../../src/contract/app-origin.ts';
import { useNow } from '../state/use-now.ts';

const refreshMs = 5_000;

type Props = { sessionId: string; alt: string };

/**
 * The screen of a running session, a new picture every few seconds. A picture takes the place of
 * the one before it only when it is there; one that cannot be had leaves what was there before.
 */
export function LivePicture({ sessionId, alt }: Props) {
  const wanted = Math.floor(useNow(refreshMs) / refreshMs);
  const [shown, setShown] = useState<number | null>(null);
  const moments = shown === null || shown === wanted ? [wanted] : [shown, wanted];
  return moments.map((moment) => (
    <img
      key={moment}
      className="live-picture"
      data-shown={moment === shown}
      src={picturePath(sessionId, moment)}
      alt={moment === shown ? alt : ''}
      draggable={false}
      onLoad={() => setShown(moment)}
    />
  ));
}
