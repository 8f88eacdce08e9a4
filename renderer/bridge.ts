import type { TerminalBridge } from '../src/contract/ipc.ts';

declare global {
  interface Window {
    /** Put here by the preload, before any script of the page runs. */
    readonly porthole?: TerminalBridge;
  }
}

/** The only way out of the renderer; null when the page was opened outside of the app. */
export function findBridge(): TerminalBridge | null {
  return window.porthole ?? null;
}
