import type { SignInOrigin } from '../../../src/contract/identity.ts';

/** What a test may have the Electron do. */
export type NetworkCall =
  | { kind: 'pin'; origin: string; anchors: readonly string[] }
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
