import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandLine } from '../../../../../src/broker/audit/actor.ts';
import { signOutDeparted } from '../../../../../src/broker/identity/departed-providers.ts';
import {
  createFederatedUsers,
  type FederatedUsers,
} from '../../../../../src/broker/identity/federated-users.ts';
import {
  type ScratchAdministration,
  startAdministration,
} from '../../../../fakes/scratch-administration.ts';

const terminal = 'T'.repeat(43);
const grace = {
  provider: 'navy',
  subject: '1',
  username: 'grace',
  displayName: 'Grace',
  groups: ['sailors'],
};

let scratch: ScratchAdministration;
let users: FederatedUsers;
beforeEach(async () => {
  scratch = await startAdministration();
  users = createFederatedUsers(scratch);
  const claims = [{ identityProvider: 'navy', value: 'sailors' }];
  await scratch.groups.create({ name: 'crew', roles: [], pools: [], claims }, commandLine);
});
afterEach(() => scratch.end());

async function groupsOf(username: string): Promise<string[]> {
  const found = (await scratch.users.list()).find((user) => user.username === username);
  return (found?.groups ?? []).map(({ name }) => name);
}

describe('a user whom an identity provider vouches for', () => {
  it('is on record when they come, and for each thing that changes', async () => {
    await users.welcome(grace, '192.0.2.1');
    await users.welcome(grace, '192.0.2.1');
    expect(await scratch.audited('user.created')).toMatchObject([{ target: { name: 'grace' } }]);
    expect(await scratch.audited('user.changed')).toEqual([]);
    await users.welcome({ ...grace, displayName: 'Admiral', groups: [] }, '192.0.2.1');
    expect(await scratch.audited('user.changed')).toMatchObject([
      { detail: { identityProvider: 'navy', changed: 'displayName, groups' } },
    ]);
  });

  it('keeps their groups when the provider has too many to tell', async () => {
    await users.welcome(grace, '192.0.2.1');
    await users.welcome({ ...grace, groups: null }, '192.0.2.1');
    expect(await groupsOf('grace')).toEqual(['crew', 'everyone']);
    await users.welcome({ ...grace, groups: [] }, '192.0.2.1');
    expect(await groupsOf('grace')).toEqual(['everyone']);
  });
});

describe('an identity provider that is taken out of the configuration', () => {
  it('takes its users along, until it is back', async () => {
    const { id } = await users.welcome(grace, '192.0.2.1');
    const ada = await scratch.addUser('ada');
    await scratch.enroll(terminal);
    await scratch.enroll('U'.repeat(43));
    await scratch.seat(id, terminal);
    await scratch.seat(ada.id, 'U'.repeat(43));
    await signOutDeparted(scratch, [{ id: 'navy' }]);
    expect(await seated()).toEqual([ada.id, id].toSorted());

    await signOutDeparted(scratch, []);
    await signOutDeparted(scratch, [{ id: 'army' }]);
    expect(await seated()).toEqual([ada.id]);
    expect(await groupsOf('grace')).toEqual(['everyone']);
    expect(await scratch.audited('user.changed')).toHaveLength(1);

    await users.welcome(grace, '192.0.2.1');
    expect(await groupsOf('grace')).toEqual(['crew', 'everyone']);
  });

  async function seated(): Promise<string[]> {
    const rows = await scratch.db.selectFrom('seats').select('user_id').execute();
    return rows.map(({ user_id }) => user_id).toSorted();
  }
});
