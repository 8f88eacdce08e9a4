import type { Clock } from '../contract/clock.ts';
import type { Permission } from '../contract/permissions.ts';
import type { Host, Machine } from '../desktops/engine.ts';
import type { ImageLibrary } from '../desktops/images/library.ts';
import type { AuditLog } from './audit/audit-log.ts';
import { createDesktops, type Desktops } from './desktops.ts';
import type { DiskFiles } from './disks/disk-files.ts';
import { createGoldenImages, type GoldenImages } from './golden-images/golden-images.ts';
import { markNeededImages } from './golden-images/image-keeper.ts';
import { createMasterSupply } from './golden-images/master-supply.ts';
import { createMasters } from './golden-images/masters.ts';
import { createHostFigures, type HostFigures } from './host-figures/host-figures.ts';
import { createMachineRows } from './host-figures/machine-rows.ts';
import { createPoolMachines } from './pools/pool-machines.ts';
import { createPoolSupply } from './pools/pool-supply.ts';
import { createSpares } from './pools/spares.ts';
import { createTemplateKeeper } from './pools/template-keeper.ts';
import { eachInTurn } from './rounds.ts';
import { createConsoleSupply } from './servers/console-supply.ts';
import { createServerRows } from './servers/server-rows.ts';
import { createServers, type Servers } from './servers/servers.ts';
import { createSnapshots, type Snapshots } from './servers/snapshots.ts';
import { createSupervisor } from './servers/supervisor.ts';
import type { Sessions } from './sessions/sessions.ts';
import type { Database } from './store/store.ts';
import { createTidying } from './tidying.ts';

type Deps = {
  db: Database;
  clock: Clock;
  audit: Pick<AuditLog, 'append'>;
  host: Host;
  images: ImageLibrary;
  files: DiskFiles;
  /** Whether the host has memory to spare. */
  hasRoom(): boolean;
  permissionsOf(userId: string): Promise<ReadonlySet<Permission>>;
  onFault(error: unknown): void;
};

/** Everything that has machines: pools, virtual servers, masters of golden images. */
export type Virtualization = {
  desktops: Desktops;
  servers: Servers;
  snapshots: Snapshots;
  goldenImages: GoldenImages;
  hostFigures: HostFigures;
  /** Takes over what an earlier broker left, each machine by whom it belongs to. Once. */
  takeOver(sessions: Pick<Sessions, 'claims' | 'restore'>): Promise<void>;
  /** Goes by what the store says now: the command line writes there too. */
  look(): Promise<void>;
  /** Gives up what nobody uses yet; says how many desktops that were. */
  shed(): number;
  /** Brings everything that sessions do not own to rest, or leaves it to the next broker. */
  close(how: 'stop' | 'leave'): Promise<void>;
};

export function createVirtualization(deps: Deps): Virtualization {
  const { db, clock, host, images, hasRoom, onFault, permissionsOf } = deps;
  const machines = createMachineRows({ db, clock });
  const shared = { ...deps, machines, library: images };
  const poolMachines = createPoolMachines(shared);
  const templates = createTemplateKeeper({ db, clock, host, poolMachines, onFault });
  const spares = createSpares({ ...shared, poolMachines, templates, hasRoom });
  const rows = createServerRows({ db });
  const supervisor = createSupervisor({ ...shared, rows });
  const masters = createMasters(shared);
  const tidying = createTidying(deps);
  const owners = [supervisor, masters, spares];
  const desktops = createDesktops({
    db,
    supplies: [
      createPoolSupply({ ...shared, poolMachines, spares }),
      createConsoleSupply({ rows, supervisor, permissionsOf }),
      createMasterSupply({ masters, permissionsOf }),
    ],
  });

  async function claimsOfAll(sessions: Pick<Sessions, 'claims'>): Promise<ReadonlySet<string>> {
    const claims = await Promise.all([sessions, ...owners].map((owner) => owner.claims()));
    return new Set(claims.flatMap((ids) => [...ids]));
  }

  async function isTakenUp(machine: Machine): Promise<boolean> {
    for (const owner of owners) if (await owner.takeUp(machine)) return true;
    return false;
  }

  return {
    desktops,
    servers: createServers({ ...shared, control: supervisor }),
    snapshots: createSnapshots({ ...shared, control: supervisor }),
    goldenImages: createGoldenImages({
      ...shared,
      control: masters,
      onVersionRemoved: tidying.pruneTemplates,
    }),
    hostFigures: createHostFigures({ db, clock, host, onFault }),

    takeOver: async (sessions) => {
      const { adopted } = await host.adopt(await claimsOfAll(sessions));
      const owned: string[] = [];
      for (const machine of adopted) if (await isTakenUp(machine)) owned.push(machine.spec.id);
      const kept = new Set([...owned, ...(await sessions.restore(adopted))]);
      // One that was claimed, and that nobody knows any more, would run for ever.
      const nobodys = adopted.filter(({ spec }) => !kept.has(spec.id));
      await Promise.all(nobodys.map((machine) => machine.stop('asked')));
      await machines.forgetAllBut(kept);
      await masters.begin();
      await supervisor.begin();
      tidying.begin();
    },

    look: async () => {
      const parts = [
        () => supervisor.look(),
        () => masters.look(),
        () => markNeededImages({ db, library: images }),
      ];
      await eachInTurn(parts, onFault);
      // Not waited for: a template takes as long as a boot, and spares are made meanwhile.
      void templates.look().then(() => spares.look());
      await spares.look();
    },

    shed: () => spares.shed(),

    close: async (how) => {
      await tidying.dispose();
      await spares.close();
      await Promise.all([supervisor.close(how), masters.close(how)]);
      await poolMachines.settled();
    },
  };
}
