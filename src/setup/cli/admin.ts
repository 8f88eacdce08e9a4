import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Admin, openAdmin } from '../../broker/admin.ts';
import { engineSchema } from '../../contract/desktop.ts';
import { CodedError } from '../../contract/errors.ts';
import { ImageLibrary } from '../../desktops/images/library.ts';
import { runTool } from '../../desktops/images/tools.ts';
import { imagesFolder } from '../guest-image.ts';
import type { CommandContext } from './context.ts';
import { readNewPassword } from './password.ts';
import { tableText } from './table.ts';

type DesktopOptions = {
  description: string;
  image: string;
  engine: string;
  memory: number;
  cpus: number;
  user: string[];
};

/** Everything here works on the broker's store, whether the broker runs or not. */
export function adminCommand(context: CommandContext): Command {
  const admin = new Command('admin')
    .description('Looks after a broker: its users, desktops, terminals and sessions.')
    .option('--data-dir <folder>', 'data folder of the broker', context.locations.brokerData)
    .option('--cache-dir <folder>', 'its cache, with its images', context.locations.cache);
  const withAdmin = async <T>(work: (opened: Admin) => Promise<T>): Promise<T> => {
    const { dataDir } = admin.opts<{ dataDir: string }>();
    const opened = openAdmin({ dataDir });
    try {
      return await work(opened);
    } finally {
      await opened.close();
    }
  };
  admin.addCommand(userCommand(context, withAdmin));
  const images = () => imagesIn(admin.opts<{ cacheDir: string }>().cacheDir);
  admin.addCommand(desktopCommand(context, withAdmin, images));
  admin.addCommand(terminalsCommand(context, withAdmin));
  admin.addCommand(enrollmentCodeCommand(context, withAdmin));
  admin.addCommand(sessionsCommand(context, withAdmin));
  admin.addCommand(logsCommand(context, withAdmin));
  return admin;
}

type WithAdmin = <T>(work: (opened: Admin) => Promise<T>) => Promise<T>;

function userCommand(context: CommandContext, withAdmin: WithAdmin): Command {
  const user = new Command('user').description('Users who may sign in.');
  user
    .command('add <name>')
    .description('Adds a user; the password is asked for, or read from stdin.')
    .option('--display-name <text>', 'how the user is addressed; the name, unless given')
    .action(async (username: string, { displayName = username }: { displayName?: string }) => {
      const password = await readNewPassword(context);
      await withAdmin((opened) => opened.addUser({ username, displayName, password }));
    });
  user
    .command('password <name>')
    .description('Sets a new password and signs the user out everywhere.')
    .action(async (username: string) => {
      const password = await readNewPassword(context);
      await withAdmin((opened) => opened.setPassword({ username, password }));
    });
  user
    .command('list')
    .description('Lists all users.')
    .action(async () => {
      const users = await withAdmin((opened) => opened.listUsers());
      const rows = users.map(({ username, displayName }) => [username, displayName]);
      context.stdout.write(tableText(['NAME', 'DISPLAY NAME'], rows));
    });
  return user;
}

function desktopCommand(
  context: CommandContext,
  withAdmin: WithAdmin,
  images: () => ImageLibrary,
): Command {
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
    .option('--user <name>', 'who may open it; may be repeated', collect, [])
    .action(async (name: string, { engine, memory, user, ...rest }: DesktopOptions) => {
      await requireImage(images(), rest.image);
      const order = { name, engine: engineSchema.parse(engine), memoryMb: memory, users: user };
      const { id } = await withAdmin((opened) => opened.addDesktop({ ...rest, ...order }));
      context.stdout.write(`${id}\n`);
    });
  desktop
    .command('entitle <desktop-id> <user>')
    .description('Lets a user open a desktop.')
    .action(async (desktopId: string, username: string) => {
      await withAdmin((opened) => opened.entitle({ username, desktopId }));
    });
  desktop
    .command('list')
    .description('Lists all desktops.')
    .action(async () => {
      const desktops = await withAdmin((opened) => opened.listDesktops());
      const rows = desktops.map(({ id, name, image, engine, memoryMb, cpus }) => {
        return [id, name, image, engine, `${memoryMb} MiB`, String(cpus)];
      });
      context.stdout.write(tableText(['ID', 'NAME', 'IMAGE', 'ENGINE', 'MEMORY', 'CPUS'], rows));
    });
  return desktop;
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

function terminalsCommand(context: CommandContext, withAdmin: WithAdmin): Command {
  const terminal = new Command('terminal').description('Terminals that are enrolled.');
  terminal
    .command('list')
    .description('Lists all terminals.')
    .action(async () => {
      const terminals = await withAdmin((opened) => opened.listTerminals());
      const rows = terminals.map(({ id, name, seenAt, revoked }) => {
        return [id, name, seenAt, revoked ? 'revoked' : 'enrolled'];
      });
      context.stdout.write(tableText(['ID', 'NAME', 'LAST SEEN', 'STATE'], rows));
    });
  terminal
    .command('revoke <id>')
    .description('Takes a terminal its enrollment and ends its sessions.')
    .action(async (id: string) => {
      await withAdmin((opened) => opened.revokeTerminal(id));
    });
  return terminal;
}

function enrollmentCodeCommand(context: CommandContext, withAdmin: WithAdmin): Command {
  return new Command('enrollment-code')
    .description('Prints a code that enrolls one terminal.')
    .option('--minutes <number>', 'how long it is valid', wholeNumber, 15)
    .action(async ({ minutes }: { minutes: number }) => {
      const input = { expiresInSeconds: minutes * 60 };
      const { code } = await withAdmin((opened) => opened.issueEnrollmentCode(input));
      context.stdout.write(`${code}\n`);
    });
}

function sessionsCommand(context: CommandContext, withAdmin: WithAdmin): Command {
  return new Command('sessions')
    .description('Lists all sessions, the newest first.')
    .action(async () => {
      const sessions = await withAdmin((opened) => opened.listSessions());
      const rows = sessions.map(({ id, username, desktop, state, startedAt, endedAt }) => {
        return [id, username, desktop, state, startedAt, endedAt ?? ''];
      });
      const head = ['ID', 'USER', 'DESKTOP', 'STATE', 'STARTED', 'ENDED'];
      context.stdout.write(tableText(head, rows));
    });
}

function logsCommand(context: CommandContext, withAdmin: WithAdmin): Command {
  return new Command('logs')
    .argument('<session-id>', 'as "porthole admin sessions" lists it')
    .description("Prints the log of a session's guest.")
    .option('--qemu', "QEMU's own messages instead of the guest's console")
    .action(async (sessionId: string, { qemu = false }: { qemu?: boolean }) => {
      const files = await withAdmin((opened) => opened.logsOf(sessionId));
      await print(qemu ? files.qemu : files.console, context);
    });
}

async function print(file: string, { stdout }: CommandContext): Promise<void> {
  try {
    await pipeline(createReadStream(file), stdout, { end: false });
  } catch (cause) {
    throw new CodedError('not-found', { detail: file, cause });
  }
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('This takes a whole number.');
}

function collect(one: string, others: readonly string[]): string[] {
  return [...others, one];
}
