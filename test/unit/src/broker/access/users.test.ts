import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandLine } from '../../../../../src/broker/audit/actor.ts';
import {
  type ScratchAdministration,
  startAdministration,
} from '../../../../fakes/scratch-administration.ts';

let scratch: ScratchAdministration;
beforeEach(async () => {
  scratch = await startAdministration();
});
afterEach(() => scratch.end());

const terminalId = 'T'.repeat(43);

describe('users', () => {
  it('are in everyone, and in the groups that they are put into', async () => {
    const group = await scratch.addGroup('Harbour');
    const ada = await scratch.addUser('ada', [group.id]);
    expect(ada).toMatchObject({
      username: 'ada',
      kind: 'person',
      identityProvider: null,
      secondFactor: 'off',
      disabled: false,
    });
    expect(ada.groups.map(({ name }) => name)).toEqual(['Harbour', 'everyone']);
    expect(await scratch.users.list()).toEqual([ada]);
    expect(await scratch.permissionsOf(ada.id)).toEqual(['desktops.use']);
    expect(await scratch.audited('user.created')).toMatchObject([
      {
        target: { kind: 'user', id: ada.id, name: 'ada' },
        detail: { groups: 'Harbour, everyone' },
      },
    ]);
  });

  it('have names of their own, and groups that there are', async () => {
    await scratch.addUser('ada');
    await expect(scratch.addUser('ada')).rejects.toMatchObject({ code: 'name-taken' });
    await expect(scratch.addUser('bob', [crypto.randomUUID()])).rejects.toMatchObject({
      code: 'invalid-request',
    });
    expect(await scratch.users.list()).toHaveLength(1);
    expect(await scratch.audited('user.created')).toHaveLength(1);
  });

  it('leave the groups that an administrator takes them from, not those of their claims', async () => {
    const [claimed, given] = [await scratch.addGroup('Claimed'), await scratch.addGroup('Given')];
    const ada = await scratch.addUser('ada', [given.id]);
    await scratch.db
      .insertInto('group_members')
      .values({ group_id: claimed.id, user_id: ada.id, source: 'corporate', claim: '' })
      .execute();
    const { groups } = await scratch.users.change(ada.id, { groups: [] }, commandLine);
    expect(groups.map(({ name }) => name)).toEqual(['Claimed', 'everyone']);
    await scratch.users.join(ada.id, given.id, commandLine);
    await scratch.users.join(ada.id, given.id, commandLine);
    const [joined] = await scratch.users.list();
    expect(joined?.groups.map(({ name }) => name)).toEqual(['Claimed', 'Given', 'everyone']);
    await scratch.users.leave(ada.id, given.id, commandLine);
    const [left] = await scratch.users.list();
    expect(left?.groups.map(({ name }) => name)).toEqual(['Claimed', 'everyone']);
  });

  it.each([
    ['a new password', { password: 'another horse' }],
    ['another second factor', { secondFactor: 'required' }],
    ['switching off', { disabled: true }],
  ] as const)('are signed out everywhere by %s, and nobody else is', async (_what, change) => {
    const [ada, bob] = [await scratch.addUser('ada'), await scratch.addUser('bob')];
    await scratch.enroll(terminalId);
    await scratch.seat(ada.id, terminalId);
    await scratch.artifact('Session', 'pages of ada', { accountId: ada.id });
    await scratch.artifact('Session', 'pages of bob', { accountId: bob.id });
    await scratch.users.change(ada.id, change, commandLine);
    expect(await scratch.seats()).toEqual([]);
    expect(await scratch.artifacts()).toEqual(['pages of bob']);
  });

  it('stay signed in when they are only called otherwise', async () => {
    const ada = await scratch.addUser('ada');
    await scratch.enroll(terminalId);
    await scratch.seat(ada.id, terminalId);
    const changed = await scratch.users.change(ada.id, { displayName: 'Ada L.' }, commandLine);
    expect(changed.displayName).toBe('Ada L.');
    expect(await scratch.seats()).toEqual([ada.id]);
  });

  it('forget a second factor that is to be set up anew', async () => {
    const ada = await scratch.addUser('ada');
    await scratch.db.updateTable('users').set({ totp_secret: 'sealed', totp_step: 7 }).execute();
    expect((await scratch.users.list())[0]?.secondFactor).toBe('set');
    const changed = await scratch.users.change(ada.id, { secondFactor: 'required' }, commandLine);
    expect(changed.secondFactor).toBe('required');
  });

  it('never have their passwords in the audit log', async () => {
    const ada = await scratch.addUser('ada');
    await scratch.users.change(ada.id, { password: 'another horse' }, commandLine);
    const [entry] = await scratch.audited('user.changed');
    expect(entry?.detail).toEqual({ changed: 'password' });
    expect(JSON.stringify(await scratch.audit.list({ limit: 100 }))).not.toContain('horse');
  });

  it('can be removed, and their names used again, while their sessions stay in the list', async () => {
    const ada = await scratch.addUser('ada');
    const desktop = await scratch.addPool('Harbour');
    await scratch.session(ada, desktop, { endedAt: 2 });
    await scratch.users.remove(ada.id, commandLine);
    expect(await scratch.users.list()).toEqual([]);
    expect(await scratch.sessionHistory.list({ limit: 10 })).toMatchObject([
      { username: 'ada', desktop: 'Harbour', state: 'ended' },
    ]);
    await scratch.addUser('ada');
    await expect(scratch.users.remove(ada.id, commandLine)).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('of an identity provider have no password here', async () => {
    const ada = await scratch.addUser('ada');
    await scratch.db
      .updateTable('users')
      .set({ identity_provider: 'corporate', subject: '1', password_hash: null })
      .execute();
    await expect(
      scratch.users.change(ada.id, { password: 'another horse' }, commandLine),
    ).rejects.toMatchObject({ code: 'change-conflict' });
  });
});

describe('the last administrator', () => {
  const changes = {
    disabled: (id: string) => scratch.users.change(id, { disabled: true }, commandLine),
    removed: (id: string) => scratch.users.remove(id, commandLine),
    'taken out of the group': (id: string) => scratch.users.change(id, { groups: [] }, commandLine),
  };

  it.each(Object.entries(changes))('cannot be %s', async (_what, change) => {
    const administrators = await scratch.groupId('administrators');
    const ada = await scratch.addUser('ada', [administrators]);
    const before = await scratch.users.list();
    await expect(change(ada.id)).rejects.toMatchObject({ code: 'change-conflict' });
    expect(await scratch.users.list()).toEqual(before);
    expect(await scratch.audited('user.changed')).toEqual([]);
  });

  it.each(Object.entries(changes))('can be %s once there is another', async (_what, change) => {
    const administrators = await scratch.groupId('administrators');
    const ada = await scratch.addUser('ada', [administrators]);
    await scratch.addUser('bob', [administrators]);
    await change(ada.id);
  });

  it('is not one who is switched off', async () => {
    const administrators = await scratch.groupId('administrators');
    const ada = await scratch.addUser('ada', [administrators]);
    const bob = await scratch.addUser('bob', [administrators]);
    await scratch.users.change(bob.id, { disabled: true }, commandLine);
    await expect(changes.removed(ada.id)).rejects.toMatchObject({ code: 'change-conflict' });
  });

  it('is not missed by a broker that never had one', async () => {
    const ada = await scratch.addUser('ada');
    await scratch.users.remove(ada.id, commandLine);
  });
});
