import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBrokerKeys } from '../../src/broker/tls/broker-keys.ts';
import { digestOf, readChain } from '../../src/broker/tls/chain.ts';
import { systemClock } from '../../src/contract/clock.ts';
import { runCommand } from '../../src/desktops/command.ts';
import { adoptStatements } from '../../src/terminal/trust.ts';
import { TestBroker } from '../harness/broker.ts';
import { HeadlessTerminal } from '../harness/client.ts';

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'rollover-'));
});
afterEach(() => rm(scratch, { recursive: true }));

/** `porthole broker … rollover …` in a process of its own. */
function rollover(broker: string[], ...step: string[]) {
  const program = [resolve('src/setup/cli.ts'), 'broker', ...broker, 'rollover', ...step];
  return runCommand(process.execPath, program);
}

describe('the keys of a broker', () => {
  it('stay whole while two processes change them', async () => {
    const folder = join(scratch, 'keys');
    await mkdir(folder);
    const options = { folder, given: null, names: () => ['127.0.0.1'], clock: systemClock };
    const open = () => openBrokerKeys({ ...options, furtherAnchors: [] });
    const keys = await open();
    const shown = { chain: readChain(keys.certificate().chain).map(digestOf), fault: null };
    const first = await adoptStatements(null, keys.trust.statements(), shown);
    const worker = resolve('test/integration/key-worker.ts');
    const outcomes = await Promise.all(
      ['rolls', 'announces'].map((work) =>
        runCommand(process.execPath, [worker, folder, work, '40']),
      ),
    );
    expect(outcomes.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const last = await open();
    const trust = await adoptStatements(first, last.trust.statements(), shown);
    expect(trust.identityKey).not.toBe(first.identityKey);
    expect(await readdir(folder)).not.toContain('next-identity.jwk');
    // One for each roll-over, and the last.
    expect(last.trust.statements()).toHaveLength(41);
  });
});

describe('porthole broker rollover', () => {
  it('takes the terminals of a running broker along', async () => {
    const broker = await TestBroker.start();
    try {
      const terminal = await HeadlessTerminal.enroll(broker);
      const { url } = broker;
      const place = ['--data-dir', broker.folders.dataDir];
      const before = terminal.trust;
      const announced = async () => {
        const { statements } = await terminal.network.introduce(url, AbortSignal.timeout(10_000));
        return statements;
      };
      /** Does a step and waits until the broker says something else; the terminal meets it then. */
      const roll = async (...step: string[]) => {
        const said = String(await announced());
        expect(await rollover(place, ...step)).toMatchObject({ exitCode: 0 });
        broker.lookAtKeys();
        await expect
          .poll(async () => String(await announced()), { timeout: 15_000 })
          .not.toBe(said);
        // Anew, since a connection that is there says nothing of the keys.
        terminal.network.pin(url, terminal.trust.anchors);
        await terminal.client.call('getTerminal', {});
      };
      const oldCa = await broker.ca();
      await roll('identity');
      await roll('ca');
      // What is shown is the new one: not heard of by a terminal that was off meanwhile.
      expect(await rollover(place, 'ca', '--switch')).toMatchObject({ exitCode: 0 });
      expect(await broker.ca()).not.toBe(oldCa);
      await roll('ca', '--finish');
      const after = terminal.trust;
      expect(after.identityKey).not.toBe(before.identityKey);
      expect(after.anchors).toEqual([await broker.ca()]);
      await terminal.dispose();
    } finally {
      await broker.dispose();
    }
  });

  it('says why it is not possible', async () => {
    const given = join(scratch, 'broker.json');
    const tls = { cert: '/etc/porthole/cert.pem', key: '/etc/porthole/key.pem' };
    await writeFile(given, JSON.stringify({ dataDir: scratch, tls }), { mode: 0o600 });
    const refused = await rollover(['--config', given], 'ca');
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('certificate that it was given');
    const nobody = join(scratch, 'nobody');
    expect((await rollover(['--data-dir', nobody], 'identity')).exitCode).toBe(1);
    expect(await readdir(scratch)).toEqual(['broker.json']);
  });
});
