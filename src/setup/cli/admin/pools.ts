import { Command, Option } from 'commander';
import { engineSchema } from '../../../contract/desktop.ts';
import { CodedError } from '../../../contract/errors.ts';
import type { KeptDisk, Pool } from '../../../contract/pool.ts';
import { tableText } from '../table.ts';
import type { AdminContext } from './admin-context.ts';
import { freedText } from './freed.ts';
import { collect, networkOf, wholeNumber } from './options.ts';
import { requireImage } from './required-image.ts';
import { type PolicyOptions, policyOf, withPolicyOptions } from './session-policy.ts';
import { mebibytes } from './sizes.ts';

type PoolOptions = {
  name?: string;
  description?: string;
  image?: string;
  engine?: string;
  memory?: number;
  cpus?: number;
  cpuWeight?: number;
  persistent?: boolean;
  spares?: number;
  clones?: boolean;
  suspendAfter?: number | false;
  home?: number;
  /** False for none. */
  allow?: string[] | false;
} & PolicyOptions;

type NewPoolOptions = PoolOptions & { image: string; user: string[]; group: string[] };

export function poolCommand(context: AdminContext): Command {
  const { withAdmin, stdout } = context;
  const pool = new Command('pool').description('Pools of desktops that users may open.');
  withPoolOptions(
    pool
      .command('add <name>')
      .description('Adds a pool. Unless it is persistent, each session is a fresh desktop.')
      .requiredOption('--image <name>', imageHelp),
  )
    .option('--group <name>', 'a group whose members may open it; may be repeated', collect, [])
    .option('--user <name>', 'who may open it besides; may be repeated', collect, [])
    .addHelpText(
      'after',
      '\nUsers who are named one by one get a group of their own, named after the pool.',
    )
    .action(async (name: string, { user: users, group: groups, ...options }: NewPoolOptions) => {
      await requireImage(context.cacheDir(), options.image);
      const fields = fieldsOf(options);
      const order = { ...fields, name, image: options.image, users, groups };
      const { id } = await withAdmin((admin) => admin.addPool(order));
      stdout.write(`${id}\n`);
    });
  withPoolOptions(
    pool
      .command('change <pool>')
      .description(
        'Changes a pool (its id or its name); sessions that run stay as they are, spares are replaced.',
      )
      .option('--name <name>', 'its new name')
      .option('--image <name>', imageHelp),
  )
    // After what they negate: before it, the option that is not given would be true.
    .option('--no-persistent', 'every session is a fresh desktop')
    .option('--no-suspend-after', 'desktops are never suspended')
    .option('--no-allow', 'no network')
    .option('--no-idle-lock', 'terminals are never locked for want of input')
    .action(async (name: string, options: PoolOptions) => {
      if (options.image !== undefined) await requireImage(context.cacheDir(), options.image);
      await withAdmin((admin) => admin.changePool({ pool: name, ...fieldsOf(options) }));
    });
  pool
    .command('remove <pool>')
    .description('Removes a pool (its id or its name); its sessions stay in the list.')
    .option('--end-sessions', 'also while sessions run in it, which end')
    .option('--destroy-disks', 'also where it keeps disks of users, which are destroyed')
    .action(async (name: string, how: { endSessions?: boolean; destroyDisks?: boolean }) => {
      const { endSessions = false, destroyDisks = false } = how;
      const removal = { endSessions, destroyDisks };
      stdout.write(freedText(await withAdmin((admin) => admin.removePool(name, removal))));
    });
  pool
    .command('entitle <pool> [user]')
    .description('Lets a user, or the members of a group, open desktops of a pool.')
    .option('--group <name>', 'the group, in place of a user')
    .action(async (name: string, username: string | undefined, { group }: { group?: string }) => {
      const who = entitled(username, group);
      await withAdmin((admin) => admin.entitle({ pool: name, ...who }));
    });
  pool
    .command('withdraw <pool> [user]')
    .description('Takes a pool from a user or a group again.')
    .option('--group <name>', 'the group, in place of a user')
    .action(async (name: string, username: string | undefined, { group }: { group?: string }) => {
      const who = entitled(username, group);
      await withAdmin((admin) => admin.withdraw({ pool: name, ...who }));
    });
  pool
    .command('disks <pool>')
    .description('Lists the disks of users that a persistent pool keeps.')
    .action(async (name: string) => {
      const disks = await withAdmin((admin) => admin.listPoolDisks(name));
      stdout.write(tableText(['USER', 'IMAGE VERSION', 'SIZE', 'LAST USED'], disks.map(diskRow)));
    });
  pool
    .command('reset-disk <pool> <user>')
    .description('Destroys the disk of a user; the next session begins with a fresh one.')
    .action(async (name: string, user: string) => {
      stdout.write(freedText(await withAdmin((admin) => admin.resetPoolDisk(name, user))));
    });
  pool
    .command('list')
    .description('Lists all pools.')
    .action(async () => {
      const pools = await withAdmin((admin) => admin.listPools());
      const head = ['ID', 'NAME', 'IMAGE', 'ENGINE', 'SIZE', 'KEEPS', 'DESKTOPS', 'GROUPS'];
      stdout.write(tableText(head, pools.map(poolRow)));
    });
  return pool;
}

