import { X509Certificate } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Admin, openAdmin } from '../../../../src/broker/admin.ts';
import { createAuthority } from '../../../../src/broker/tls/authority.ts';
import { digestOf } from '../../../../src/broker/tls/chain.ts';
import { poolRemovalSchema } from '../../../../src/contract/pool.ts';
import { FakeClock } from '../../../fakes/fake-clock.ts';

let admin: Admin;
let dataDir: string;
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'admin-'));
  admin = await openAdmin({ dataDir, cacheDir: dataDir, clock: new FakeClock() });
});
afterEach(async () => {
  await admin.close();
  rmSync(dataDir, { recursive: true });
});

const ada = { username: ' Ada ', displayName: 'Ada Lovelace', password: 'correct horse' };
const bob = { username: 'bob', displayName: 'Bob', password: 'correct horse' };
const pool = {
  name: 'Office',
  image: 'porthole',
  engine: 'para',
  memoryMb: 512,
  cpus: 2,
} as const;
const invalid = (detail: string) => ({
  code: 'command-invalid',
  detail: expect.stringContaining(detail),
});

/** Names of the members of each group that has any besides `everyone`. */
async function memberships(): Promise<Record<string, string[]>> {
  const users = await admin.listUsers();
  return Object.fromEntries(
    users.map(({ username, groups }) => [username, groups.map(({ name }) => name)]),
  );
}

