import { useEffect } from 'react';
import { announcementOf } from '../state/announcement.ts';
import { useTerminal } from '../state/terminal.tsx';
import { useText } from '../text/use-text.ts';

/** Says the name of each new state to screen readers, and shows it as the title of the window. */
export function Announcer() {
  const { state } = useTerminal();
  const text = useText();
  const { key, values } = announcementOf(state);
  const announcement = text(key, values);
  const product = text('app.name');
  useEffect(() => {
    document.title = `${announcement} – ${product}`;
  }, [announcement, product]);
  return (
    <div className="visually-hidden" role="status">
      {announcement}
    </div>
  );
}
