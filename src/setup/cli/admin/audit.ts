import { pipeline } from 'node:stream/promises';
import { Command, Option } from 'commander';
import { type AuditEvent, auditActionSchema } from '../../../contract/audit.ts';
import { CodedError } from '../../../contract/errors.ts';
import { tableText } from '../table.ts';
import type { AdminContext } from './admin-context.ts';
import { moment, wholeNumber } from './options.ts';

type AuditListOptions = {
  limit: number;
  before?: number;
  action?: AuditEvent['action'];
  actor?: string;
};

export function auditCommand({ withAdmin, stdout }: AdminContext): Command {
  const audit = new Command('audit').description('The audit log: who did what, and when.');
  audit
    .command('list')
    .description('Lists what was done, the newest first.')
    .option('--limit <number>', 'how many at most', wholeNumber, 50)
    .option('--before <number>', 'only what came before the one with this number', wholeNumber)
    .addOption(new Option('--action <action>', 'only this').choices(auditActionSchema.options))
    .option('--actor <who>', 'only by this user or terminal; or command-line, broker or nobody')
    .action(async (query: AuditListOptions) => {
      const events = await withAdmin((admin) => admin.listAudit(query));
      const head = ['NUMBER', 'AT', 'WHO', 'FROM', 'DID', 'TO', 'OUTCOME'];
      stdout.write(tableText(head, events.map(rowOf)));
    });
  audit
    .command('verify')
    .description('Checks that no entry was changed, inserted or removed.')
    .option('--head <hash>', 'the hash of an entry that was noted before, and must still be there')
    .addHelpText(
      'after',
      `
Prints the number of entries and the hash of the newest. Note that hash in another place: only with
it can be told whether the newest entries were cut off.
Exit code: 0 when all is as it was written, else 1.`,
    )
    .action(async ({ head: noted }: { head?: string }) => {
      const { sound, events, head, brokenAt } = await withAdmin((admin) =>
        admin.verifyAudit(noted),
      );
      if (sound) {
        stdout.write(`${events} entries, head ${head}\n`);
        return;
      }
      const detail = brokenAt === null ? 'the noted entry is not there' : `entry ${brokenAt}`;
      throw new CodedError('audit-broken', { detail });
    });
  audit
    .command('export')
    .description('Prints the whole log as lines of JSON, the oldest first.')
    .action(() =>
      withAdmin(async (admin) => {
        await pipeline(await admin.exportAudit(), stdout, { end: false });
      }),
    );
  audit
    .command('prune')
    .description('Removes old entries; what is left can still be verified.')
    .requiredOption('--before <day>', 'those before this day (UTC), such as 2025-12-31', moment)
    .action(async ({ before }: { before: number }) => {
      const removed = await withAdmin((admin) => admin.pruneAudit(before));
      stdout.write(`${removed} entries removed\n`);
    });
  return audit;
}

function rowOf({
  number,
  at,
  actor,
  address,
  action,
  target,
  outcome,
  code,
}: AuditEvent): string[] {
  const who = actor.name === '' ? actor.kind : `${actor.kind} ${actor.name}`;
  const to = target === null ? '' : `${target.kind} ${target.name || target.id}`;
  return [String(number), at, who, address ?? '', action, to, code ?? outcome];
}
