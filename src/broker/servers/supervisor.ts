import type { Machine } from '../../desktops/engine.ts';
import { doneBy } from '../access/audit-entry.ts';
import { brokerItself } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { ServerControl } from './server-control.ts';
import { ServerLife, type ServerLifeDeps } from './server-life.ts';

/** Sees to it that virtual servers run while they are to. */
export type Supervisor = ServerControl & {
  /** Ids of the machines that an earlier broker ran virtual servers on. */
  claims(): Promise<ReadonlySet<string>>;
  /** Goes on with a machine of an earlier broker; false where it is of no virtual server. */
  takeUp(machine: Machine): Promise<boolean>;
  /** Starts those that are to start with the broker. Once, after all machines were taken up. */
  begin(): Promise<void>;
  /** Goes by what the store says now; the command line writes there too. */
  look(): Promise<void>;
  /** The machine of a virtual server that runs. */
  runningMachine(id: string): Machine | null;
  /** Shuts all down, or leaves them to the next broker. */
  close(how: 'stop' | 'leave'): Promise<void>;
};

type Deps = Omit<ServerLifeDeps, 'onFailed'> & { audit: Pick<AuditLog, 'append'> };

export function createSupervisor(deps: Deps): Supervisor {
  const { rows, machines, files, audit, onFault } = deps;
  const lives = new Map<string, ServerLife>();
  let looking: Promise<void> = Promise.resolve();
  const closing = new AbortController();

  const lifeDeps: ServerLifeDeps = {
    ...deps,
    onFailed: async ({ id, name }, problem, restart) => {
      const detail = { problem: problem.slice(0, 400), restart };
      const target = { kind: 'server', id, name } as const;
      await audit.append(doneBy(brokerItself, 'server.failed', target, detail));
    },
  };

  /** Rows as they are, with the lives that they are of. */
  async function current() {
    await Promise.all([...lives.values()].map((life) => life.settled()));
    const ends = new Map([...lives].map(([id, life]) => [id, life.ends]));
    const found = await rows.all();
    return found.map((row) => {
      const life = lives.get(row.id) ?? new ServerLife(lifeDeps, row);
      lives.set(row.id, life);
      // One that ended while the rows were read has more to say than they have.
      return { row, life, isFresh: (ends.get(row.id) ?? 0) === life.ends };
    });
  }

  async function lookNow(): Promise<void> {
    if (closing.signal.aborted) return;
    const found = await current();
    for (const { row, life, isFresh } of found) if (isFresh) life.follow(row);
    const known = new Set(found.map(({ row }) => row.id));
    for (const id of [...lives.keys()].filter((each) => !known.has(each))) await drop(id);
  }

  function look(): Promise<void> {
    looking = looking.then(lookNow).catch(onFault);
    return looking;
  }

  async function drop(id: string): Promise<void> {
    const life = lives.get(id);
    if (life === undefined) return;
    await life.destroy();
    lives.delete(id);
  }

  return {
    // Also of those that are to stop: they are shut down, not cut off.
    claims: async () => new Set((await rows.all()).flatMap(({ machine_id }) => machine_id ?? [])),

    takeUp: async (machine) => {
      const owner = (await current()).find(({ row }) => row.machine_id === machine.spec.id);
      owner?.life.takeUp(machine);
      return owner !== undefined;
    },

    begin: async () => {
      await files.prepare();
      const running = new Set([...lives.values()].flatMap(({ machine }) => machine?.spec.id ?? []));
      for (const { id } of await machines.of('server')) {
        if (!running.has(id)) await machines.remove(id);
      }
      for (const { row, life } of await current()) {
        if (life.machine !== null) continue;
        const wanted = row.autostart === 1 ? row.wanted : 'stopped';
        await rows.update(row.id, { machine_id: null, state: life.state, wanted });
      }
      await look();
    },

    look,

    wake: async (id) => {
      // A start that was asked for does not wait for the time of the next try.
      if ((await rows.all()).some((row) => row.id === id && row.wanted === 'running')) {
        lives.get(id)?.tryNow();
      }
      await look();
      await lives.get(id)?.settled();
    },

    withDisk: async (id, work) => {
      await look();
      const life = lives.get(id);
      return life === undefined ? work(null) : life.withDisk(work);
    },

    drop: async (id) => {
      // Before it is switched off: nothing starts it again.
      await rows.update(id, { wanted: 'stopped' });
      await drop(id);
    },

    runningMachine: (id) => {
      const life = lives.get(id);
      return life?.state === 'running' ? life.machine : null;
    },

    close: async (how) => {
      closing.abort();
      await looking;
      await Promise.all([...lives.values()].map((life) => life.close(how)));
    },
  };
}
