import { Command, Option } from 'commander';
import { CodedError } from '../../../contract/errors.ts';
import { fingerprintOf } from '../../../contract/identity.ts';
import { tableText } from '../table.ts';
import type { AdminContext } from './admin-context.ts';
import { duration, wholeNumber } from './options.ts';

type TokenOptions = {
  label: string;
  uses: number;
  expires: number;
  group?: string;
  file?: string;
  broker?: string;
  ca?: string;
};

export function enrollCommand(context: AdminContext): Command {
  const { withAdmin, stdout } = context;
  const enroll = new Command('enroll').description('Lets terminals in.');
  enroll
    .command('list')
    .description('Lists the terminals that wait to be approved.')
    .action(async () => {
      const waiting = await withAdmin((admin) => admin.listEnrollments());
      const rows = waiting.map((each) => {
        const { userCode, terminalId, name, model, address, expiresAt } = each;
        return [userCode, fingerprintOf(terminalId), name, model, address, expiresAt];
      });
      stdout.write(tableText(['CODE', 'KEY', 'NAME', 'MODEL', 'ADDRESS', 'UNTIL'], rows));
    });
  enroll
    .command('approve <code>')
    .description('Approves the terminal that shows this code.')
    .option('--group <name>', 'the group of terminals to put it into')
    .option('--name <name>', 'how it is called; as it calls itself, unless given')
    .addHelpText(
      'after',
      '\nCompare the key that "list" shows with the one on the screen of the terminal first.',
    )
    .action(async (code: string, options: { group?: string; name?: string }) => {
      await withAdmin((admin) => admin.approveEnrollment({ code, ...options }));
    });
  enroll
    .command('deny <code>')
    .description('Refuses the terminal that shows this code.')
    .action(async (code: string) => {
      await withAdmin((admin) => admin.denyEnrollment(code));
    });
  enroll.addCommand(tokenCommand(context));
  return enroll;
}

function tokenCommand(context: AdminContext): Command {
  const { withAdmin, stdout } = context;
  const token = new Command('token').description(
    'Tokens that enroll terminals without a person, so many of them within so much time.',
  );
  token
    .command('create')
    .description('Issues a token and prints it, or writes the file that terminals enroll with.')
    .requiredOption('--label <text>', 'what it is for; terminals are listed with it')
    .option('--uses <number>', 'how many terminals it may enroll', wholeNumber, 1)
    .addOption(
      new Option('--expires <time>', 'how long it is good for, such as 30m, 12h or 7d')
        .argParser(duration)
        .default(24 * 60 * 60, 'one day'),
    )
    .option('--group <name>', 'the group of terminals that they are put into')
    .option('--file <file>', 'write this file, for /etc/porthole/enroll.json of the terminals')
    .option('--broker <url>', 'with --file: the address at which they reach the broker')
    .option('--ca <file>', 'with --file: the certificate of the broker, where it was given one')
    .addHelpText(
      'after',
      '\nWhoever has the token or the file can enroll a terminal. Neither is shown again.',
    )
    .action((options: TokenOptions) => createToken(options, context));
  token
    .command('list')
    .description('Lists the tokens there are, without the tokens themselves.')
    .action(async () => {
      const tokens = await withAdmin((admin) => admin.listEnrollmentTokens());
      const rows = tokens.map((each) => {
        const { id, label, group, usesLeft, expiresAt } = each;
        const state = stateOf(each, Date.now());
        return [id, label, group?.name ?? '', String(usesLeft), expiresAt, state];
      });
      stdout.write(tableText(['ID', 'LABEL', 'GROUP', 'USES LEFT', 'UNTIL', 'STATE'], rows));
    });
  token
    .command('revoke <token>')
    .description('Revokes a token (its id, or its label); terminals that it enrolled stay.')
    .action(async (id: string) => {
      await withAdmin((admin) => admin.revokeEnrollmentToken(id));
    });
  return token;
}

type Token = { revoked: boolean; usesLeft: number; expiresAt: string };

function stateOf({ revoked, usesLeft, expiresAt }: Token, now: number): string {
  if (revoked) return 'revoked';
  if (Date.parse(expiresAt) <= now) return 'expired';
  return usesLeft === 0 ? 'used up' : 'good';
}

async function createToken(
  { label, uses, expires: expiresInSeconds, group, file, broker, ca }: TokenOptions,
  { withAdmin, stdout }: AdminContext,
): Promise<void> {
  const order = { label, uses, expiresInSeconds, group };
  if (file === undefined) {
    const { token } = await withAdmin((admin) => admin.createEnrollmentToken(order));
    stdout.write(`${token}\n`);
    return;
  }
  if (broker === undefined) {
    throw new CodedError('command-invalid', { detail: '--file needs --broker' });
  }
  await withAdmin((admin) => admin.writeEnrollmentFile({ file, broker, ca }, order));
}
