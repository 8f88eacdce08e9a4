import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAdmin } from '../../src/broker/admin.ts';
import { type ConfigInput, parseConfig } from '../../src/broker/config.ts';
import { createLog } from '../../src/broker/log.ts';
import { startBroker } from '../../src/broker/main.ts';
import { keysFolder } from '../../src/broker/tls/key-files.ts';
import { createNodeNetwork } from '../harness/node-network.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeHost } from './fake-host.ts';
import { FakeRfbServer } from './fake-rfb-server.ts';
import { FakeStreamClient, type StreamOptions } from './fake-stream-client.ts';
import { FakeTerminal } from './fake-terminal.ts';
import { scratchImages } from './scratch-images.ts';
import { password } from './test-broker.ts';
import { fetched, textIn } from './transport.ts';

export type ListeningBroker = Awaited<ReturnType<typeof startListeningBroker>>;

/** A broker on a real port and real sockets, with a fake guest, on a clock that the test moves. */
export async function startListeningBroker(config: ConfigInput = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'broker-'));
  // It begins now: certificates are judged by the time that the sockets of Node go by.
  const clock = new FakeClock(Date.now());
  const guest = await FakeRfbServer.listen();
  const host = new FakeHost({ rfbSocket: guest.path, bootsAtOnce: true });
  const folders = { dataDir: folder, runtimeDir: folder, cacheDir: folder };
  const logLines: string[] = [];
  scratchImages(folder, clock);
  const broker = await startBroker(parseConfig({ port: 0, ...config }, folders), {
    clock,
    log: createLog({ write: (line) => void logLines.push(line) }),
    openHost: async () => host.opened(),
  });
  const admin = await openAdmin({ dataDir: folder, cacheDir: folder, clock });
  const network = createNodeNetwork();
  network.pin(broker.url, [broker.caFingerprint]);
  const authority = await readFile(join(keysFolder(folder), 'ca.pem'), 'utf8');
  const clients: FakeStreamClient[] = [];

  async function terminal(): Promise<FakeTerminal> {
    const deps = { clock, origin: broker.url, send: fetched(broker.url, network.browse) };
    const made = await FakeTerminal.create(deps);
    const { token } = await admin.createEnrollmentToken({ label: 'test' });
    await made.oauth.enrollByToken(token);
    return made;
  }

  return {
    admin,
    broker,
    clock,
    dataDir: folder,
    guest,
    host,
    logLines,
    terminal,

    /** A user at a terminal, with a running session. */
    async seat(username: string) {
      await admin.addUser({ username, displayName: username, password });
      const desktop = { name: username, image: 'porthole', memoryMb: 256, cpus: 1 };
      const { id: desktopId } = await admin.addPool({
        ...desktop,
        engine: 'para',
        users: [username],
      });
      const made = await terminal();
      await made.signIn(username, password);
      const { body } = await made.call('createSession', { body: { desktopId } });
      const sessionId = textIn(body, 'id');
      return { terminal: made, username, desktopId, sessionId, machine: host.latest };
    },

    connect(path: string, options: StreamOptions): FakeStreamClient {
      const client = new FakeStreamClient(broker.url, path, { authority, ...options });
      clients.push(client);
      return client;
    },

    async end(): Promise<void> {
      for (const client of clients) client.webSocket.terminate();
      await admin.close();
      await broker.close();
      await network.dispose();
      await guest.close();
      await rm(folder, { recursive: true });
    },
  };
}

export async function ticketFor(terminal: FakeTerminal, sessionId: string): Promise<string> {
  const { body } = await terminal.call('createTicket', { params: { id: sessionId } });
  return textIn(body, 'ticket');
}
