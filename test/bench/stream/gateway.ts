// The data path of the broker's gateway in front of one RFB socket: `gateway.ts SOCKET CERT KEY`.
// Prints its port. Tickets are left out: they are spent before the first byte of a stream.
import { createServer } from 'node:https';
import { WebSocketServer } from 'ws';
import { startRelay } from '../../../src/broker/gateway/relay.ts';
import { systemClock } from '../../../src/contract/clock.ts';
import { tlsOptions } from './certificate.ts';

const [rfbSocket = '', cert = '', key = ''] = process.argv.slice(2);
const server = createServer(await tlsOptions({ cert, key }));
const webSockets = new WebSocketServer({
  server,
  perMessageDeflate: false,
  skipUTF8Validation: true,
});
webSockets.on('connection', (webSocket) => {
  const nothing = (): void => undefined;
  const relay = startRelay({
    webSocket,
    rfbSocket,
    clock: systemClock,
    onInput: nothing,
    onProgress: nothing,
    onFirstFrame: nothing,
    reach: 'all',
    onUnaccelerated: (reason) => process.stderr.write(`not accelerated: ${reason}\n`),
    onEnd: () => webSocket.terminate(),
  });
  webSocket.on('close', () => relay.dispose());
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') process.stdout.write(`${address.port}\n`);
});
