// A plain TCP relay in front of one unix socket, with no protocol at all: `node tcp-relay.ts SOCKET`.
// Prints its port. It is what a gateway costs at the least.
import { connect, createServer } from 'node:net';

const [target = ''] = process.argv.slice(2);
const server = createServer({ noDelay: true }, (near) => {
  const far = connect(target);
  near.pipe(far).pipe(near);
  near.on('error', () => far.destroy());
  far.on('error', () => near.destroy());
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') process.stdout.write(`${address.port}\n`);
});