describe('the command line', () => {
  it('adds users, whose names are the same however they are typed', async () => {
    await admin.addUser(ada);
    expect(await admin.listUsers()).toMatchObject([
      { username: 'ada', displayName: 'Ada Lovelace' },
    ]);
    await expect(admin.addUser({ ...ada, username: 'ADA' })).rejects.toMatchObject({
      code: 'name-taken',
      detail: 'ada',
    });
  });

  it('refuses a short password, and names of nothing', async () => {
    await expect(admin.addUser({ ...ada, password: 'short' })).rejects.toMatchObject(
      invalid('password'),
    );
    await expect(admin.addUser({ ...ada, groups: ['crew'] })).rejects.toMatchObject(
      invalid('there is no group crew'),
    );
    await expect(
      admin.setPassword({ username: 'nobody', password: 'long enough' }),
    ).rejects.toMatchObject(invalid('nobody'));
    expect(await admin.listUsers()).toEqual([]);
  });

  it('puts users into groups by name, and takes them out again', async () => {
    await admin.addGroup({ name: 'crew', roles: ['help desk'] });
    await admin.addUser({ ...ada, groups: ['administrators'] });
    await admin.joinGroup({ username: 'ADA', group: 'crew' });
    expect(await memberships()).toEqual({ ada: ['administrators', 'crew', 'everyone'] });
    await admin.leaveGroup({ username: 'ada', group: 'crew' });
    await expect(
      admin.leaveGroup({ username: 'ada', group: 'administrators' }),
    ).rejects.toMatchObject({ code: 'change-conflict' });
    expect(await memberships()).toEqual({ ada: ['administrators', 'everyone'] });
  });

  it('changes only what it is told to', async () => {
    await admin.addUser(ada);
    await admin.changeUser({ username: 'ada', disabled: true });
    await admin.addRole({ name: 'watch', permissions: ['sessions.read'] });
    await admin.addGroup({ name: 'crew', roles: ['watch'] });
    await admin.changeGroup({ group: 'crew', name: 'sailors', roles: undefined });
    await admin.changeRole({ role: 'watch', permissions: ['sessions.read', 'sessions.end'] });
    await expect(
      admin.changeRole({ role: 'watch', permissions: ['everything'] }),
    ).rejects.toMatchObject(invalid('permissions'));
    expect(await admin.listUsers()).toMatchObject([
      { displayName: 'Ada Lovelace', disabled: true, secondFactor: 'off' },
    ]);
    expect(await admin.listGroups()).toContainEqual(
      expect.objectContaining({
        name: 'sailors',
        roles: [expect.objectContaining({ name: 'watch' })],
      }),
    );
    expect(await admin.listRoles()).toContainEqual(
      expect.objectContaining({ name: 'watch', permissions: ['sessions.read', 'sessions.end'] }),
    );
  });

  it('adds pools for groups and users, and none when one is unknown', async () => {
    await admin.addGroup({ name: 'crew' });
    await admin.addUser(ada);
    const input = { ...pool, groups: ['crew'], users: ['ada', 'bob'] };
    await expect(admin.addPool(input)).rejects.toMatchObject(invalid('bob'));
    expect(await admin.listPools()).toEqual([]);
    await admin.addUser(bob);
    const { id } = await admin.addPool(input);
    expect(await admin.listPools()).toMatchObject([
      { id, ...pool, description: '', groups: [{ name: 'Office' }, { name: 'crew' }] },
    ]);
    expect(await memberships()).toEqual({
      ada: ['Office', 'everyone'],
      bob: ['Office', 'everyone'],
    });
    await expect(admin.addPool({ ...pool, image: '../etc/passwd' })).rejects.toMatchObject(
      invalid('image'),
    );
  });

  it('entitles afterwards, as often as it is told to, by name or id', async () => {
    await admin.addUser(ada);
    await admin.addUser(bob);
    const { id } = await admin.addPool({ ...pool, users: ['ada'] });
    for (const name of [id, 'Office']) await admin.entitle({ pool: name, username: 'bob' });
    await admin.addGroup({ name: 'crew' });
    await admin.entitle({ pool: id, group: 'crew' });
    expect(await memberships()).toEqual({
      ada: ['Office', 'everyone'],
      bob: ['Office', 'everyone'],
    });
    expect(await admin.listPools()).toMatchObject([
      { groups: [{ name: 'Office' }, { name: 'crew' }] },
    ]);
    await expect(admin.entitle({ pool: 'none', username: 'ada' })).rejects.toMatchObject(
      invalid('none'),
    );
  });

  it('withdraws what it entitled to, from users one by one and from groups', async () => {
    await admin.addUser(ada);
    await admin.addUser(bob);
    await admin.addGroup({ name: 'crew' });
    await admin.addPool({ ...pool, users: ['ada', 'bob'], groups: ['crew'] });
    await admin.withdraw({ pool: 'Office', username: 'ada' });
    expect(await memberships()).toEqual({ ada: ['everyone'], bob: ['Office', 'everyone'] });
    await expect(admin.withdraw({ pool: 'Office', username: 'ada' })).rejects.toMatchObject(
      invalid('these groups are: Office, crew'),
    );
    await admin.withdraw({ pool: 'Office', group: 'crew' });
    expect(await admin.listPools()).toMatchObject([{ groups: [{ name: 'Office' }] }]);
    await admin.changeGroup({ group: 'crew', pools: ['Office'] });
    await admin.changeGroup({ group: 'Office', pools: [] });
    expect(await admin.listPools()).toMatchObject([{ groups: [{ name: 'crew' }] }]);
  });

  it('changes pools, and removes them with the group of those who alone had them', async () => {
    await admin.addUser(ada);
    await admin.addUser(bob);
    const { id } = await admin.addPool({ ...pool, users: ['ada'] });
    await admin.changePool({ pool: 'Office', name: 'Study', cpus: 4 });
    await admin.entitle({ pool: 'Study', username: 'bob' });
    expect(await admin.listPools()).toMatchObject([
      { id, name: 'Study', cpus: 4, memoryMb: 512, groups: [{ name: 'Study' }] },
    ]);
    await expect(admin.changePool({ pool: id, cpus: 0 })).rejects.toMatchObject(
      invalid('cpus: it has to be 1 or more'),
    );
    await admin.removePool('Study', poolRemovalSchema.parse({}));
    expect(await admin.listPools()).toEqual([]);
    expect(await memberships()).toEqual({ ada: ['everyone'], bob: ['everyone'] });
    expect((await admin.listGroups()).map(({ name }) => name)).not.toContain('Study');
    await expect(admin.removePool(id, poolRemovalSchema.parse({}))).rejects.toMatchObject(
      invalid('there is no pool'),
    );
  });

  it('renames groups of terminals, and how users are addressed', async () => {
    await admin.addTerminalGroup('Hall');
    await admin.addTerminalGroup('Lobby');
    await admin.renameTerminalGroup('Hall', 'Foyer');
    await expect(admin.renameTerminalGroup('Foyer', 'Lobby')).rejects.toMatchObject({
      code: 'name-taken',
    });
    const names = (await admin.listTerminalGroups()).map(({ name }) => name);
    expect(names).toEqual(['Foyer', 'Lobby']);
    await admin.addUser(ada);
    await admin.changeUser({ username: 'ada', displayName: 'Countess Lovelace' });
    expect(await admin.listUsers()).toMatchObject([
      { username: 'ada', displayName: 'Countess Lovelace' },
    ]);
  });

  it('tells what somebody did, by their name or by what they are', async () => {
    await admin.addUser(ada);
    const actions = async (actor: string) =>
      (await admin.listAudit({ actor })).map(({ action }) => action);
    expect(await actions('command-line')).toEqual(['user.created']);
    for (const actor of ['ada', 'broker', 'nobody', '%']) expect(await actions(actor)).toEqual([]);
  });

  it('keeps the users of two pools of one name apart', async () => {
    await admin.addUser(ada);
    await admin.addUser(bob);
    const { id } = await admin.addPool({ ...pool, users: ['ada'] });
    await admin.addPool({ ...pool, users: ['bob'] });
    expect(await memberships()).toEqual({
      ada: ['Office', 'everyone'],
      bob: ['Office (2)', 'everyone'],
    });
    await expect(admin.entitle({ pool: 'Office', username: 'ada' })).rejects.toMatchObject(
      invalid('more than one pool Office'),
    );
    await admin.entitle({ pool: id, username: 'bob' });
    expect((await memberships()).bob).toEqual(['Office', 'Office (2)', 'everyone']);
  });

  it('issues enrollment tokens for a group of terminals', async () => {
    await admin.addTerminalGroup('Hall');
    const { token, ...listed } = await admin.createEnrollmentToken({
      label: 'Hall',
      uses: 100,
      group: 'Hall',
    });
    expect(token).toHaveLength(43);
    expect(listed).toMatchObject({ usesLeft: 100, group: { name: 'Hall' }, revoked: false });
    await admin.revokeEnrollmentToken(listed.id);
    expect(await admin.listEnrollmentTokens()).toEqual([{ ...listed, revoked: true }]);
    await expect(admin.createEnrollmentToken({ label: 'x', uses: 0 })).rejects.toMatchObject(
      invalid('uses'),
    );
  });

  it('writes the file that terminals enroll with, which only its owner can read', async () => {
    const { certificate } = await createAuthority(Date.UTC(2026, 0, 1));
    mkdirSync(join(dataDir, 'keys'));
    writeFileSync(join(dataDir, 'keys/ca.pem'), certificate);
    const file = join(dataDir, 'enroll.json');
    const order = { label: 'Hall', uses: 100 };
    await admin.writeEnrollmentFile({ file, broker: 'https://Broker.example/' }, order);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      broker: 'https://broker.example',
      token: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      ca: digestOf(new X509Certificate(certificate)),
    });
    await expect(
      admin.writeEnrollmentFile({ file, broker: 'https://broker.example' }, order),
    ).rejects.toMatchObject(invalid('EEXIST'));
    expect(await admin.listEnrollmentTokens()).toHaveLength(1);
  });

  it('writes no such file, and makes no token, when it lacks anything', async () => {
    const file = join(dataDir, 'enroll.json');
    const order = { label: 'Hall', uses: 1 };
    for (const broker of ['http://broker.example', 'https://broker.example']) {
      await expect(admin.writeEnrollmentFile({ file, broker }, order)).rejects.toMatchObject(
        invalid(broker.startsWith('https') ? 'ca.pem' : broker),
      );
    }
    const { certificate } = await createAuthority(Date.UTC(2026, 0, 1));
    const ca = join(dataDir, 'given.pem');
    writeFileSync(ca, certificate);
    await expect(
      admin.writeEnrollmentFile(
        { file, broker: 'https://broker.example', ca },
        { ...order, group: 'none' },
      ),
    ).rejects.toMatchObject(invalid('none'));
    expect(existsSync(file)).toBe(false);
    expect(await admin.listEnrollmentTokens()).toEqual([]);
  });

  it('says what is not there', async () => {
    const attempts = {
      'terminal none': () => admin.revokeTerminal('none'),
      'session none': () => admin.logsOf('none'),
      'enrollment token none': () => admin.revokeEnrollmentToken('none'),
      'role none': () => admin.removeRole('none'),
      'group none': () => admin.removeGroup('none'),
      'user none': () => admin.removeUser('none'),
      'group of terminals none': () => admin.removeTerminalGroup('none'),
    };
    for (const [what, attempt] of Object.entries(attempts)) {
      await expect(attempt()).rejects.toMatchObject(invalid(`there is no ${what}`));
    }
    await expect(admin.approveEnrollment({ code: 'BCDF-GHJK' })).rejects.toMatchObject({
      code: 'enrollment-not-found',
    });
    await expect(admin.denyEnrollment('AEIO')).rejects.toMatchObject(invalid('eight letters'));
  });

  it('writes down what it did, and can tell that nothing was changed since', async () => {
    await admin.addUser(ada);
    const { head } = await admin.verifyAudit();
    await admin.removeUser('ada');
    expect(await admin.listAudit()).toMatchObject([
      { action: 'user.removed', actor: { kind: 'command-line' }, target: { name: 'ada' } },
      { action: 'user.created', actor: { kind: 'command-line' }, address: null },
    ]);
    expect(await admin.verifyAudit(head)).toMatchObject({ sound: true, events: 2 });
    const lines = (await text(await admin.exportAudit())).trim().split('\n');
    const actions = lines.map((line): unknown => JSON.parse(line).action);
    expect(actions).toEqual(['user.created', 'user.removed', 'audit.exported']);
  });
});
