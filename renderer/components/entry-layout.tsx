import type { ReactNode } from 'react';
import { PortholeScene } from './porthole-scene.tsx';

type Props = {
  /** What is beside the card in place of the window of the ship. */
  picture?: ReactNode;
  /** Whether something may appear at the end of the card while it is looked at. */
  grows?: boolean;
  children: ReactNode;
};

/** One card with one thing to do, beside a picture. */
export function EntryLayout({ picture, grows = false, children }: Props) {
  const growth = grows ? 'entry-card-growing' : '';
  return (
    <div className="entry">
      {picture ?? <PortholeScene className="entry-scene" />}
      <section className={`card entry-card ${growth}`}>{children}</section>
    </div>
  );
}
