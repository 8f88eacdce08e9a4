import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { permissionsOf } from '../../src/broker/access/permissions.ts';
import { commandLine } from '../../src/broker/audit/actor.ts';
import { createDiskFiles } from '../../src/broker/disks/disk-files.ts';
import { claimKeptDisk } from '../../src/broker/pools/kept-disks.ts';
import { builtInRoleIds } from '../../src/broker/store/built-in.ts';
import type { StoreLocation } from '../../src/broker/store/store.ts';
import { createVirtualization } from '../../src/broker/virtualization.ts';
import type { Desktop } from '../../src/contract/desktop.ts';
import { FakeHost } from '../fakes/fake-host.ts';
import {
  type ScratchAdministration,
  startAdministration,
} from '../fakes/scratch-administration.ts';
import { scratchImages } from '../fakes/scratch-images.ts';
import { databases, missingDatabase, type Stores, startStores } from './store-databases.ts';

/** What of administration is most the database's; the unit tests have the rest. */
describe.each(databases)('administration in %s', (kind) => {
  const missing = missingDatabase(kind);
  if (missing !== null) {
    it.skip(missing);
    return;
  }
  let stores: Stores;
  let location: StoreLocation;
  let scratch: ScratchAdministration;
  beforeAll(async () => {
    stores = await startStores(kind);
  });
  afterAll(() => stores.dispose());
  beforeEach(async () => {
    location = await stores.place();
    scratch = await startAdministration(location);
  });
  afterEach(() => scratch.end());

  const terminalId = 'T'.repeat(43);

  /** What the broker would show to this user. */
  async function desktopsOf(userId: string): Promise<Desktop[]> {
    const { dataDir } = location;
    const host = new FakeHost();
    const { desktops, hostFigures } = createVirtualization({
      ...scratch,
      permissionsOf: (id) => permissionsOf(scratch.db, id),
      host,
      images: scratchImages(dataDir, scratch.clock),
      files: createDiskFiles(dataDir),
      hasRoom: () => host.room,
      onFault: (error) => {
        throw error;
      },
    });
    try {
      return await desktops.listOf(userId);
    } finally {
      await hostFigures.dispose();
    }
  }

  it('reads users, groups, roles and pools with all that they have', async () => {
    const group = await scratch.addGroup('crew', ['audit.read']);
    const pool = await scratch.addPool('Harbour', [group.id]);
    const ada = await scratch.addUser('ada', [group.id]);
    expect(await scratch.users.list()).toEqual([ada]);
    expect((await scratch.groups.list()).find(({ name }) => name === 'crew')).toMatchObject({
      members: 1,
      roles: [{ name: 'crew' }],
      pools: [{ id: pool.id, name: 'Harbour' }],
    });
    expect(await scratch.permissionsOf(ada.id)).toEqual(['audit.read', 'desktops.use']);
    expect(await desktopsOf(ada.id)).toMatchObject([{ name: 'Harbour' }]);
  });

  it('refuses names twice, and leaves nothing of what it refuses', async () => {
    await scratch.addUser('ada');
    await expect(scratch.addUser('ada')).rejects.toMatchObject({ code: 'name-taken' });
    await scratch.addGroup('crew');
    await expect(scratch.addGroup('crew')).rejects.toMatchObject({ code: 'name-taken' });
    const by = await scratch.actor('clerk', ['users.manage', 'roles.manage']);
    const roles = [builtInRoleIds.administrator];
    await expect(
      scratch.groups.create({ name: 'mine', roles, pools: [], claims: [] }, by),
    ).rejects.toMatchObject({ code: 'permission-missing' });
    expect((await scratch.groups.list()).map(({ name }) => name)).not.toContain('mine');
    expect(await scratch.audit.verify()).toMatchObject({ sound: true });
  });

  it('signs out users and terminals by what their tokens say', async () => {
    const [ada, bob] = [await scratch.addUser('ada'), await scratch.addUser('bob')];
    await scratch.enroll(terminalId);
    await scratch.seat(ada.id, terminalId);
    await scratch.artifact('Session', 'pages of bob', { accountId: bob.id });
    await scratch.artifact('RefreshToken', 'own', { accountId: `terminal:${terminalId}` });
    await scratch.users.change(ada.id, { password: 'another horse' }, commandLine);
    expect(await scratch.artifacts()).toEqual(['own', 'pages of bob']);
    const { id: desktopId } = await scratch.addPool('Harbour');
    await scratch.terminals.change(terminalId, { account: { desktopId } }, commandLine);
    expect(await scratch.terminals.list()).toMatchObject([
      { account: { desktop: { id: desktopId } } },
    ]);
    await scratch.terminals.revoke(terminalId, commandLine);
    expect(await scratch.artifacts()).toEqual(['pages of bob']);
    expect(await scratch.users.list()).toHaveLength(2);
  });

  it.each([
    ['is taken', () => scratch.terminals.change(terminalId, { account: null }, commandLine)],
    ['is revoked with it', () => scratch.terminals.revoke(terminalId, commandLine)],
  ])('destroys the disk that the account of a terminal kept when it %s', async (_, take) => {
    const { db, clock } = scratch;
    const pool = await scratch.addPool('Harbour');
    await scratch.enroll(terminalId);
    const account = { desktopId: pool.id };
    await scratch.terminals.change(terminalId, { account }, commandLine);
    const { id: user_id } = await db
      .selectFrom('users')
      .select('id')
      .where('kind', '=', 'terminal')
      .executeTakeFirstOrThrow();
    const image = { image_id: randomUUID(), image_version: 1 };
    const { id } = await claimKeptDisk({ db, clock }, { pool_id: pool.id, user_id }, image);
    const files = createDiskFiles(scratch.dataDir);
    await files.prepare();
    await writeFile(files.disk(id), 'a disk');
    await take();
    expect(await db.selectFrom('kept_disks').selectAll().execute()).toEqual([]);
    expect(await files.exists(files.disk(id))).toBe(false);
  });

  it('keeps one administrator when two switch each other off at once', async () => {
    const administrators = await scratch.groupId('administrators');
    const ada = await scratch.addUser('ada', [administrators]);
    const bob = await scratch.addUser('bob', [administrators]);
    const results = await Promise.allSettled(
      [ada, bob].map(({ id }) => scratch.users.change(id, { disabled: true }, commandLine)),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const left = (await scratch.users.list()).filter(({ disabled }) => !disabled);
    expect(left).toHaveLength(1);
  });

  it('takes the uses of a token one by one when many terminals ask at once', async () => {
    const order = { label: 'Hall', groupId: null, uses: 3, expiresInSeconds: 3_600 };
    const { token } = await scratch.enrollmentTokens.create(order, commandLine);
    const machine = {
      name: 'Desk',
      model: '',
      version: '1',
      vault: 'file',
      address: '::1',
    } as const;
    const results = await Promise.allSettled(
      ['A', 'B', 'C', 'D', 'E'].map((letter) => {
        const terminal = { id: letter.repeat(43), ...machine };
        return scratch.enrollmentTokens.redeem(token, terminal, commandLine);
      }),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await scratch.terminals.list()).toHaveLength(3);
    expect(await scratch.enrollmentTokens.list()).toMatchObject([{ usesLeft: 0 }]);
  });
});
