import { type Command, Option } from 'commander';
import { type SessionPolicy, sessionPolicySchema } from '../../../contract/session-policy.ts';
import { wholeNumber } from './options.ts';

const { clipboard, shadowing } = sessionPolicySchema.shape;

export type PolicyOptions = {
  clipboard?: SessionPolicy['clipboard'];
  sound?: boolean;
  screens?: number;
  shadowing?: SessionPolicy['shadowing'];
  watermark?: boolean;
  /** False for never. */
  idleLock?: number | false;
};

/** What may be done in sessions. The standard values are the contract's. */
export function withPolicyOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--clipboard <direction>', 'which way text may be copied').choices(
        clipboard.options,
      ),
    )
    .option('--sound', 'the desktop is heard at the terminal')
    .option('--no-sound', 'no sound leaves the desktop')
    .option('--screens <number>', 'screens that a terminal may show at once', wholeNumber)
    .addOption(
      new Option(
        '--shadowing <how>',
        'whether a helper may look at a session: ask: when the user agrees; tell: the user sees it',
      ).choices(shadowing.options),
    )
    .option('--watermark', 'name and time are drawn over the picture')
    .option('--no-watermark', 'nothing is drawn over the picture')
    .option('--idle-lock <minutes>', 'without input, until the terminal is locked', wholeNumber);
}

/** The policy, of which only what was said is there, and the other options. */
export function policyOf<T extends PolicyOptions>(options: T) {
  const { clipboard, sound, screens, shadowing, watermark, idleLock, ...others } = options;
  const idleLockMinutes = idleLock === false ? null : idleLock;
  return [{ clipboard, sound, screens, shadowing, watermark, idleLockMinutes }, others] as const;
}
