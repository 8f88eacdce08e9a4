import { useDuration } from './use-duration.ts';
import { useText } from './use-text.ts';

const minuteMs = 60_000;

/** Says a duration as `useDuration` does, and one of 90 minutes or more in hours and minutes. */
export function useTimeLeft(): (milliseconds: number) => string {
  const text = useText();
  const duration = useDuration();
  return (milliseconds) => {
    const minutes = Math.ceil(milliseconds / minuteMs);
    if (minutes < 90) return duration(milliseconds);
    return text('time.hours', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
  };
}
