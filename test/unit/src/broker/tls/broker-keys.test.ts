import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority, issueCertificate } from '../../../../../src/broker/tls/authority.ts';
import {
  type BrokerKeys,
  type BrokerKeysOptions,
  openBrokerKeys,
} from '../../../../../src/broker/tls/broker-keys.ts';
import { digestOf, readChain } from '../../../../../src/broker/tls/chain.ts';
import { rollAuthorityOver, rollIdentityOver } from '../../../../../src/broker/tls/rollover.ts';
import { adoptStatements } from '../../../../../src/terminal/trust.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';

const day = 24 * 60 * 60 * 1000;

let scratch: string;
let folder: string;
let clock: FakeClock;
let names: string[];
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'keys-'));
  folder = join(scratch, 'keys');
  mkdirSync(folder);
  clock = new FakeClock();
  names = ['127.0.0.1', '2001:db8::7', 'broker.example'];
});
afterEach(() => rmSync(scratch, { recursive: true }));

const open = (options: Partial<BrokerKeysOptions> = {}) =>
  openBrokerKeys({
    folder,
    given: null,
    furtherAnchors: [],
    names: () => names,
    clock,
    ...options,
  });
const digests = (pem: string) => readChain(pem).map(digestOf);
const shownBy = (keys: BrokerKeys) => ({ chain: digests(keys.certificate().chain), fault: null });

describe('the keys of a broker', () => {
  it('are made at the first start, and are the same from then on', async () => {
    const first = await open();
    const second = await open();
    expect(second.certificate()).toEqual(first.certificate());
    expect(second.trust.anchors()).toEqual(first.trust.anchors());
    expect(digests(first.certificate().chain)).toContain(first.trust.caFingerprint());
  });

  it('are secret where they are', async () => {
    await open();
    const modes = Object.fromEntries(
      readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o777]),
    );
    expect(modes).toEqual({
      'ca.key': 0o600,
      'ca.pem': 0o644,
      'identity.jwk': 0o600,
      'server.key': 0o600,
      'server.pem': 0o644,
      'statements.json': 0o644,
    });
  });

  it('are renewed when two thirds of the time are over, by the same authority', async () => {
    const keys = await open();
    const { chain } = keys.certificate();
    clock.pass(55 * day);
    expect(await keys.refresh()).toBe(false);
    clock.pass(10 * day);
    expect(await keys.refresh()).toBe(true);
    expect(keys.certificate().chain).not.toBe(chain);
    expect(keys.trust.statements()).toHaveLength(1);
  });

  it('are for other names as soon as there are some', async () => {
    const keys = await open();
    names.push('other.example');
    expect(await keys.refresh()).toBe(true);
    expect(readChain(keys.certificate().chain)[0]?.checkHost('other.example')).toBeDefined();
    expect(await keys.refresh()).toBe(false);
  });

  it('are made again where a power cut left two that do not fit', async () => {
    await open();
    const other = await issueCertificate(await createAuthority(clock.now()), names, clock.now());
    writeFileSync(join(folder, 'server.key'), other.key);
    const { chain } = (await open()).certificate();
    expect(digests(chain)).toContain((await open()).trust.caFingerprint());
  });

  it('are not replaced when the authority is damaged', async () => {
    await open();
    rmSync(join(folder, 'ca.key'));
    await expect(open()).rejects.toMatchObject({ code: 'store-damaged' });
  });
});

