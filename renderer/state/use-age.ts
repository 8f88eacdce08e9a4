import { useState } from 'react';
import { useNow } from './use-now.ts';

/** Milliseconds since a value was first seen, read again at the given interval. */
export function useAge(value: unknown, intervalMs: number): number {
  const now = useNow(intervalMs);
  const [seen, setSeen] = useState(() => ({ value, at: Date.now() }));
  if (seen.value !== value) setSeen({ value, at: Date.now() });
  return Math.max(0, now - seen.at);
}
