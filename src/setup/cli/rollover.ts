import { Command, Option } from 'commander';
import { keysFolder } from '../../broker/tls/key-files.ts';
import {
  type AuthorityStep,
  rollAuthorityOver,
  rollIdentityOver,
} from '../../broker/tls/rollover.ts';
import { CodedError } from '../../contract/errors.ts';
import { placeOf } from './broker-place.ts';
import type { CommandContext } from './context.ts';

type RolloverOptions = { switch?: boolean; finish?: boolean };

const told: Readonly<Record<AuthorityStep, string>> = {
  stage: 'The next CA is announced. Once all terminals have been on, go on with --switch.',
  switch: 'The new CA issues the certificates. Once all terminals have been on, end with --finish.',
  finish: 'The old CA is announced no longer.',
};

const notOurs =
  'the broker shows a certificate that it was given ("tls.cert"), so there is no CA of its own to roll over; replace that file';

/** Works on the keys of a broker, whether it runs or not. */
export function rolloverCommand(context: CommandContext): Command {
  const rollover = new Command('rollover').description(
    'Gives a broker other keys, without enrolling its terminals again.',
  );
  rollover
    .command('ca')
    .description('Another certificate authority, in three steps; the first without an option.')
    .addOption(
      new Option('--switch', 'second: the new one issues the certificates').conflicts('finish'),
    )
    .option('--finish', 'third: the old one is announced no longer')
    .action(async (options: RolloverOptions, command: Command) => {
      const step = stepOf(options);
      const { dataDir, givesCertificate } = await placeOf(command, context);
      if (givesCertificate) throw new CodedError('change-conflict', { detail: notOurs });
      await rollAuthorityOver(keysFolder(dataDir), step, Date.now());
      context.stdout.write(`${told[step]}\n`);
    });
  rollover
    .command('identity')
    .description(
      'Another identity key, which the one of today vouches for. Older backups are of no use then.',
    )
    .action(async (_options: object, command: Command) => {
      const { dataDir } = await placeOf(command, context);
      await rollIdentityOver(keysFolder(dataDir), Date.now());
      context.stdout.write('Terminals follow to the new key when they next hear of it.\n');
    });
  return rollover;
}

function stepOf(options: RolloverOptions): AuthorityStep {
  if (options.switch) return 'switch';
  return options.finish ? 'finish' : 'stage';
}
