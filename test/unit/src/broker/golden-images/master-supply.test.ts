import { expect, it } from 'vitest';
import { commandLine } from '../../../../../src/broker/audit/actor.ts';
import { createMasterSupply } from '../../../../../src/broker/golden-images/master-supply.ts';
import type { Permission } from '../../../../../src/contract/permissions.ts';
import { usualSessionPolicy } from '../../../../../src/contract/session-policy.ts';
import { startGoldenImages } from './image-fixture.ts';

async function setUp() {
  const fixture = await startGoldenImages();
  const { id } = await fixture.images.open('desktop', commandLine);
  const held = new Map<string, Permission[]>([
    ['ada', ['images.manage']],
    ['eve', ['images.manage']],
  ]);
  const supply = createMasterSupply({
    masters: fixture.masters,
    permissionsOf: async (userId) => new Set(held.get(userId)),
  });
  return { fixture, id, supply };
}

it('a master is offered to whoever may manage images', async () => {
  const { fixture, id, supply } = await setUp();
  const offer = {
    id,
    name: 'desktop (master)',
    description: 'Begun as version 1',
    engine: 'full',
    image: 'desktop',
    policy: usualSessionPolicy,
  };
  expect(await supply.listOf('ada')).toEqual([offer]);
  expect(await supply.find({ userId: 'ada', desktopId: id })).toEqual(offer);
  expect(await supply.listOf('ben')).toEqual([]);
  expect(await supply.find({ userId: 'ben', desktopId: id })).toBeNull();
  await fixture.library.remove(fixture.parent);
  expect(await supply.listOf('ada')).toEqual([]);
});

it('it is shut down when the last who has it leaves', async () => {
  const { fixture, id, supply } = await setUp();
  const one = await supply.lease({ userId: 'ada', desktopId: id });
  const other = await supply.lease({ userId: 'eve', desktopId: id });
  expect(other.machine).toBe(one.machine);
  expect([one.outlivesSession, other.outlivesSession]).toEqual([true, true]);
  await one.end('asked');
  expect(other.outlivesSession).toBe(false);
  expect(fixture.guests.latest.patience).toEqual([]);
  await other.end('asked');
  expect(fixture.guests.latest.patience).toEqual([30_000]);
});

it('who had it under an earlier broker has it still', async () => {
  const { fixture, id } = await setUp();
  const machine = await fixture.masters.open(id, 'ada');
  await fixture.masters.close('leave');
  const next = fixture.startMasters();
  await next.takeUp(machine);
  await next.begin();
  const again = createMasterSupply({ masters: next, permissionsOf: async () => new Set() });
  const lease = await again.resume({ userId: 'ada', desktopId: id }, machine);
  await next.look();
  expect(fixture.guests.latest.patience).toEqual([]);
  await lease?.end('asked');
  expect(fixture.guests.latest.patience).toEqual([30_000]);
  await next.close('leave');
});
