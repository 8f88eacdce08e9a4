import {
  builtImage,
  emptyImage,
  Fixture,
  networkedClone,
  reaches,
  spec,
} from './desktops-fixture.ts';

/**
 * A host in a process of its own, to be killed: starts as many machines as it is told, and says
 * their ids in a line once they run. Arguments: folder of the fixture, number of machines, and
 * `clone` for clones of the built image with a network.
 */
const [folder = '', count = '1', what] = process.argv.slice(2);
const host = await Fixture.at(folder).host();
if (what === 'clone') {
  await host.prepareTemplate({
    ...{ image: builtImage, engine: 'para', memoryMb: 384, cpus: 1, hasNetwork: true },
  });
}
const machines = Array.from({ length: Number(count) }, () =>
  host.start(what === 'clone' ? networkedClone() : spec(emptyImage)),
);
await Promise.all(machines.map((machine) => reaches(machine, 'running')));
process.stdout.write(`${JSON.stringify(machines.map((machine) => machine.spec.id))}\n`);
// Waits to be killed; an open standard input keeps it.
process.stdin.resume();
