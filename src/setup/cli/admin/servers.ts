import { Command, Option } from 'commander';
import { serverChangeSchema, type VirtualServer } from '../../../contract/server.ts';
import { tableText } from '../table.ts';
import type { AdminContext } from './admin-context.ts';
import { freedText } from './freed.ts';
import { collect, networkOf, wholeNumber } from './options.ts';
import { mebibytes } from './sizes.ts';

type ServerContext = Pick<AdminContext, 'withAdmin' | 'stdout'>;

type ServerOptions = {
  name?: string;
  engine?: string;
  memory?: number;
  cpus?: number;
  cpuWeight?: number;
  /** False for none. */
  allow?: string[] | false;
  autostart?: boolean;
  restart?: string;
};

export function serverCommand(context: ServerContext): Command {
  const { withAdmin, stdout } = context;
  const server = new Command('server')
    .alias('servers')
    .description('Virtual servers: long-lived guests that are no desktops.')
    .addHelpText('after', '\nA running broker starts and stops them within seconds.');
  server
    .command('list', { isDefault: true })
    .description('Lists the virtual servers, with what they do now.')
    .action(async () => {
      const servers = await withAdmin((admin) => admin.listServers());
      const head = [
        'NAME',
        'IMAGE',
        'STATE',
        'RESTARTS',
        'AUTOSTART',
        'DISK',
        'SNAPSHOTS',
        'PROBLEM',
      ];
      stdout.write(tableText(head, servers.map(rowOf)));
    });
  withHardware(server.command('add <name>'))
    .description(
      'Adds a virtual server, with a disk of its own on the current version of an image.',
    )
    .requiredOption('--image <name>', 'image, as "porthole image list" names it')
    .option('--no-autostart', 'start it by hand only, not with the broker')
    .action(async (name: string, { image, ...options }: ServerOptions & { image: string }) => {
      const { id } = await withAdmin((admin) =>
        admin.addServer({ ...fieldsOf(options), name, image }),
      );
      stdout.write(`${id}\n`);
    });
  withHardware(server.command('change <server>'))
    .description('Changes a virtual server (its id or its name); hardware at its next start.')
    .option('--name <name>', 'its new name')
    .option('--autostart', 'start it with the broker')
    .option('--no-autostart', 'start it by hand only')
    // After what it negates: before it, the option that is not given would be true.
    .option('--no-allow', 'no network')
    .action(async (nameOrId: string, { name, ...options }: ServerOptions) => {
      const change = { ...fieldsOf(options), ...(name === undefined ? {} : { name }) };
      await withAdmin((admin) => admin.changeServer({ server: nameOrId, ...change }));
    });
  server
    .command('start <server>')
    .description('Starts a virtual server.')
    .action(async (name: string) => void (await withAdmin((admin) => admin.startServer(name))));
  server
    .command('stop <server>')
    .description('Asks a virtual server to shut down, and switches it off after 30 s.')
    .action(async (name: string) => void (await withAdmin((admin) => admin.stopServer(name))));
  server
    .command('remove <server>')
    .description('Destroys a virtual server that is stopped, with its disk and its snapshots.')
    .action(async (name: string) => {
      stdout.write(freedText(await withAdmin((admin) => admin.removeServer(name))));
    });
  return server.addCommand(snapshotCommand(context));
}

function snapshotCommand({ withAdmin, stdout }: ServerContext): Command {
  const snapshot = new Command('snapshot')
    .description('Disks of virtual servers as they once were.')
    .addHelpText('after', '\nFrom here, only of servers that are stopped.');
  snapshot
    .command('list <server>')
    .description('Lists the snapshots of a virtual server.')
    .action(async (name: string) => {
      const servers = await withAdmin((admin) => admin.listServers());
      const found = servers.filter((each) => each.id === name || each.name === name);
      const rows = found.flatMap(({ snapshots }) =>
        snapshots.map(({ id, name: label, createdAt, bytes }) => {
          return [label, createdAt, mebibytes(bytes), id];
        }),
      );
      stdout.write(tableText(['NAME', 'CREATED', 'SIZE', 'ID'], rows));
    });
  snapshot
    .command('add <server> <name>')
    .description('Keeps the disk of a virtual server as it is now.')
    .action(async (server: string, name: string) => {
      const { id } = await withAdmin((admin) => admin.addSnapshot({ server, name }));
      stdout.write(`${id}\n`);
    });
  snapshot
    .command('restore <server> <snapshot>')
    .description('Puts the disk of a virtual server back to what it was.')
    .action(async (server: string, name: string) => {
      await withAdmin((admin) => admin.restoreSnapshot({ server, snapshot: name }));
    });
  snapshot
    .command('remove <server> <snapshot>')
    .description('Removes a snapshot.')
    .action(async (server: string, name: string) => {
      const which = { server, snapshot: name };
      stdout.write(freedText(await withAdmin((admin) => admin.removeSnapshot(which))));
    });
  return snapshot;
}

function withHardware(command: Command): Command {
  return command
    .addOption(
      new Option('--engine <engine>', 'para: light and quick; full: emulated hardware').choices([
        'para',
        'full',
      ]),
    )
    .option('--memory <MiB>', 'memory', wholeNumber)
    .option('--cpus <number>', 'virtual CPUs', wholeNumber)
    .option('--cpu-weight <number>', 'share of the processors, beside others with 100', wholeNumber)
    .option('--allow <host:port>', 'what it may reach on the network; may be repeated', collect)
    .addOption(
      new Option('--restart <when>', 'when it starts again by itself').choices([
        'never',
        'on-failure',
        'always',
      ]),
    );
}

function fieldsOf({ memory, cpuWeight, allow, engine, restart, ...same }: ServerOptions) {
  const { shape } = serverChangeSchema;
  return {
    ...same,
    engine: shape.engine.parse(engine),
    restart: shape.restart.parse(restart),
    memoryMb: memory,
    cpuWeight,
    network: networkOf(allow),
  };
}

function rowOf(server: VirtualServer): string[] {
  return [
    server.name,
    `${server.image} ${server.imageVersion}`,
    server.state,
    String(server.restarts),
    server.autostart ? 'yes' : 'no',
    mebibytes(server.diskBytes),
    String(server.snapshots.length),
    server.problem,
  ];
}
