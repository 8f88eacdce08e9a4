// A broker with no guests, in a process of its own: `broker-process.ts FOLDER checked|believed USERS`.
// With `believed` the API takes a key for proven whose thumbprint the proof's header begins with:
// what is left out is the whole check of proofs, and nothing else.
import { adminOf } from '../../../src/broker/admin.ts';
import { composeBroker } from '../../../src/broker/compose.ts';
import { originsOf, parseConfig } from '../../../src/broker/config.ts';
import type { ProofVerifier } from '../../../src/broker/identity/dpop.ts';
import { createPasswords } from '../../../src/broker/identity/password.ts';
import { createLog } from '../../../src/broker/log.ts';
import { openStore } from '../../../src/broker/store/store.ts';
import { openBrokerKeys } from '../../../src/broker/tls/broker-keys.ts';
import { keysFolder } from '../../../src/broker/tls/key-files.ts';
import { listen } from '../../../src/broker/tls/listener.ts';
import { certificateNames, thisMachine } from '../../../src/broker/tls/names.ts';
import { systemClock } from '../../../src/contract/clock.ts';
import { FakeHost } from '../../fakes/fake-host.ts';
import { scratchImages } from '../../fakes/scratch-images.ts';
import { type Order, password, type Ready, usernameOf } from './orders.ts';

const thumbprintLength = 43;
const passwordChecks = 10;
const believing: ProofVerifier = {
  verify: async ({ proof = '' }) => ({
    terminalId: proof.slice(0, thumbprintLength),
    spend: () => undefined,
  }),
};

const [folder = '', proofCheck = 'checked', users = '1'] = process.argv.slice(2);
const folders = { dataDir: folder, runtimeDir: folder, cacheDir: folder };
const config = parseConfig({ port: 0 }, folders);
const clock = systemClock;
const machine = thisMachine();
const keys = await openBrokerKeys({
  folder: keysFolder(folder),
  given: null,
  furtherAnchors: [],
  names: () => certificateNames(config, machine),
  clock,
});
const listener = await listen({ host: config.host, port: 0, certificate: keys.certificate() });
const store = await openStore({ dataDir: folder });
const host = new FakeHost({ bootsAtOnce: true });
await composeBroker({
  config,
  store,
  host,
  images: scratchImages(folder, clock),
  hasRoom: () => host.room,
  clock,
  // As much is written as in production; where it goes is not the broker's cost.
  log: createLog({ write: () => undefined }),
  version: '0.0.0',
  origins: () => originsOf(config, listener.port, machine),
  trust: keys.trust,
  server: listener.server,
  ...(proofCheck === 'believed' ? { proofs: believing } : {}),
});
const admin = adminOf({ db: store.db, dataDir: folder, cacheDir: folder, clock });
const desktopId = await addPeople(Number(users));
const { token } = await admin.createEnrollmentToken({ label: 'bench', uses: 100_000 });
listener.open();

process.on('message', (order: Order) => void obey(order).then((answer) => process.send?.(answer)));
process.on('disconnect', () => process.exit());
const ready: Ready = {
  url: `https://${config.host}:${listener.port}`,
  ca: keys.trust.caFingerprint(),
  enrollmentToken: token,
  desktopId,
};
process.send?.(ready);

/** With a desktop for all of them. @returns its id */
async function addPeople(count: number): Promise<string> {
  const usernames = Array.from({ length: count }, (_, index) => usernameOf(index));
  for (const username of usernames) {
    await admin.addUser({ username, displayName: username, password });
  }
  const { id } = await admin.addPool({
    name: 'Bench',
    image: 'porthole',
    engine: 'para',
    memoryMb: 256,
    cpus: 1,
    users: usernames,
  });
  return id;
}

async function obey(order: Order): Promise<number> {
  switch (order.kind) {
    case 'cpu':
      return cpuMs();
    case 'password':
      return costOfPassword();
    case 'approve':
      await admin.approveEnrollment({ code: order.userCode });
      return 0;
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

async function costOfPassword(): Promise<number> {
  const passwords = createPasswords();
  const stored = await passwords.hash(password);
  const before = cpuMs();
  for (let count = 0; count < passwordChecks; count += 1) await passwords.verify(stored, password);
  return (cpuMs() - before) / passwordChecks;
}
