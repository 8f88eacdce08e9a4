import type { Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { ErrorCode } from '../../contract/errors.ts';
import { nobodyAt } from '../audit/actor.ts';
import type { Refusal } from '../audit/refusal-log.ts';

const code: ErrorCode = 'handshake-refused';

/**
 * Notes who could not agree with the broker on TLS 1.3, or did not speak TLS at all. A connection
 * that somebody opens and drops, as those who scan for ports do, has not come so far.
 */
export function noteRefusedHandshakes(server: Server, onRefused: (refusal: Refusal) => void): void {
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    const { code: reason = '' } = error;
    if (!reason.startsWith('ERR_SSL_')) return;
    // Gone already when the peer was quick: then nobody knows from where it came.
    const { remoteAddress = null } = socket;
    onRefused({ code, route: 'tls', by: nobodyAt(remoteAddress), reason });
  });
}
