import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Actor } from '../../../../../src/broker/audit/actor.ts';
import { builtInRoleIds } from '../../../../../src/broker/store/built-in.ts';
import { newPoolSchema, poolRemovalSchema } from '../../../../../src/contract/pool.ts';
import {
  type ScratchAdministration,
  startAdministration,
} from '../../../../fakes/scratch-administration.ts';

let scratch: ScratchAdministration;
beforeEach(async () => {
  scratch = await startAdministration();
});
afterEach(() => scratch.end());

type Stage = {
  /** May manage users and roles, and no more. */
  by: Actor;
  /** An administrator, and the group that makes them one. */
  root: string;
  administrators: string;
  /** A role, and the group that has it, that allow what `by` may not do. */
  auditing: string;
  auditors: string;
  /** A user and a group with no more than everyone may. */
  plain: string;
  crew: string;
};

async function stage(permissions: Parameters<ScratchAdministration['actor']>[1]): Promise<Stage> {
  const by = await scratch.actor('clerk', permissions);
  const administrators = await scratch.groupId('administrators');
  const auditors = await scratch.addGroup('auditors', ['audit.read']);
  return {
    by,
    administrators,
    root: (await scratch.addUser('root', [administrators])).id,
    auditing: auditors.roles[0]?.id ?? '',
    auditors: auditors.id,
    plain: (await scratch.addUser('plain')).id,
    crew: (await scratch.addGroup('crew')).id,
  };
}

const newUser = {
  username: 'mallory',
  displayName: 'Mallory',
  password: 'correct horse',
  secondFactor: 'off',
} as const;
const empty = { roles: [], pools: [], claims: [] };
const claims = [{ identityProvider: 'corporate', value: 'everybody' }];

type Attempt = [what: string, attempt: (stage: Stage) => Promise<unknown>];

/** Ways in which whoever may manage users and roles might come to more than they may do. */
const refused: Attempt[] = [
  [
    'join an administrators’ group',
    ({ by, administrators }) => scratch.users.join(by.actor.id, administrators, by),
  ],
  [
    'add a user to a group that may do more',
    ({ by, auditors }) => scratch.users.create({ ...newUser, groups: [auditors] }, by),
  ],
  [
    'move a user into a group that may do more',
    ({ by, plain, auditors }) => scratch.users.change(plain, { groups: [auditors] }, by),
  ],
  [
    'set the password of one who may do more',
    ({ by, root }) => scratch.users.change(root, { password: 'another horse' }, by),
  ],
  [
    'take the second factor of one who may do more',
    ({ by, root }) => scratch.users.change(root, { secondFactor: 'off' }, by),
  ],
  [
    'switch one off who may do more',
    ({ by, root }) => scratch.users.change(root, { disabled: true }, by),
  ],
  ['remove one who may do more', ({ by, root }) => scratch.users.remove(root, by)],
  [
    'take one out of a group who may do more',
    ({ by, root, administrators }) => scratch.users.leave(root, administrators, by),
  ],
  [
    'make a role that allows more',
    ({ by }) => scratch.roles.create({ name: 'mine', permissions: ['audit.read'] }, by),
  ],
  [
    'let a role allow less than the actor may not do',
    ({ by, auditing }) => scratch.roles.change(auditing, { permissions: [] }, by),
  ],
  ['remove a role that allows more', ({ by, auditing }) => scratch.roles.remove(auditing, by)],
  [
    'make a group with a role that allows more',
    ({ by, auditing }) => scratch.groups.create({ name: 'mine', ...empty, roles: [auditing] }, by),
  ],
  [
    'make a group of administrators',
    ({ by }) =>
      scratch.groups.create({ name: 'mine', ...empty, roles: [builtInRoleIds.administrator] }, by),
  ],
  [
    'give a group a role that allows more',
    ({ by, crew, auditing }) => scratch.groups.change(crew, { roles: [auditing] }, by),
  ],
  [
    'take a role from a group that allows more',
    ({ by, auditors }) => scratch.groups.change(auditors, { roles: [] }, by),
  ],
  [
    'let a claim lead into a group that may do more',
    ({ by, auditors }) => scratch.groups.change(auditors, { claims }, by),
  ],
  [
    'let nobody into a group any more that may do more',
    ({ by, auditors }) => scratch.groups.change(auditors, { claims: [] }, by),
  ],
  ['remove a group that may do more', ({ by, auditors }) => scratch.groups.remove(auditors, by)],
];

