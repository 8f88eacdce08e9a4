import type { VirtualServer } from '../../contract/server.ts';

/** Whether a server that ended by itself is to start again. */
export function startsAgain(restart: VirtualServer['restart'], failed: boolean): boolean {
  return restart === 'always' || (restart === 'on-failure' && failed);
}
