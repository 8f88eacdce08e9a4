import type { SignInOrigin } from '../../../src/contract/identity.ts';

/** What a test may have the Electron do. */
export type NetworkCall =
  /** `learned`: the anchors that the broker turns out to have when a page meets another key. */
  | { kind: 'pin'; origin: string; anchors: readonly string[]; learned?: readonly string[] }
  /** Whether what the page's session remembers holds no more. */
  | { kind: 'stale' }
  | { kind: 'fetch'; url: string; init?: { method?: string; headers?: Record<string, string> } }
  | { kind: 'introduce'; origin: string }
  /** Opens a WebSocket from a page. */
  | { kind: 'socket'; url: string }
  /** Loads a page, as the sign-in window does. */
  | { kind: 'visit'; url: string; origins: SignInOrigin[] };

export type NetworkAnswer = {
  number: number;
  value?: unknown;
  fault?: { code: string; message: string };
};
