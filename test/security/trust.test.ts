import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, issueCertificate } from '../../src/broker/tls/authority.ts';
import { openBrokerKeys } from '../../src/broker/tls/broker-keys.ts';
import { ownFiles, readAuthority } from '../../src/broker/tls/own-certificates.ts';
import { rollAuthorityOver } from '../../src/broker/tls/rollover.ts';
import type { ServerCertificate } from '../../src/broker/tls/server-certificate.ts';
import { readStatements } from '../../src/broker/tls/statements.ts';
import { systemClock } from '../../src/contract/clock.ts';
import type { ErrorCode } from '../../src/contract/errors.ts';
import { type ListeningBroker, startListeningBroker } from '../fakes/listening-broker.ts';
import { password } from '../fakes/test-broker.ts';
import { until } from '../fakes/until.ts';
import { TestBroker } from '../harness/broker.ts';
import { HeadlessTerminal } from '../harness/client.ts';
import { type Impostor, startImpostor } from '../harness/impostor.ts';

const names = ['127.0.0.1', 'localhost'];
const changed: { code: ErrorCode } = { code: 'broker-key-changed' };

describe('the port of a broker', () => {
  let broker: ListeningBroker;
  let port: number;
  beforeAll(async () => {
    broker = await startListeningBroker();
    port = Number(new URL(broker.broker.url).port);
  });
  afterAll(() => broker?.end());

  async function refusedHandshakes(): Promise<unknown[]> {
    const events = await broker.admin.listAudit({ action: 'request.refused' });
    return events.filter(({ code }) => code === 'handshake-refused');
  }

  /** Until one more handshake was put on record than there were. */
  async function recorded(attempt: () => Promise<void>): Promise<void> {
    const before = (await refusedHandshakes()).length;
    await attempt();
    await until('it is in the audit log', async () => (await refusedHandshakes()).length > before);
  }

  it.each(['TLSv1', 'TLSv1.1', 'TLSv1.2'] as const)('does not speak %s', async (version) => {
    await recorded(async () => {
      const socket = connect({
        port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        minVersion: version,
        maxVersion: version,
        // OpenSSL would not even offer the oldest otherwise.
        ciphers: 'DEFAULT@SECLEVEL=0',
      });
      const opened = once(socket, 'secureConnect'); // rejects on 'error'
      await expect(opened).rejects.toMatchObject({
        code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
      });
      socket.destroy();
    });
  });

  it('does not speak without TLS', async () => {
    await recorded(async () => {
      const socket = connectPlain({ port, host: '127.0.0.1' });
      const heard: Buffer[] = [];
      socket.on('data', (chunk) => heard.push(chunk));
      // A reset is a way to be closed.
      socket.on('error', () => socket.destroy());
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write('GET /v1/health HTTP/1.1\r\nHost: broker\r\n\r\n');
      await closed;
      expect(Buffer.concat(heard).toString()).not.toContain('HTTP/');
    });
  });
});

describe('a terminal, somebody in the place of its broker', () => {
  const credentials = { username: 'ada', password };
  let broker: TestBroker;
  let impostor: Impostor | null = null;

  beforeAll(async () => {
    broker = await TestBroker.start();
    await broker.admin((admin) => admin.addUser({ ...credentials, displayName: 'Ada' }));
  });
  afterEach(async () => {
    await impostor?.dispose();
    impostor = null;
  });
  afterAll(() => broker?.dispose());

  const keys = () => join(broker.folders.dataDir, 'keys');

  /** A certificate for the broker's names, by an authority of somebody else. */
  async function forged() {
    const authority = await createAuthority(Date.now());
    return issueCertificate(authority, names, Date.now());
  }

  /** Another broker, with keys of its own and all that belongs to them. */
  async function another(): Promise<[ServerCertificate, readonly string[]]> {
    const folder = await mkdtemp(join(tmpdir(), 'impostor-'));
    try {
      const place = { folder: join(folder, 'keys'), names: () => names, clock: systemClock };
      const own = await openBrokerKeys({ ...place, given: null, furtherAnchors: [] });
      return [own.certificate(), own.trust.statements()];
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  it('tells it nothing that it could not have asked the broker itself', async () => {
    const terminal = await HeadlessTerminal.enroll(broker);
    await terminal.signIn(credentials);
    const { ownTokens, userTokens } = terminal.enrolled;
    const secrets = [
      await ownTokens.accessToken(),
      await ownTokens.revocable(),
      await userTokens.accessToken(),
      await userTokens.revocable(),
    ];
    await broker.kill();
    impostor = await startImpostor(await forged(), await readStatements(keys()), broker.port);

    const attempts = [
      () => terminal.client.call('getTerminal', {}),
      () => terminal.client.call('listDesktops', {}),
      // A token that is no longer taken would be renewed.
      async () => ownTokens.anotherThan(await ownTokens.accessToken()),
      () => terminal.signIn(credentials),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject(changed);

    // It was asked who it is, by nobody in particular.
    expect(impostor.received.length).toBeGreaterThan(0);
    for (const request of impostor.received) {
      expect(request).toMatch(/^GET \/v1\/trust\n/);
      expect(request).not.toMatch(/\n(authorization|dpop|cookie)\n/i);
      for (const secret of [...secrets, password, terminal.identity.terminalId]) {
        expect(request).not.toContain(secret);
      }
    }

    await impostor.dispose();
    await broker.restart();
    expect(await terminal.client.call('getTerminal', {})).toMatchObject({ name: 'Headless' });
    await terminal.dispose();
  });

  const sayings: [string, ErrorCode, () => Promise<[ServerCertificate, readonly string[]]>][] = [
    [
      'that repeats what its broker says',
      'broker-answer-invalid',
      async () => [await forged(), await readStatements(keys())],
    ],
    ['that speaks for itself', 'broker-key-changed', async () => another()],
  ];

  it.each(sayings)('shows no enrollment token to one %s', async (_what, code, prepare) => {
    const { token } = await broker.admin((admin) =>
      admin.createEnrollmentToken({ label: 'one', uses: 1, expiresInSeconds: 600 }),
    );
    await broker.kill();
    const [certificate, statements] = await prepare();
    impostor = await startImpostor(certificate, statements, broker.port);
    const enrollment = HeadlessTerminal.enroll(broker, 'Fresh', token);
    await expect(enrollment).rejects.toMatchObject({ code });
    expect(impostor.received).toHaveLength(1);
    expect(impostor.received[0]).not.toContain(token);
    await impostor.dispose();
    await broker.restart();
  });

  it('believes no authority that its broker has given up, nor what was said in its day', async () => {
    const terminal = await HeadlessTerminal.enroll(broker);
    const old = await readAuthority(ownFiles(keys()).ca);
    const saidThen = await readStatements(keys());
    await broker.kill();
    for (const step of ['stage', 'switch', 'finish'] as const) {
      await rollAuthorityOver(keys(), step, Date.now());
    }
    await broker.restart();
    // It finds its way to the new authority by what the identity key signed.
    expect(await terminal.client.call('getTerminal', {})).toMatchObject({ name: 'Headless' });

    await broker.kill();
    const certificate = await issueCertificate(old, names, Date.now());
    impostor = await startImpostor(certificate, saidThen, broker.port);
    const call = terminal.client.call('getTerminal', {});
    await expect(call).rejects.toMatchObject(changed);
    for (const request of impostor.received) expect(request).toMatch(/^GET \/v1\/trust\n/);
    await impostor.dispose();
    await broker.restart();
    await terminal.dispose();
  });
});
