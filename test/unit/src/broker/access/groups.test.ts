import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandLine } from '../../../../../src/broker/audit/actor.ts';
import { createFederatedUsers } from '../../../../../src/broker/identity/federated-users.ts';
import { builtInGroupIds, builtInRoleIds } from '../../../../../src/broker/store/built-in.ts';
import { permissionSchema } from '../../../../../src/contract/permissions.ts';
import {
  type ScratchAdministration,
  startAdministration,
} from '../../../../fakes/scratch-administration.ts';

let scratch: ScratchAdministration;
beforeEach(async () => {
  scratch = await startAdministration();
});
afterEach(() => scratch.end());

describe('groups', () => {
  it('have members, roles, pools and claims', async () => {
    const pool = await scratch.addPool('Harbour');
    const group = await scratch.groups.create(
      {
        name: 'crew',
        roles: [builtInRoleIds.auditor],
        pools: [pool.id],
        claims: [{ identityProvider: 'corporate', value: 'sailors' }],
      },
      commandLine,
    );
    await scratch.addUser('ada', [group.id]);
    expect((await scratch.groups.list()).find(({ name }) => name === 'crew')).toEqual({
      id: group.id,
      name: 'crew',
      builtIn: false,
      members: 1,
      roles: [{ id: builtInRoleIds.auditor, name: 'auditor' }],
      pools: [{ id: pool.id, name: 'Harbour' }],
      claims: [{ identityProvider: 'corporate', value: 'sailors' }],
    });
    const emptied = await scratch.groups.change(
      group.id,
      { name: 'sailors', roles: [], pools: [], claims: [] },
      commandLine,
    );
    expect(emptied).toMatchObject({ name: 'sailors', roles: [], pools: [], claims: [] });
    expect(await scratch.audited('group.changed')).toMatchObject([
      { target: { name: 'crew' }, detail: { name: 'sailors', roles: '' } },
    ]);
  });

  it('count a member once, whoever says that they are', async () => {
    const group = await scratch.addGroup('crew');
    const { id } = await scratch.addUser('ada', [group.id]);
    await scratch.db
      .insertInto('group_members')
      .values({ group_id: group.id, user_id: id, source: 'corporate', claim: '' })
      .execute();
    expect((await scratch.groups.list()).find(({ name }) => name === 'crew')?.members).toBe(1);
  });

  it('are refused a name twice, and what is not there', async () => {
    const group = await scratch.addGroup('crew');
    await expect(scratch.addGroup('crew')).rejects.toMatchObject({ code: 'name-taken' });
    const unknown = [crypto.randomUUID()];
    for (const change of [{ roles: unknown }, { pools: unknown }]) {
      await expect(scratch.groups.change(group.id, change, commandLine)).rejects.toMatchObject({
        code: 'invalid-request',
      });
    }
    const nobody = crypto.randomUUID();
    await expect(scratch.groups.remove(nobody, commandLine)).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('let go of who was in by a claim alone that makes members no more', async () => {
    const by = (value: string) => ({ identityProvider: 'corporate', value });
    const other = { identityProvider: 'other', value: 'sailors' };
    const group = await scratch.addGroup('crew');
    const claims = [by('sailors'), by('captains'), other];
    await scratch.groups.change(group.id, { claims }, commandLine);
    const users = createFederatedUsers(scratch);
    async function arrive(username: string, provider: string, groups: string[]) {
      const identity = { provider, subject: username, username, displayName: username, groups };
      return (await users.welcome(identity, '192.0.2.8')).id;
    }
    await arrive('both', 'corporate', ['sailors', 'captains']);
    const sailor = await arrive('sailor', 'corporate', ['sailors']);
    await arrive('captain', 'corporate', ['captains']);
    await arrive('elsewhere', 'other', ['sailors']);
    await scratch.users.join(await arrive('put', 'corporate', ['sailors']), group.id, commandLine);
    const members = async () =>
      (await scratch.users.list())
        .filter(({ groups }) => groups.some(({ id }) => id === group.id))
        .map(({ username }) => username);
    expect(await members()).toEqual(['both', 'captain', 'elsewhere', 'put', 'sailor']);
    await scratch.groups.change(group.id, { claims: [by('captains'), other] }, commandLine);
    expect(await members()).toEqual(['both', 'captain', 'elsewhere', 'put']);
    expect(await scratch.permissionsOf(sailor)).toEqual(['desktops.use']);
    await scratch.groups.change(group.id, { claims: [] }, commandLine);
    expect(await members()).toEqual(['put']);
  });

  it('keep a claim while it makes the last administrator', async () => {
    const { groups } = scratch;
    const id = builtInGroupIds.administrators;
    const claims = [{ identityProvider: 'corporate', value: 'admins' }];
    await groups.change(id, { claims }, commandLine);
    const ada = { provider: 'corporate', subject: '1', username: 'ada', displayName: 'Ada' };
    await createFederatedUsers(scratch).welcome({ ...ada, groups: ['admins'] }, '192.0.2.8');
    await expect(groups.change(id, { claims: [] }, commandLine)).rejects.toMatchObject({
      code: 'change-conflict',
    });
    await scratch.addUser('bob', [id]);
    await groups.change(id, { claims: [] }, commandLine);
    expect((await groups.list()).find((group) => group.id === id)?.members).toBe(1);
  });

  it('leave their members behind when they are removed', async () => {
    const group = await scratch.addGroup('crew', ['audit.read']);
    const { id } = await scratch.addUser('ada', [group.id]);
    expect(await scratch.permissionsOf(id)).toEqual(['audit.read', 'desktops.use']);
    await scratch.groups.remove(group.id, commandLine);
    expect(await scratch.permissionsOf(id)).toEqual(['desktops.use']);
  });

  it('that are built in keep their names and roles, and may get pools', async () => {
    const { groups } = scratch;
    const pool = await scratch.addPool('Harbour');
    for (const id of Object.values(builtInGroupIds)) {
      const conflict = { code: 'change-conflict' };
      await expect(groups.remove(id, commandLine)).rejects.toMatchObject(conflict);
      await expect(groups.change(id, { name: 'x' }, commandLine)).rejects.toMatchObject(conflict);
      await expect(groups.change(id, { roles: [] }, commandLine)).rejects.toMatchObject(conflict);
      const changed = await groups.change(id, { pools: [pool.id] }, commandLine);
      expect(changed.pools).toEqual([{ id: pool.id, name: 'Harbour' }]);
    }
  });
});

describe('roles', () => {
  it('that are built in allow what they are documented to, and stay', async () => {
    const roles = await scratch.roles.list();
    expect(roles.map(({ name }) => name)).toEqual([
      'administrator',
      'auditor',
      'help desk',
      'user',
    ]);
    expect(roles[0]?.permissions).toEqual(permissionSchema.options);
    for (const { id } of roles) {
      const conflict = { code: 'change-conflict' };
      await expect(scratch.roles.remove(id, commandLine)).rejects.toMatchObject(conflict);
      await expect(
        scratch.roles.change(id, { permissions: [] }, commandLine),
      ).rejects.toMatchObject(conflict);
    }
  });

  it('add up over all groups of a user, and change for all at once', async () => {
    const [first, second] = [
      await scratch.addGroup('first', ['audit.read']),
      await scratch.addGroup('second', ['users.read']),
    ];
    const { id } = await scratch.addUser('ada', [first.id, second.id]);
    expect(await scratch.permissionsOf(id)).toEqual(['audit.read', 'desktops.use', 'users.read']);
    const role = second.roles[0]?.id ?? '';
    const changed = await scratch.roles.change(
      role,
      { name: 'ending', permissions: ['sessions.end'] },
      commandLine,
    );
    expect(changed).toMatchObject({ name: 'ending', permissions: ['sessions.end'] });
    expect(await scratch.permissionsOf(id)).toEqual(['audit.read', 'desktops.use', 'sessions.end']);
    await scratch.roles.remove(role, commandLine);
    expect(await scratch.permissionsOf(id)).toEqual(['audit.read', 'desktops.use']);
  });

  it('allow nothing by a permission that this broker does not know', async () => {
    const group = await scratch.addGroup('crew', ['audit.read']);
    const { id } = await scratch.addUser('ada', [group.id]);
    await scratch.db
      .updateTable('roles')
      .set({ permissions: '["audit.read","everything"]' })
      .where('id', '=', group.roles[0]?.id ?? '')
      .execute();
    expect(await scratch.permissionsOf(id)).toEqual(['audit.read', 'desktops.use']);
  });
});
