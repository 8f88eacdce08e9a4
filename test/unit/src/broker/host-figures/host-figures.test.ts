import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createHostFigures } from '../../../../../src/broker/host-figures/host-figures.ts';
import { createHostHistory } from '../../../../../src/broker/host-figures/host-history.ts';
import { createMachineRows } from '../../../../../src/broker/host-figures/machine-rows.ts';
import { openStore } from '../../../../../src/broker/store/store.ts';
import type { HostUsage } from '../../../../../src/contract/host.ts';
import type { Machine, MachineSpec } from '../../../../../src/desktops/engine.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { FakeGuest } from '../../../../fakes/fake-guest.ts';
import { storePlace } from '../../../../fakes/store-place.ts';
import { until } from '../../../../fakes/until.ts';
import { hostUsage, machineUsage } from './usages.ts';

const spec: MachineSpec = {
  id: '6f0e9a52-9c3d-4d9c-8a0b-0c7f3f3f7a01',
  image: 'mail',
  engine: 'para',
  memoryMb: 384,
  cpus: 1,
  hostname: 'mail',
  cpuWeight: 100,
  network: { kind: 'none' },
  disk: { kind: 'fresh' },
  clone: false,
  homeMb: 0,
};

async function setUp() {
  const dataDir = mkdtempSync(join(tmpdir(), 'host-figures-'));
  const clock = new FakeClock();
  const store = await openStore(await storePlace(dataDir));
  const { db } = store;
  const host = {
    now: hostUsage(),
    guests: [] as Machine[],
    usage: (): HostUsage => host.now,
    machines: (): readonly Machine[] => host.guests,
  };
  const faults: unknown[] = [];
  const onFault = (error: unknown) => void faults.push(error);
  const figures = createHostFigures({ db, clock, host, onFault });
  onTestFinished(async () => {
    await figures.dispose();
    await store.close();
    rmSync(dataDir, { recursive: true });
    expect(faults).toEqual([]);
  });
  const history = createHostHistory({ db, clock });
  return { clock, db, host, figures, history, rows: createMachineRows({ db, clock }) };
}

it('the host is written down every ten seconds, and when it is asked for', async () => {
  const { clock, host, figures, history } = await setUp();
  expect(await history.usage()).toBeNull();
  clock.pass(10_000);
  await until('it is written', async () => (await history.usage()) !== null);
  expect(await history.usage()).toEqual(host.now);
  host.now = hostUsage({ cpuUtilization: 0.75 });
  await figures.record();
  expect((await history.usage())?.cpuUtilization).toBe(0.75);
});

it('guests are listed with what they use, as long as they are not over', async () => {
  const { host, figures, history, rows, clock } = await setUp();
  const guest = new FakeGuest(spec);
  const owner = { purpose: 'server', belongs_to: spec.id, belongs_to_name: 'Mail' } as const;
  await rows.claim(spec, { ...owner, user_id: null }, { image_id: 'abc', image_version: 3 });
  host.guests.push(guest);
  guest.boot();
  guest.measured = machineUsage({ cpus: 0.5 });
  expect(await history.machines()).toMatchObject([{ state: 'preparing', usage: null }]);
  await figures.record();
  expect(await history.machines()).toEqual([
    {
      id: spec.id,
      purpose: 'server',
      belongsTo: 'Mail',
      user: null,
      engine: 'para',
      state: 'running',
      origin: { kind: 'boot', reason: '' },
      memoryMb: 384,
      cpus: 1,
      startedAt: new Date(clock.now()).toISOString(),
      usage: machineUsage({ cpus: 0.5 }),
    },
  ]);
  await guest.stop('asked');
  await rows.save(guest);
  await figures.record();
  expect(await history.machines()).toEqual([]);
});

it('a minute is averaged over its looks', async () => {
  const { clock, host, history } = await setUp();
  host.now = hostUsage({ cpuUtilization: 0.2, memoryUtilization: 0.4, machines: 2 });
  clock.pass(30_000);
  host.now = hostUsage({ cpuUtilization: 0.6, memoryUtilization: 0.5, machines: 4 });
  clock.pass(30_000);
  await until('the minute is written', async () => (await history.samples(1)).length === 1);
  const [sample] = await history.samples(1);
  expect(sample?.cpuUtilization).toBeCloseTo(0.4, 1);
  expect(sample?.memoryUtilization).toBeCloseTo(0.45, 1);
  expect(sample?.machines).toBe(3);
  clock.pass(60_000);
  await until('the next is written', async () => (await history.samples(1)).length === 2);
  expect((await history.samples(1))[1]?.cpuUtilization).toBeCloseTo(0.6, 5);
});

it('what is older than a month is forgotten', async () => {
  const { clock, db, history } = await setUp();
  const day = 24 * 60 * 60_000;
  for (const age of [32, 30]) {
    const at = clock.now() - age * day;
    const sample = { cpu_utilization: 0.1, memory_utilization: 0.1, machines: age };
    await db
      .insertInto('host_samples')
      .values({ at, ...sample })
      .execute();
  }
  clock.pass(60 * 60_000);
  await until('the oldest is gone', async () => {
    const [oldest] = await history.samples(24 * 40);
    return oldest?.machines === 30;
  });
});
