import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { CodedError } from '../../../contract/errors.ts';
import { tableText } from '../table.ts';
import type { AdminContext } from './admin-context.ts';
import { wholeNumber } from './options.ts';

export function sessionCommand({ withAdmin, stdout }: AdminContext): Command {
  const session = new Command('session')
    .alias('sessions')
    .description('Sessions of users on desktops, those that are over with them.');
  session
    .command('list', { isDefault: true })
    .description('Lists sessions, the newest first.')
    .option('--limit <number>', 'how many at most', wholeNumber, 50)
    .option('--before <session-id>', 'only those that come after this one in the list')
    .action(async (query: { limit: number; before?: string }) => {
      const sessions = await withAdmin((admin) => admin.listSessions(query));
      const rows = sessions.map(({ id, username, desktop, state, startedAt, endedAt }) => {
        return [id, username, desktop, state, startedAt, endedAt ?? ''];
      });
      stdout.write(tableText(['ID', 'USER', 'DESKTOP', 'STATE', 'STARTED', 'ENDED'], rows));
    });
  session
    .command('end <session-id>')
    .description('Ends a session; what was done in it and not saved elsewhere is lost.')
    .action(async (sessionId: string) => {
      await withAdmin((admin) => admin.endSession(sessionId));
    });
  session
    .command('message <session-id> <text>')
    .description('Tells the user of a session something, over the picture of the desktop.')
    .action(async (sessionId: string, text: string) => {
      await withAdmin((admin) => admin.sendMessage(sessionId, text));
    });
  return session;
}

export function logsCommand({ withAdmin, stdout }: AdminContext): Command {
  return new Command('logs')
    .argument('<session-id>', 'as "porthole admin session list" shows it')
    .description("Prints the log of a session's guest.")
    .option('--qemu', "QEMU's own messages instead of the guest's console")
    .action(async (sessionId: string, { qemu = false }: { qemu?: boolean }) => {
      const files = await withAdmin((admin) => admin.logsOf(sessionId));
      await print(qemu ? files.qemu : files.console, stdout);
    });
}

async function print(file: string, stdout: AdminContext['stdout']): Promise<void> {
  try {
    await pipeline(createReadStream(file), stdout, { end: false });
  } catch (cause) {
    throw new CodedError('command-invalid', { detail: `${file} is not kept any more`, cause });
  }
}
