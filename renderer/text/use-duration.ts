import { useText } from './use-text.ts';

/** Says a duration in whole seconds below 90 seconds and in whole minutes above, rounded up. */
export function useDuration(): (milliseconds: number) => string {
  const text = useText();
  return (milliseconds) => {
    const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
    return seconds < 90
      ? text('time.seconds', { count: seconds })
      : text('time.minutes', { count: Math.ceil(seconds / 60) });
  };
}
