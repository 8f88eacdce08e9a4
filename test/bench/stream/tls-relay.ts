// A plain TLS relay in front of one unix socket, with no protocol within: `tls-relay.ts SOCKET CERT
// KEY`. Prints its port. It is what a gateway costs at the least.
import { connect } from 'node:net';
import { createServer } from 'node:tls';
import { tlsOptions } from './certificate.ts';

const [target = '', cert = '', key = ''] = process.argv.slice(2);
const options = { ...(await tlsOptions({ cert, key })), noDelay: true };
const server = createServer(options, (near) => {
  const far = connect(target);
  near.pipe(far).pipe(near);
  near.on('error', () => far.destroy());
  far.on('error', () => near.destroy());
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') process.stdout.write(`${address.port}\n`);
});
