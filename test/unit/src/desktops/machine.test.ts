import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../../../src/contract/clock.ts';
import { CodedError } from '../../../../src/contract/errors.ts';
import type { Driver, Guest, GuestEvent } from '../../../../src/desktops/driver.ts';
import type { MachineSpec } from '../../../../src/desktops/engine.ts';
import { GuestMachine } from '../../../../src/desktops/machine.ts';
import { machinePaths } from '../../../../src/desktops/qemu/machine-paths.ts';
import { QmpError } from '../../../../src/desktops/qemu/qmp-error.ts';
import { lifeTurns } from '../../../../src/desktops/turns.ts';
import { machineSpec } from './machine-spec.ts';
import { scratchFolder } from './scratch.ts';
import { silentLog } from './silent-log.ts';

it('one that cannot be woken sleeps on, and holds nothing but what was saved', async () => {
  const { machine, script, kinds, admitted, paths } = await running();
  await machine.suspend();
  expect(admitted.size).toBe(0);
  script.wake = async () => {
    throw new CodedError('image-unknown');
  };
  await expect(machine.wake()).rejects.toMatchObject({ code: 'image-unknown' });
  expect(machine.state).toMatchObject({ kind: 'suspended', problem: { code: 'image-unknown' } });
  expect(admitted.size).toBe(0);
  await access(paths.savedState);
  await expect(access(paths.sockets)).rejects.toThrow('ENOENT');

  script.wake = async () => undefined;
  await machine.wake();
  expect(machine.state).toEqual({ kind: 'running' });
  expect(kinds.slice(-5)).toEqual(['starting', 'suspended', 'starting', 'restoring', 'running']);
  await machine.stop('asked');
});

it('one whose process is lost while it wakes sleeps on, and says why it was lost', async () => {
  const { machine, script, guests, paths } = await running();
  await machine.suspend();
  script.restore = async () => {
    guests.at(-1)?.lose('out of luck');
    throw new QmpError('closed', 'the connection was closed');
  };
  const lost = { code: 'guest-failed', detail: 'out of luck' };
  await expect(Promise.all([machine.wake(), machine.wake()])).rejects.toMatchObject(lost);
  expect(machine.state).toMatchObject({ kind: 'suspended', problem: lost });
  expect(guests.at(-1)?.calls).toEqual(['end']);
  await access(paths.savedState);
  await machine.stop('asked');
  await expect(access(paths.savedState)).rejects.toThrow('ENOENT');
});

it('one that executed already when its waking failed has failed', async () => {
  const { machine, script, guests, admitted, paths } = await running();
  await machine.suspend();
  script.restore = async () => {
    await rm(paths.savedState);
    throw new CodedError('disk-full');
  };
  await expect(machine.wake()).rejects.toMatchObject({ code: 'disk-full' });
  expect(machine.state).toMatchObject({ kind: 'failed', problem: { code: 'disk-full' } });
  expect(guests.at(-1)?.calls).toEqual(['end']);
  expect(admitted.size).toBe(0);
});

it('one that is stopped while its waking fails is stopped', async () => {
  const { machine, script } = await running();
  await machine.suspend();
  let stopped: Promise<void> | null = null;
  script.wake = async () => {
    stopped = machine.stop('expired');
    throw new CodedError('image-unknown');
  };
  await expect(machine.wake()).rejects.toMatchObject({ code: 'guest-failed' });
  await stopped;
  expect(machine.state).toEqual({ kind: 'stopped', reason: 'expired' });
});

it('one with a kept disk is asked to end, also while it falls asleep, sleeps or wakes', async () => {
  const path = join(await scratchFolder(), 'kept');
  for (const moment of ['falls asleep', 'sleeps', 'wakes', 'falls asleep and wakes'] as const) {
    const { machine, guests } = await running({ disk: { kind: 'kept', path } });
    const asleep = machine.suspend();
    if (moment === 'sleeps' || moment === 'wakes') await asleep;
    if (moment.endsWith('wakes')) void machine.wake();
    await machine.shutDown(10);
    expect(guests.map(({ calls }) => calls)).toEqual([
      ['save', 'end'],
      ['powerDown', 'end'],
    ]);
    expect(machine.state).toEqual({ kind: 'stopped', reason: 'asked' });
  }
});

it('one with a fresh disk ends from its sleep', async () => {
  const { machine, guests } = await running();
  await machine.suspend();
  await machine.shutDown(10);
  expect(guests).toHaveLength(1);
});

it('one whose disk is full is held, says so, and goes on when there is room', async () => {
  const { machine, guests } = await running();
  const guest = guests.at(-1) ?? expect.unreachable();
  guest.tell({ kind: 'disk-fault', noSpace: true, reason: 'No space left on device' });
  expect(machine.state).toMatchObject({ kind: 'running', problem: { code: 'disk-full' } });
  expect(guest.calls).toEqual(['waitForRoom']);
  guest.tell({ kind: 'disk-has-room' });
  expect(machine.state).toEqual({ kind: 'running' });
  await machine.stop('asked');
});