const imageHelp = 'golden image, as "porthole image list" names it';

/** What `add` and `change` have in common. The standard values are the contract's. */
function withPoolOptions(command: Command): Command {
  return withPolicyOptions(command)
    .addOption(
      new Option(
        '--engine <engine>',
        'para: light and quick; full: emulated standard hardware; os-level: shares the kernel',
      ).choices(engineSchema.options),
    )
    .option('--description <text>', 'a line below the name')
    .option('--memory <MiB>', 'memory of each desktop', wholeNumber)
    .option('--cpus <number>', 'virtual CPUs of each desktop', wholeNumber)
    .option(
      '--cpu-weight <number>',
      'share of the processors beside others that have 100',
      wholeNumber,
    )
    .option('--persistent', 'each user has a disk of their own, which is kept')
    .option('--spares <number>', 'desktops that are kept ready', wholeNumber)
    .option('--clones', 'desktops are cloned where they can be')
    .option('--no-clones', 'every desktop boots')
    .option(
      '--suspend-after <minutes>',
      'without a viewer, until it is suspended to disk',
      wholeNumber,
    )
    .option('--home <MiB>', 'room for what the user writes, of an os-level desktop', wholeNumber)
    .option('--allow <host:port>', 'a destination in the network; may be repeated', collect);
}

function fieldsOf(options: PoolOptions) {
  const { memory, home, persistent, clones, suspendAfter, allow, engine, ...rest } = options;
  const [policy, same] = policyOf(rest);
  return {
    ...same,
    policy,
    engine: engineSchema.optional().parse(engine),
    memoryMb: memory,
    homeMb: home,
    instantClones: clones,
    persistence: persistent === undefined ? undefined : persistenceOf(persistent),
    suspendAfterMinutes: suspendAfter === false ? null : suspendAfter,
    network: networkOf(allow),
  };
}

function persistenceOf(persistent: boolean) {
  return persistent ? ('persistent' as const) : ('non-persistent' as const);
}

function entitled(username: string | undefined, group: string | undefined) {
  if (username !== undefined && group === undefined) return { username };
  if (username === undefined && group !== undefined) return { group };
  throw new CodedError('command-invalid', { detail: 'name either a user or a group' });
}

function poolRow(pool: Pool): string[] {
  const { inUse, spare, suspended } = pool.desktops;
  return [
    pool.id,
    pool.name,
    pool.image,
    pool.engine,
    `${pool.memoryMb} MiB, ${pool.cpus} CPU`,
    pool.persistence === 'persistent' ? `${pool.disks} disks` : 'nothing',
    `${inUse} in use, ${spare} of ${pool.spares} spare, ${suspended} suspended`,
    pool.groups.map(({ name }) => name).join(', '),
  ];
}

function diskRow({ user, imageVersion, bytes, usedAt }: KeptDisk): string[] {
  return [user.name, String(imageVersion), mebibytes(bytes), usedAt];
}
