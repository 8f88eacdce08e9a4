import { useSyncExternalStore } from 'react';

/** The Keyboard Lock API of Chromium: while in full screen, keys such as Alt+Tab reach the page. */
type KeyboardLock = { lock(): Promise<void> };

export function useFullScreen(): { isFull: boolean; toggle(): void } {
  const isFull = useSyncExternalStore(subscribe, () => document.fullscreenElement !== null);
  return {
    isFull,
    toggle: () => {
      (isFull ? document.exitFullscreen() : enter()).catch(console.error);
    },
  };
}

async function enter(): Promise<void> {
  await document.documentElement.requestFullscreen();
  // Typed here because the DOM library does not know it; absent outside of Chromium.
  const { keyboard } = navigator as Navigator & { keyboard?: KeyboardLock };
  await keyboard?.lock();
}

function subscribe(changed: () => void): () => void {
  document.addEventListener('fullscreenchange', changed);
  return () => document.removeEventListener('fullscreenchange', changed);
}
