import { randomUUID } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { Disposable } from '../../contract/disposable.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Host, Machine, MachineSpec } from '../../desktops/engine.ts';
import type { ImageLibrary } from '../../desktops/images/library.ts';
import { isOver } from '../../desktops/machine-state.ts';
import { conflict } from '../conflict.ts';
import type { DiskFiles } from '../disks/disk-files.ts';
import type { MachineRows } from '../host-figures/machine-rows.ts';
import { shutDownPatienceMs } from '../shut-down-patience.ts';
import type { MasterTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';
import type { MasterControl } from './master-control.ts';

export type MasterRow = Selectable<MasterTable>;

/** The guests that golden images are changed in. */
export type Masters = MasterControl & {
  /** Ids of the machines that an earlier broker ran masters on. */
  claims(): Promise<ReadonlySet<string>>;
  /** Goes on with a machine of an earlier broker; false where it is of no master. */
  takeUp(machine: Machine): Promise<boolean>;
  /** Forgets those that are gone. Once, after all machines were taken up. */
  begin(): Promise<void>;
  list(): Promise<MasterRow[]>;
  find(id: string): Promise<MasterRow | null>;
  /** @throws image-unknown, image-damaged */
  engineOf(master: MasterRow): Promise<'full' | 'para'>;
  /**
   * The machine of a master, started if there is none, until all who have it give it back. `userId` is
   * who asked.
   * @throws not-found, image-unknown, image-damaged, host-full; change-conflict while it is published
   */
  open(id: string, userId: string): Promise<Machine>;
  /** Whether more than one has it. */
  isShared(id: string): boolean;
  /** Somebody who had it under an earlier broker has it still. */
  resume(id: string): void;
  /** The last one who does has it shut down; what was done to it stays. */
  giveBack(id: string): Promise<void>;
  /** Shuts down what an earlier broker left and nobody has any more. */
  look(): Promise<void>;
  /** Shuts all down, or leaves them to the next broker. */
  close(how: 'stop' | 'leave'): Promise<void>;
};

type Deps = {
  db: Database;
  host: Pick<Host, 'start'>;
  images: Pick<ImageLibrary, 'find'>;
  machines: MachineRows;
  files: DiskFiles;
  onFault(error: unknown): void;
};

/** Enough to install programs in; a master runs alone. MiB. */
const memoryMb = 768;

export function createMasters(deps: Deps): Masters {
  const { db, host, images, machines, files, onFault } = deps;
  const running = new Map<string, Machine>();
  const following = new Map<string, Disposable>();
  /** How many sessions have each. */
  const holders = new Map<string, number>();
  /** Those that are being started, and those whose disk is being read. */
  const busy = new Map<string, Promise<Machine> | 'disk'>();
  /** Those that are being shut down. */
  const leaving = new Map<string, Promise<void>>();
  let written: Promise<void> = Promise.resolve();
  let closing = false;

  function follow(id: string, machine: Machine): void {
    running.set(id, machine);
    const save = () => {
      written = written.then(() => machines.save(machine)).catch(onFault);
      if (!isOver(machine.state)) return;
      following.get(id)?.dispose();
      following.delete(id);
      running.delete(id);
    };
    following.set(id, machine.onChange(save));
    save();
  }

  async function find(id: string): Promise<MasterRow | null> {
    const row = await db.selectFrom('masters').selectAll().where('id', '=', id).executeTakeFirst();
    return row ?? null;
  }

  async function start(id: string, userId: string): Promise<Machine> {
    const row = await find(id);
    if (row === null) throw new CodedError('not-found', { detail: 'master' });
    const spec = await specOf(row);
    await files.prepare();
    const held = files.hold(id);
    try {
      return await startHeld(row, spec, userId);
    } finally {
      held.dispose();
    }
  }

  /** While nothing else has its disk: the command line works on disks too. */
  async function startHeld(row: MasterRow, spec: MachineSpec, userId: string): Promise<Machine> {
    const { id, image, image_id, image_version } = row;
    const owner = { purpose: 'master', belongs_to: id, belongs_to_name: image } as const;
    await machines.claim(spec, { ...owner, user_id: userId }, { image_id, image_version });
    try {
      if (closing) throw new CodedError('host-full', { detail: 'the broker is about to stop' });
      const machine = host.start(spec);
      follow(id, machine);
      return machine;
    } catch (error) {
      await machines.remove(spec.id);
      throw error;
    }
  }

  /** A disk that somebody brought may know nothing of virtio. */
  async function engineOf({ image_id }: MasterRow): Promise<'full' | 'para'> {
    const { manifest } = await images.find(image_id);
    return manifest.boot.kind === 'kernel' ? 'para' : 'full';
  }

  async function specOf(row: MasterRow): Promise<MachineSpec> {
    return {
      id: randomUUID(),
      image: row.image_id,
      engine: await engineOf(row),
      memoryMb,
      cpus: 1,
      hostname: 'master',
      cpuWeight: 100,
      network: { kind: 'none' },
      disk: { kind: 'kept', path: files.disk(row.id) },
      clone: false,
      homeMb: 0,
    };
  }

  function hold(id: string, change: 1 | -1): void {
    const count = (holders.get(id) ?? 0) + change;
    if (count > 0) holders.set(id, count);
    else holders.delete(id);
  }

  async function machineOf(id: string, userId: string): Promise<Machine> {
    assertDiskFree(id);
    // Who comes while it shuts down has the next one.
    for (let over = leaving.get(id); over !== undefined; over = leaving.get(id)) await over;
    assertDiskFree(id);
    const machine = running.get(id);
    if (machine !== undefined) return machine;
    const begun = busy.get(id);
    if (begun !== undefined && begun !== 'disk') return begun;
    const starting = start(id, userId).finally(() => busy.delete(id));
    busy.set(id, starting);
    return starting;
  }

  function assertDiskFree(id: string): void {
    if (busy.get(id) === 'disk') throw conflict('it is being published or discarded');
  }

  function shutDown(id: string): Promise<void> {
    const already = leaving.get(id);
    if (already !== undefined) return already;
    const over = shutDownNow(id).finally(() => leaving.delete(id));
    leaving.set(id, over);
    return over;
  }

  async function shutDownNow(id: string): Promise<void> {
    await running.get(id)?.shutDown(shutDownPatienceMs).catch(onFault);
    await written;
  }

  /** Nothing opens it from now on. */
  async function takeDisk(id: string): Promise<void> {
    for (let begun = busy.get(id); begun !== undefined; begun = busy.get(id)) {
      if (begun === 'disk') throw conflict('it is being published or discarded already');
      await begun.catch(() => null);
    }
    busy.set(id, 'disk');
  }

  async function workOnDisk<T>(id: string, work: () => Promise<T>): Promise<T> {
    await shutDown(id);
    if (running.has(id)) throw conflict('it could not be shut down');
    await files.prepare();
    const held = files.hold(id);
    try {
      return await work();
    } finally {
      held.dispose();
    }
  }

  return {
    claims: async () => new Set((await machines.of('master')).map((row) => row.id)),

    takeUp: async (machine) => {
      const row = (await machines.of('master')).find(({ id }) => id === machine.spec.id);
      if (row !== undefined) follow(row.belongs_to, machine);
      return row !== undefined;
    },

    begin: async () => {
      const alive = new Set([...running.values()].map(({ spec }) => spec.id));
      for (const { id } of await machines.of('master')) {
        if (!alive.has(id)) await machines.remove(id);
      }
    },

    list: () => db.selectFrom('masters').selectAll().orderBy('image').execute(),
    find,

    engineOf,

    open: async (id, userId) => {
      hold(id, 1);
      try {
        return await machineOf(id, userId);
      } catch (error) {
        hold(id, -1);
        throw error;
      }
    },

    isShared: (id) => (holders.get(id) ?? 0) > 1,

    resume: (id) => hold(id, 1),

    giveBack: async (id) => {
      hold(id, -1);
      if (!holders.has(id)) await shutDown(id);
    },

    look: async () => {
      await Promise.all([...running.keys()].filter((id) => !holders.has(id)).map(shutDown));
    },

    withDisk: async (id, work) => {
      await takeDisk(id);
      try {
        return await workOnDisk(id, work);
      } finally {
        busy.delete(id);
      }
    },

    close: async (how) => {
      closing = true;
      if (how === 'stop') await Promise.all([...running.keys()].map((id) => shutDown(id)));
      await written;
      for (const subscription of following.values()) subscription.dispose();
    },
  };
}