it('one whose disk is damaged runs on, and says so', async () => {
  const { machine, guests } = await running();
  const guest = guests.at(-1) ?? expect.unreachable();
  guest.tell({ kind: 'disk-fault', noSpace: false, reason: 'Input/output error' });
  const problem = { code: 'disk-damaged', detail: 'Input/output error' };
  expect(machine.state).toMatchObject({ kind: 'running', problem });
  expect(guest.calls).toEqual([]);
  await machine.stop('asked');
});

it('one whose disk fails while it is saved is not lost', async () => {
  const { machine, guests } = await running();
  const guest = guests.at(-1) ?? expect.unreachable();
  const asleep = machine.suspend();
  guest.tell({ kind: 'disk-fault', noSpace: true, reason: 'No space left on device' });
  expect(machine.state).toMatchObject({ kind: 'suspending', problem: { code: 'disk-full' } });
  await asleep;
  expect(machine.state).toEqual({ kind: 'suspended' });
  await machine.stop('asked');
});

it.each([
  [true, 'disk-full'],
  [false, 'disk-damaged'],
] as const)('one that has not begun fails with its disk (no space: %s)', async (noSpace, code) => {
  const { machine, script, guests, paths } = await running();
  await machine.suspend();
  script.restore = async () => {
    await rm(paths.savedState);
    guests.at(-1)?.tell({ kind: 'disk-fault', noSpace, reason: 'failed' });
  };
  await expect(machine.wake()).rejects.toMatchObject({ code });
});

/** A guest without a process, which notes what it is asked for. */
class NotingGuest implements Guest {
  readonly calls: string[] = [];
  readonly identity = { pid: 1, startTime: 1 };
  readonly snapshotDisk = async () => undefined;
  readonly balloon = async () => undefined;
  readonly dispose = () => undefined;
  readonly lost: Promise<string>;
  readonly lose: (why: string) => void;
  /** Lets it say that something happened. */
  tell: (event: GuestEvent) => void = () => expect.unreachable('nobody has control');

  constructor() {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.lost = promise;
    this.lose = resolve;
  }

  async takeControl(_: object, onEvent: (event: GuestEvent) => void): Promise<void> {
    this.tell = onEvent;
  }
  waitForRoom(): void {
    this.calls.push('waitForRoom');
  }
  async picture(): Promise<Buffer> {
    // Not of one colour: that is what is waited for.
    return Buffer.concat([Buffer.from('P6\n2 1\n255\n'), Buffer.from([0, 0, 0, 255, 255, 255])]);
  }
  async save(file: string): Promise<void> {
    this.calls.push('save');
    await writeFile(file, 'saved');
  }
  async powerDown(): Promise<void> {
    this.calls.push('powerDown');
  }
  async end(): Promise<void> {
    this.calls.push('end');
    this.lose('it was ended');
  }
}

/** A machine at work, whose driver does what the script says when it is woken. */
async function running(changes: Partial<MachineSpec> = {}) {
  const folder = await scratchFolder();
  const folders = { dataDir: folder, runtimeDir: join(folder, 'run') };
  const spec = machineSpec(changes);
  const paths = machinePaths(folders, spec.id);
  const guests: NotingGuest[] = [];
  const admitted = new Set<string>();
  const script = { wake: async () => undefined, restore: () => rm(paths.savedState) };
  const spawn = async () => {
    const guest = new NotingGuest();
    guests.push(guest);
    return guest;
  };
  const begun = { origin: { kind: 'boot', reason: '' }, ready: 'first-frame', spawn } as const;
  const driver: Driver = {
    accelerator: 'tcg',
    begin: async () => ({ ...begun, restore: null }),
    wake: async () => {
      await script.wake();
      return { ...begun, restore: () => script.restore() };
    },
    found: () => expect.unreachable(),
  };
  const machine = GuestMachine.start(spec, {
    ...{ ...folders, driver, clock: systemClock, log: silentLog },
    ...{ bootTimeoutMs: 5_000, turns: lifeTurns(1) },
    accountant: {
      admit: ({ id }) => void admitted.add(id),
      release: (id) => void admitted.delete(id),
      watch: () => undefined,
      unwatch: () => undefined,
      usageOf: () => null,
      host: () => expect.unreachable(),
      look: async () => undefined,
      dispose: async () => undefined,
    },
    limits: {
      how: { cpu: 'none', memory: 'none', processes: 'none' },
      apply: async () => undefined,
      release: async () => undefined,
    },
    networks: {
      open: async () => null,
      trafficOf: () => expect.unreachable(),
      close: async () => undefined,
      dispose: async () => undefined,
    },
    confinement: { wrap: () => expect.unreachable(), release: async () => undefined },
  });
  const kinds: string[] = [];
  machine.onChange(({ kind }) => kinds.push(kind));
  await expect.poll(() => machine.state.kind, { interval: 5 }).toBe('running');
  return { machine, script, kinds, guests, admitted, paths };
}
