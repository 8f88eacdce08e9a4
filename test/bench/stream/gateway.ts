// The data path of the broker's gateway in front of one RFB socket: `node gateway.ts SOCKET`.
// Prints its port. Tickets are left out: they are spent before the first byte of a stream.
import { WebSocketServer } from 'ws';
import { startRelay } from '../../../src/broker/gateway/relay.ts';

const [rfbSocket = ''] = process.argv.slice(2);
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: false,
  skipUTF8Validation: true,
});
server.on('connection', (webSocket) => {
  const nothing = (): void => undefined;
  const relay = startRelay({
    webSocket,
    rfbSocket,
    onInput: nothing,
    onProgress: nothing,
    onFirstFrame: nothing,
    onEnd: () => webSocket.terminate(),
  });
  webSocket.on('close', () => relay.dispose());
});
server.on('listening', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') process.stdout.write(`${address.port}\n`);
});
