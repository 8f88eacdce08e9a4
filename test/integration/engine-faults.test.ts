import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/contract/clock.ts';
import { defaultAdmissionPolicy } from '../../src/desktops/accounting/admission-policy.ts';
import { createAccountant, figuresHere } from '../../src/desktops/accounting/create-accountant.ts';
import type { Host, Machine } from '../../src/desktops/engine.ts';
import { isOver } from '../../src/desktops/machine-state.ts';
import { procTable } from '../../src/desktops/process-table.ts';
import { silentLog } from '../unit/src/desktops/silent-log.ts';
import { builtImage, emptyImage, Fixture, reaches, spec } from './desktops-fixture.ts';
import { heldBelow, nothing, openDescriptors } from './holdings.ts';

const doomedHost = fileURLToPath(new URL('engine-faults-host.ts', import.meta.url));

describe('what a fault leaves of machines', () => {
  let fixture: Fixture;
  let host: Host;

  beforeEach(async () => {
    fixture = await Fixture.make();
    host = await fixture.host();
  });

  afterEach(async () => {
    await host.dispose();
    await fixture.dispose();
  });

  it('is nothing when one is stopped, however young it is', async () => {
    const ids: string[] = [];
    for (let delayMs = 0; delayMs < 160; delayMs += 8) {
      const machine = host.start(spec(emptyImage));
      ids.push(machine.spec.id);
      await pause(delayMs);
      await machine.stop('asked');
      expect(machine.state).toEqual({ kind: 'stopped', reason: 'asked' });
    }
    expect(await heldBelow(fixture.folder, ids)).toEqual(nothing);
  });

  it.each(['starting', 'booting', 'running'] as const)(
    'is nothing when its outermost process is killed while it is %s',
    async (kind) => {
      const machine = host.start(spec(emptyImage));
      const { id } = machine.spec;
      await reaches(machine, kind);
      await expect.poll(() => outermostOf(id), { timeout: 10_000 }).not.toBeNull();
      process.kill((await outermostOf(id)) ?? expect.unreachable(), 'SIGKILL');
      const { problem } = await reaches(machine, 'failed');
      expect(problem).toMatchObject({ code: 'guest-failed' });
      expect(problem.remedy).not.toBe('');
      expect(await heldBelow(fixture.folder, [id])).toEqual(nothing);
    },
  );

  it.each([
    ['garbage', Buffer.alloc(200_000, 'garbage ')],
    ['cut off', Buffer.from('QFI\xfb\0\0\0\x03', 'latin1')],
    ['empty', Buffer.alloc(0)],
  ])('is its own disk, as it was, when that is %s', async (_, content) => {
    const path = join(fixture.folder, 'kept.qcow2');
    await writeFile(path, content);
    const machine = host.start({ ...spec(emptyImage), disk: { kind: 'kept', path } });
    const { problem } = await reaches(machine, 'failed');
    expect(problem).toMatchObject({
      code: 'guest-failed',
      detail: expect.stringContaining('qcow2'),
    });
    expect(await readFile(path)).toEqual(content);
    expect(await heldBelow(fixture.folder, [machine.spec.id])).toEqual(nothing);
  });
});

describe('a broker that is killed', () => {
  it.each([30, 120, 250, 500, 1500])(
    'after %i ms of five starts at once, leaves nothing that the next one does not free',
    async (delayMs) => {
      const fixture = await Fixture.make();
      const child = spawn(process.execPath, [doomedHost, fixture.folder, emptyImage, '5'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      await pause(delayMs);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const ids = await readdir(join(fixture.dataDir, 'machines'));
      const host = await fixture.host();
      await host.adopt(new Set());
      // A tool that it had started for a moment may outlive it for that moment.
      await expect.poll(() => heldBelow(fixture.folder, ids), { timeout: 10_000 }).toEqual(nothing);
      await host.dispose();
      await fixture.dispose();
    },
  );
});

const starts = 50;

describe(`${starts} starts at once`, () => {
  let fixture: Fixture;
  let host: Host;

  afterEach(async () => {
    await host.dispose();
    await fixture.dispose();
  });

  it('of clones: all run, and nothing is left of them', { timeout: 300_000 }, async () => {
    fixture = await Fixture.make();
    host = await fixture.host();
    const kind = { image: builtImage, engine: 'para', memoryMb: 384, cpus: 1 } as const;
    const template = await host.prepareTemplate({ ...kind, hasNetwork: false });
    expect(template).toMatchObject({ kind: 'ready' });
    const descriptors = await openDescriptors();
    const machines = Array.from({ length: starts }, () => {
      return host.start({ ...spec(builtImage), clone: true });
    });
    await Promise.all(machines.map(settled));
    expect(machines.map(({ state }) => state)).toEqual(machines.map(() => ({ kind: 'running' })));
    expect(machines.map(({ origin }) => origin?.kind)).toEqual(machines.map(() => 'clone'));
    await Promise.all(machines.map((machine) => machine.stop('asked')));
    expect(await heldBelow(fixture.folder, idsOf(machines))).toEqual(nothing);
    await expect.poll(openDescriptors).toBeLessThanOrEqual(descriptors);
  });

  it('on a host that has room for some: the others are told what is short', async () => {
    fixture = await Fixture.make();
    const accountant = await createAccountant({
      figures: figuresHere(fixture.folder, () => ({ receivedBytes: 0, sentBytes: 0 })),
      policy: { ...defaultAdmissionPolicy, overcommit: { memory: 4, cpu: 4 } },
      ...{ accelerator: 'tcg', clock: systemClock, log: silentLog },
      limits: { cpu: '', memory: '', processes: '' },
    });
    host = await fixture.host({ accountant });
    const { machines, refused } = startMany(host);
    expect(machines.length).toBeGreaterThan(0);
    expect(refused.length).toBe(starts - machines.length);
    for (const error of refused) {
      expect(error).toMatchObject({
        code: 'host-full',
        detail: expect.stringMatching(/processor/i),
      });
    }
    await Promise.all(machines.map(settled));
    expect(machines.map(({ state }) => state)).toEqual(machines.map(() => ({ kind: 'running' })));
    await Promise.all(machines.map((machine) => machine.stop('asked')));
    expect(await heldBelow(fixture.folder, idsOf(machines))).toEqual(nothing);
    // What was taken is given back.
    await host.start(spec(emptyImage)).stop('asked');
    await accountant.dispose();
  });
});

function startMany(host: Host): { machines: Machine[]; refused: unknown[] } {
  const machines: Machine[] = [];
  const refused: unknown[] = [];
  for (let count = 0; count < starts; count += 1) {
    try {
      machines.push(host.start(spec(emptyImage)));
    } catch (error) {
      refused.push(error);
    }
  }
  return { machines, refused };
}

function idsOf(machines: readonly Machine[]): string[] {
  return machines.map((machine) => machine.spec.id);
}

/** Resolves when a machine runs, or is over. */
function settled(machine: Machine): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (machine.state.kind === 'running' || isOver(machine.state)) resolve();
    };
    machine.onChange(look);
    look();
  });
}

/** The process that all others of a machine descend from. */
async function outermostOf(id: string): Promise<number | null> {
  const ours = (await procTable().all()).filter(({ argv }) => argv.some((arg) => arg.includes(id)));
  const [first] = ours.toSorted((a, b) => a.startTime - b.startTime || a.pid - b.pid);
  return first?.pid ?? null;
}
