import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { CodedError } from '../../../contract/errors.ts';
import { tableText } from '../table.ts';
import type { AdminContext } from './admin-context.ts';

export function sessionsCommand({ withAdmin, stdout }: AdminContext): Command {
  return new Command('sessions')
    .description('Lists all sessions, the newest first.')
    .action(async () => {
      const sessions = await withAdmin((admin) => admin.listSessions());
      const rows = sessions.map(({ id, username, desktop, state, startedAt, endedAt }) => {
        return [id, username, desktop, state, startedAt, endedAt ?? ''];
      });
      stdout.write(tableText(['ID', 'USER', 'DESKTOP', 'STATE', 'STARTED', 'ENDED'], rows));
    });
}

export function logsCommand({ withAdmin, stdout }: AdminContext): Command {
  return new Command('logs')
    .argument('<session-id>', 'as "porthole admin sessions" lists it')
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
    throw new CodedError('not-found', { detail: file, cause });
  }
}
