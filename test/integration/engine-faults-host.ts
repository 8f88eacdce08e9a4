import { Fixture, spec } from './desktops-fixture.ts';

/**
 * A host in a process of its own, to be killed while its machines come to life: starts as many as it
 * is told at once, and says so in a line. Arguments: folder of the fixture, image, number of machines.
 */
const [folder = '', image = '', count = '1'] = process.argv.slice(2);
const host = await Fixture.at(folder).host();
for (let started = 0; started < Number(count); started += 1) host.start(spec(image));
process.stdout.write('begun\n');
// Waits to be killed; an open standard input keeps it.
process.stdin.resume();
