import { expect, it } from 'vitest';
import { createConsoleSupply } from '../../../../../src/broker/servers/console-supply.ts';
import { createServerRows } from '../../../../../src/broker/servers/server-rows.ts';
import type { Permission } from '../../../../../src/contract/permissions.ts';
import { usualSessionPolicy } from '../../../../../src/contract/session-policy.ts';
import { startServers } from './server-fixture.ts';

async function setUp() {
  const fixture = await startServers();
  const { id } = await fixture.add({ name: 'Mail' });
  const guest = await fixture.guest(1);
  const held = new Map<string, Permission[]>([['ada', ['servers.console']]]);
  const supply = createConsoleSupply({
    rows: createServerRows(fixture),
    supervisor: fixture.supervisor,
    permissionsOf: async (userId) => new Set(held.get(userId)),
  });
  return { fixture, id, guest, supply, held };
}

it('the console of a server is offered while it runs, to whoever may open it', async () => {
  const { fixture, id, guest, supply, held } = await setUp();
  expect(await supply.listOf('ada')).toEqual([]);
  guest.boot();
  await fixture.reaches(id, 'running');
  const offer = {
    id,
    name: 'Mail (console)',
    description: '',
    engine: 'para',
    image: 'mail',
    policy: usualSessionPolicy,
  };
  expect(await supply.listOf('ada')).toEqual([offer]);
  expect(await supply.find({ userId: 'ada', desktopId: id })).toEqual(offer);
  expect(await supply.listOf('ben')).toEqual([]);
  expect(await supply.find({ userId: 'ben', desktopId: id })).toBeNull();
  held.delete('ada');
  expect(await supply.find({ userId: 'ada', desktopId: id })).toBeNull();
});

it('the server runs on when its console is closed', async () => {
  const { fixture, id, guest, supply } = await setUp();
  const wish = { userId: 'ada', desktopId: id };
  await expect(supply.lease(wish)).rejects.toMatchObject({ code: 'change-conflict' });
  guest.boot();
  await fixture.reaches(id, 'running');
  const lease = await supply.lease(wish);
  expect(lease).toMatchObject({ machine: guest, outlivesSession: true });
  await lease.end('asked');
  const resumed = await supply.resume(wish, guest);
  expect(resumed).toMatchObject({ machine: guest });
  await resumed?.end('expired');
  expect(guest.state.kind).toBe('running');
});
