import { emptyImage, Fixture, reaches, spec } from './desktops-fixture.ts';

/**
 * A host in a process of its own, to be killed: starts as many machines as it is told, and says
 * their ids in a line once they run. Arguments: folder of the fixture, number of machines.
 */
const [folder = '', count = '1'] = process.argv.slice(2);
const host = await Fixture.at(folder).host();
const machines = Array.from({ length: Number(count) }, () => host.start(spec(emptyImage)));
await Promise.all(machines.map((machine) => reaches(machine, 'running')));
process.stdout.write(`${JSON.stringify(machines.map((machine) => machine.spec.id))}\n`);
// Waits to be killed; an open standard input keeps it.
process.stdin.resume();