describe('a given certificate', () => {
  const given = () => ({ cert: join(folder, 'given.pem'), key: join(folder, 'given.key') });

  async function give(): Promise<string> {
    const authority = await createAuthority(clock.now());
    const { chain, key } = await issueCertificate(authority, names, clock.now());
    writeFileSync(given().cert, chain);
    writeFileSync(given().key, key);
    return digests(authority.certificate)[0] ?? '';
  }

  it('is shown, and its authority announced', async () => {
    const authority = await give();
    const keys = await open({ given: given(), furtherAnchors: ['P'.repeat(43)] });
    expect(keys.trust.caFingerprint()).toBe(authority);
    expect(keys.trust.anchors()).toEqual([authority, 'P'.repeat(43)]);
  });

  it('is taken when it changes, and announced before', async () => {
    await give();
    const keys = await open({ given: given() });
    const authority = await give();
    expect(await keys.refresh()).toBe(true);
    expect(keys.trust.anchors()).toEqual([authority]);
    expect(keys.trust.statements()).toHaveLength(1);
  });

  it('stays when the next one is broken', async () => {
    const authority = await give();
    const keys = await open({ given: given() });
    const { chain } = keys.certificate();
    writeFileSync(given().key, 'cut sho');
    await expect(keys.refresh()).rejects.toMatchObject({ code: 'config-invalid' });
    expect(keys.certificate().chain).toBe(chain);
    expect(keys.trust.anchors()).toEqual([authority]);
  });

  it('has to be there, to fit its key, and to be good still', async () => {
    await expect(open({ given: given() })).rejects.toMatchObject({
      code: 'config-invalid',
      detail: expect.stringContaining('given.pem'),
    });
    await give();
    clock.pass(100 * day);
    await expect(open({ given: given() })).rejects.toMatchObject({
      detail: expect.stringContaining('expired'),
    });
  });
});

describe('roll-over', () => {
  it('takes terminals along from one authority to the next', async () => {
    const keys = await open();
    let trust = await adoptStatements(null, keys.trust.statements(), shownBy(keys));
    for (const [step, anchors] of [
      ['stage', 2],
      ['switch', 2],
      ['finish', 1],
    ] as const) {
      await rollAuthorityOver(folder, step, clock.now());
      expect(await keys.refresh()).toBe(step === 'switch');
      trust = await adoptStatements(trust, keys.trust.statements(), shownBy(keys));
      expect(trust.anchors).toHaveLength(anchors);
    }
    expect(trust.anchors).toEqual([keys.trust.caFingerprint()]);
  });

  it('does not lock terminals out when an older backup is restored', async () => {
    const keys = await open();
    const backup = join(scratch, 'backup');
    cpSync(folder, backup, { recursive: true });
    let trust = await adoptStatements(null, keys.trust.statements(), shownBy(keys));
    for (const step of ['stage', 'switch', 'finish'] as const) {
      clock.pass(day);
      await rollAuthorityOver(folder, step, clock.now());
      await keys.refresh();
      trust = await adoptStatements(trust, keys.trust.statements(), shownBy(keys));
    }
    clock.pass(day);
    rmSync(folder, { recursive: true });
    cpSync(backup, folder, { recursive: true });
    const restored = await open();
    expect(trust.anchors).not.toEqual(restored.trust.anchors());
    trust = await adoptStatements(trust, restored.trust.statements(), shownBy(restored));
    expect(trust.anchors).toEqual(restored.trust.anchors());
  });

  it('has an order', async () => {
    const roll = (step: 'stage' | 'switch' | 'finish') =>
      rollAuthorityOver(folder, step, clock.now());
    const conflict = { code: 'change-conflict' };
    await expect(roll('stage')).rejects.toMatchObject(conflict);
    await open();
    await expect(roll('switch')).rejects.toMatchObject(conflict);
    await expect(roll('finish')).rejects.toMatchObject(conflict);
    await roll('stage');
    await expect(roll('stage')).rejects.toMatchObject(conflict);
    await roll('switch');
    await expect(roll('stage')).rejects.toMatchObject(conflict);
  });

  it('takes terminals along from one identity key to the next, however late they hear', async () => {
    const keys = await open();
    const trust = await adoptStatements(null, keys.trust.statements(), shownBy(keys));
    await rollIdentityOver(folder, clock.now());
    await rollIdentityOver(folder, clock.now());
    expect(await keys.refresh()).toBe(false);
    const adopted = await adoptStatements(trust, keys.trust.statements(), shownBy(keys));
    expect(adopted.identityKey).not.toBe(trust.identityKey);
    expect(adopted.anchors).toEqual(trust.anchors);
    const again = await open();
    expect(await adoptStatements(adopted, again.trust.statements(), shownBy(again))).toMatchObject({
      identityKey: adopted.identityKey,
      anchors: adopted.anchors,
    });
  });
});
