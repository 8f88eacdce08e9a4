import { Command, Option } from 'commander';
import { engineSchema } from '../../../contract/desktop.ts';
import { CodedError } from '../../../contract/errors.ts';
import { ImageLibrary } from '../../../desktops/images/library.ts';
import { runTool } from '../../../desktops/images/tools.ts';
import { imagesFolder } from '../../guest-image.ts';
import { tableText } from '../table.ts';
import type { AdminContext } from './admin-context.ts';
import { collect, wholeNumber } from './options.ts';

type DesktopOptions = {
  description: string;
  image: string;
  engine: string;
  memory: number;
  cpus: number;
  user: string[];
  group: string[];
};

type DesktopChange = {
  name?: string;
  description?: string;
  image?: string;
  engine?: string;
  memory?: number;
  cpus?: number;
};

export function desktopCommand({ withAdmin, cacheDir, stdout }: AdminContext): Command {
  const desktop = new Command('desktop').description('Desktops that users may open.');
  desktop
    .command('add <name>')
    .description('Adds a desktop. Each session on it is a fresh copy of its image.')
    .requiredOption('--image <name>', 'image, as "porthole image list" names it')
    .addOption(
      new Option('--engine <engine>', 'para: light and quick; full: emulated standard hardware')
        .choices(engineSchema.options)
        .default('para'),
    )
    .option('--description <text>', 'a line below the name', '')
    .option('--memory <MiB>', 'memory', wholeNumber, 384)
    .option('--cpus <number>', 'virtual CPUs', wholeNumber, 1)
    .option('--group <name>', 'a group whose members may open it; may be repeated', collect, [])
    .option('--user <name>', 'who may open it besides; may be repeated', collect, [])
    .addHelpText(
      'after',
      '\nUsers who are named one by one get a group of their own, named after the desktop.',
    )
    .action(async (name: string, options: DesktopOptions) => {
      const { engine, memory, user: users, group: groups, ...rest } = options;
      await requireImage(imagesIn(cacheDir()), rest.image);
      const order = { name, engine: engineSchema.parse(engine), memoryMb: memory, users, groups };
      const { id } = await withAdmin((admin) => admin.addDesktop({ ...rest, ...order }));
      stdout.write(`${id}\n`);
    });
  desktop
    .command('change <desktop>')
    .description('Changes a desktop (its id or its name); sessions that run stay as they are.')
    .option('--name <name>', 'its new name')
    .option('--description <text>', 'a line below the name')
    .option('--image <name>', 'image, as "porthole image list" names it')
    .addOption(new Option('--engine <engine>', 'para or full').choices(engineSchema.options))
    .option('--memory <MiB>', 'memory', wholeNumber)
    .option('--cpus <number>', 'virtual CPUs', wholeNumber)
    .action(async (name: string, options: DesktopChange) => {
      const { engine, memory, ...rest } = options;
      if (rest.image !== undefined) await requireImage(imagesIn(cacheDir()), rest.image);
      const change = { ...rest, engine: engineSchema.optional().parse(engine), memoryMb: memory };
      await withAdmin((admin) => admin.changeDesktop({ desktop: name, ...change }));
    });
  desktop
    .command('remove <desktop>')
    .description('Removes a desktop (its id or its name); its sessions stay in the list.')
    .option('--end-sessions', 'also while sessions run on it, which end')
    .action(async (name: string, { endSessions = false }: { endSessions?: boolean }) => {
      await withAdmin((admin) => admin.removeDesktop(name, { endSessions }));
    });
  desktop
    .command('entitle <desktop> [user]')
    .description('Lets a user, or the members of a group, open a desktop (its id or its name).')
    .option('--group <name>', 'the group, in place of a user')
    .action(async (name: string, username: string | undefined, { group }: { group?: string }) => {
      const who = entitled(username, group);
      await withAdmin((admin) => admin.entitle({ desktop: name, ...who }));
    });
  desktop
    .command('withdraw <desktop> [user]')
    .description('Takes a desktop (its id or its name) from a user or a group again.')
    .option('--group <name>', 'the group, in place of a user')
    .action(async (name: string, username: string | undefined, { group }: { group?: string }) => {
      const who = entitled(username, group);
      await withAdmin((admin) => admin.withdraw({ desktop: name, ...who }));
    });
  desktop
    .command('list')
    .description('Lists all desktops.')
    .action(async () => {
      const desktops = await withAdmin((admin) => admin.listDesktops());
      const rows = desktops.map(({ id, name, image, engine, memoryMb, cpus, groups }) => {
        const entitledGroups = groups.map((group) => group.name).join(', ');
        return [id, name, image, engine, `${memoryMb} MiB`, String(cpus), entitledGroups];
      });
      const head = ['ID', 'NAME', 'IMAGE', 'ENGINE', 'MEMORY', 'CPUS', 'GROUPS'];
      stdout.write(tableText(head, rows));
    });
  return desktop;
}

function entitled(username: string | undefined, group: string | undefined) {
  if (username !== undefined && group === undefined) return { username };
  if (username === undefined && group !== undefined) return { group };
  throw new CodedError('command-invalid', { detail: 'name either a user or a group' });
}

function imagesIn(cacheDir: string): ImageLibrary {
  return new ImageLibrary({ root: imagesFolder(cacheDir), run: runTool, now: () => Date.now() });
}

/** A desktop without its image could not start. @throws image-unknown with the names there are */
async function requireImage(library: ImageLibrary, name: string): Promise<void> {
  try {
    await library.find(name);
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'image-unknown') throw error;
    const names = new Set((await library.list()).images.map(({ manifest }) => manifest.name));
    const known = names.size === 0 ? 'there is none yet' : `there is ${[...names].join(', ')}`;
    throw new CodedError('image-unknown', { detail: `${name}; ${known}`, cause: error });
  }
}