describe('whoever may manage users and roles', () => {
  it.each(refused)('cannot %s', async (_what, attempt) => {
    const on = await stage(['users.manage', 'roles.manage']);
    const before = await everything();
    await expect(attempt(on)).rejects.toMatchObject({ code: 'permission-missing' });
    expect(await everything()).toEqual(before);
  });

  it('can do all that with what they may do themselves', async () => {
    const { by, plain } = await stage(['users.manage', 'roles.manage', 'audit.read']);
    const role = await scratch.roles.create({ name: 'mine', permissions: ['audit.read'] }, by);
    const group = await scratch.groups.create({ name: 'mine', ...empty, roles: [role.id] }, by);
    await scratch.groups.change(group.id, { claims }, by);
    await scratch.users.join(plain, group.id, by);
    await scratch.users.change(plain, { password: 'another horse', disabled: true }, by);
    expect(await scratch.permissionsOf(plain)).toEqual(['audit.read', 'desktops.use']);
    await scratch.users.remove(plain, by);
    const [entry] = await scratch.audited('user.removed');
    expect(entry).toMatchObject({ actor: { name: 'clerk' }, address: '192.0.2.7' });
  });
});

describe('whoever may manage users alone', () => {
  it('can manage groups, but not their roles', async () => {
    const { by, crew } = await stage(['users.manage']);
    const pool = await scratch.addPool('Harbour');
    await scratch.groups.change(crew, { name: 'sailors', pools: [pool.id], claims }, by);
    await expect(
      scratch.groups.change(crew, { roles: [builtInRoleIds.user] }, by),
    ).rejects.toMatchObject({ code: 'permission-missing' });
  });

  it('cannot take an administrator over by way of switching them off first', async () => {
    const { by, root, administrators } = await stage(['users.manage']);
    await scratch.addUser('second', [administrators]);
    await scratch.db.updateTable('users').set({ disabled_at: 1 }).where('id', '=', root).execute();
    await expect(
      scratch.users.change(root, { password: 'another horse', disabled: false }, by),
    ).rejects.toMatchObject({ code: 'permission-missing' });
  });
});

const terminalId = 'T'.repeat(43);

type Place = { by: Actor; pool: string; crew: string };

/** Ways in which whoever manages pools and terminals might open a desktop to somebody. */
const entitling: [what: string, attempt: (place: Place) => Promise<unknown>][] = [
  [
    'make a pool for a group',
    ({ by, crew }) => {
      const order = { name: 'Quay', image: 'porthole', groups: [crew] };
      return scratch.pools.create(newPoolSchema.parse(order), by);
    },
  ],
  ['entitle a group', ({ by, pool, crew }) => scratch.pools.entitle(pool, crew, by)],
  [
    'say which groups are entitled',
    ({ by, pool, crew }) => scratch.pools.change(pool, { groups: [crew] }, by),
  ],
  [
    'give a terminal an account',
    ({ by, pool }) => scratch.terminals.change(terminalId, { account: { desktopId: pool } }, by),
  ],
];

describe('whoever may manage pools and terminals, but not users', () => {
  it.each(entitling)('cannot %s', async (_what, attempt) => {
    const by = await scratch.actor('clerk', ['pools.manage', 'terminals.manage']);
    const { id: pool } = await scratch.addPool('Harbour');
    const { id: crew } = await scratch.addGroup('crew');
    await scratch.enroll(terminalId);
    const place = { by, pool, crew };
    await expect(attempt(place)).rejects.toMatchObject({ code: 'permission-missing' });
    expect(await scratch.pools.list()).toMatchObject([{ name: 'Harbour', groups: [] }]);
    expect(await scratch.terminals.list()).toMatchObject([{ account: null }]);
  });

  it('can do with pools and terminals what lets nobody in', async () => {
    const by = await scratch.actor('clerk', ['pools.manage', 'terminals.manage']);
    const { id: pool } = await scratch.addPool('Harbour');
    await scratch.enroll(terminalId);
    await scratch.pools.change(pool, { name: 'Quay', memoryMb: 512 }, by);
    await scratch.terminals.change(terminalId, { name: 'Lobby', account: null }, by);
    expect(await scratch.pools.list()).toMatchObject([{ name: 'Quay', memoryMb: 512 }]);
    await scratch.pools.remove(pool, poolRemovalSchema.parse({}), by);
    expect(await scratch.pools.list()).toEqual([]);
  });
});

async function everything() {
  const { users, groups, roles, audit } = scratch;
  return [
    await users.list(),
    await groups.list(),
    await roles.list(),
    await audit.list({ limit: 1_000 }),
  ];
}
