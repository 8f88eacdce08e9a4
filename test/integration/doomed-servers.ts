import { commandLine } from '../../src/broker/audit/actor.ts';
import { newServerSchema } from '../../src/contract/server.ts';
import { until } from '../fakes/until.ts';
import { emptyImage, Fixture } from './desktops-fixture.ts';
import { KeptGuests } from './kept-guests-fixture.ts';

/**
 * What runs virtual servers in a process of its own, to be killed: starts one, and says its id and
 * that of its machine once it runs. Argument: folder of the fixture.
 */
const guests = await KeptGuests.at(Fixture.at(process.argv[2] ?? ''));
const { servers } = guests.virtualization;
const order = newServerSchema.parse({ name: 'Doomed', image: emptyImage, memoryMb: 64 });
const { id } = await servers.create(order, commandLine);
await until('it runs', async () => (await servers.find(id)).state === 'running', 60_000);
const [machine] = guests.host.machines();
process.stdout.write(`${JSON.stringify({ id, machineId: machine?.spec.id })}\n`);
// Waits to be killed; an open standard input keeps it.
process.stdin.resume();
