import { expect, it } from 'vitest';
import { createHeldDisks } from '../../../../../src/broker/pools/held-disks.ts';
import { FakeMachine } from '../../../../fakes/fake-host.ts';

function machine(path: string): FakeMachine {
  return new FakeMachine(
    {
      id: 'id',
      image: 'porthole',
      engine: 'para',
      memoryMb: 256,
      cpus: 1,
      hostname: 'desktop',
      cpuWeight: 100,
      network: { kind: 'none' },
      disk: { kind: 'kept', path },
      clone: false,
      homeMb: 0,
    },
    null,
  );
}

it('a disk is free again when the machine that has it is over', async () => {
  const disks = createHeldDisks();
  const first = machine('/disks/a');
  first.slowToStop = true;
  first.boot();
  disks.hold(first);
  await disks.free('/disks/b');
  let isFree = false;
  const free = disks.free('/disks/a').then(() => {
    isFree = true;
  });
  await first.stop('asked');
  expect(first.state.kind).toBe('stopping');
  await Promise.resolve();
  expect(isFree).toBe(false);
  first.ended();
  await free;
  await disks.free('/disks/a');
});

it('a machine that was over before it was seen holds nothing', async () => {
  const disks = createHeldDisks();
  const gone = machine('/disks/a');
  gone.ended();
  disks.hold(gone);
  await disks.free('/disks/a');
});
