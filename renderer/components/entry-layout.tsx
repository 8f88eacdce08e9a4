import type { ReactNode } from 'react';
import { PortholeScene } from './porthole-scene.tsx';

type Props = {
  /** Whether something may appear at the end of the card while it is looked at. */
  grows?: boolean;
  children: ReactNode;
};

/** One card with one thing to do, beside the window of the ship. */
export function EntryLayout({ grows = false, children }: Props) {
  const growth = grows ? 'entry-card-growing' : '';
  return (
    <div className="entry">
      <PortholeScene className="entry-scene" />
      <section className={`card entry-card ${growth}`}>{children}</section>
    </div>
  );
}
