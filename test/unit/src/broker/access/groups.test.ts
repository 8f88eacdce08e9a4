import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandLine } from '../../../../../src/broker/audit/actor.ts';
import { createDesktops } from '../../../../../src/broker/desktops.ts';
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
  it('have members, roles, desktops and claims', async () => {
    const desktop = await scratch.addDesktop('Harbour');
    const group = await scratch.groups.create(
      {
        name: 'crew',
        roles: [builtInRoleIds.auditor],
        desktops: [desktop.id],
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
      desktops: [{ id: desktop.id, name: 'Harbour' }],
      claims: [{ identityProvider: 'corporate', value: 'sailors' }],
    });
    const emptied = await scratch.groups.change(
      group.id,
      { name: 'sailors', roles: [], desktops: [], claims: [] },
      commandLine,
    );
    expect(emptied).toMatchObject({ name: 'sailors', roles: [], desktops: [], claims: [] });
    expect(await scratch.audited('group.changed')).toMatchObject([
      { target: { name: 'crew' }, detail: { name: 'sailors', roles: '' } },
    ]);
  });

  it('count a member once, whoever says that they are', async () => {
    const group = await scratch.addGroup('crew');
    const { id } = await scratch.addUser('ada', [group.id]);
    await scratch.db
      .insertInto('group_members')
      .values({ group_id: group.id, user_id: id, source: 'corporate' })
      .execute();
    expect((await scratch.groups.list()).find(({ name }) => name === 'crew')?.members).toBe(1);
  });

  it('are refused a name twice, and what is not there', async () => {
    const group = await scratch.addGroup('crew');
    await expect(scratch.addGroup('crew')).rejects.toMatchObject({ code: 'name-taken' });
    const unknown = [crypto.randomUUID()];
    for (const change of [{ roles: unknown }, { desktops: unknown }]) {
      await expect(scratch.groups.change(group.id, change, commandLine)).rejects.toMatchObject({
        code: 'invalid-request',
      });
    }
    const nobody = crypto.randomUUID();
    await expect(scratch.groups.remove(nobody, commandLine)).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('leave their members behind when they are removed', async () => {
    const group = await scratch.addGroup('crew', ['audit.read']);
    const { id } = await scratch.addUser('ada', [group.id]);
    expect(await scratch.permissionsOf(id)).toEqual(['audit.read', 'desktops.use']);
    await scratch.groups.remove(group.id, commandLine);
    expect(await scratch.permissionsOf(id)).toEqual(['desktops.use']);
  });

  it('that are built in keep their names and roles, and may get desktops', async () => {
    const { groups } = scratch;
    const desktop = await scratch.addDesktop('Harbour');
    for (const id of Object.values(builtInGroupIds)) {
      const conflict = { code: 'change-conflict' };
      await expect(groups.remove(id, commandLine)).rejects.toMatchObject(conflict);
      await expect(groups.change(id, { name: 'x' }, commandLine)).rejects.toMatchObject(conflict);
      await expect(groups.change(id, { roles: [] }, commandLine)).rejects.toMatchObject(conflict);
      const changed = await groups.change(id, { desktops: [desktop.id] }, commandLine);
      expect(changed.desktops).toEqual([{ id: desktop.id, name: 'Harbour' }]);
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

describe('desktops', () => {
  it('are for the members of entitled groups, once each', async () => {
    const [first, second] = [await scratch.addGroup('first'), await scratch.addGroup('second')];
    const [ada, bob] = [
      await scratch.addUser('ada', [first.id, second.id]),
      await scratch.addUser('bob'),
    ];
    const harbour = await scratch.addDesktop('Harbour', [first.id]);
    await scratch.offeredDesktops.entitle(harbour.id, second.id, commandLine);
    await scratch.offeredDesktops.entitle(harbour.id, second.id, commandLine);
    const desktops = createDesktops({ db: scratch.db });
    expect(await desktops.listOf(ada.id)).toMatchObject([{ name: 'Harbour', session: null }]);
    expect(await desktops.get(ada.id, harbour.id)).toMatchObject({ name: 'Harbour' });
    expect(await desktops.listOf(bob.id)).toEqual([]);
    for (const id of [harbour.id, crypto.randomUUID()]) {
      await expect(desktops.get(bob.id, id)).rejects.toMatchObject({ code: 'desktop-not-found' });
    }
    expect(await scratch.offeredDesktops.list()).toMatchObject([
      { name: 'Harbour', memoryMb: 256, groups: [{ name: 'first' }, { name: 'second' }] },
    ]);
    expect(await scratch.audited('desktop.changed')).toHaveLength(1);
  });

  it('are not made for a group that is not there', async () => {
    await expect(scratch.addDesktop('Harbour', [crypto.randomUUID()])).rejects.toMatchObject({
      code: 'invalid-request',
    });
    expect(await scratch.offeredDesktops.list()).toEqual([]);
  });
});
