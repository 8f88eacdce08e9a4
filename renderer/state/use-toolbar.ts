import { useEffect, useReducer } from 'react';
import { nextToolbarState, type ToolbarEvent, type ToolbarState } from './toolbar-visibility.ts';

const lingerMs = 3_500;

export function useToolbar(): [ToolbarState, (event: ToolbarEvent) => void] {
  const [state, send] = useReducer(nextToolbarState, 'lingering');
  useEffect(() => {
    if (state !== 'lingering') return;
    const timer = setTimeout(() => send('timeout'), lingerMs);
    return () => clearTimeout(timer);
  }, [state]);
  return [state, send];
}
