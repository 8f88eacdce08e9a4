import type { Clock } from '../../src/contract/clock.ts';
import type { Keychain } from './keytar.ts';
import { hasSessionBus } from './session-bus.ts';
import { withinLimit } from './within-limit.ts';

type Env = Readonly<Record<string, string | undefined>>;

type PresenceDeps = {
  load: () => Promise<Keychain>;
  env: Env;
  platform: NodeJS.Platform;
  clock: Clock;
};

/** One that does not answer in this time asks its person for something, and so is there. */
const answerWithinMs = 3_000;

/**
 * Whether this machine has a keychain, be it locked or at fault. It is absent only where that is
 * certain: its library does not load, there is no session bus, or the bus says that nobody on it is
 * a Secret Service and nothing can be started as one.
 */
export async function isKeychainThere(deps: PresenceDeps): Promise<boolean> {
  if (deps.platform !== 'linux') return true;
  const keychain = await deps.load().catch(() => null);
  if (keychain === null) return false;
  try {
    // An entry that never is: nothing has to be unlocked to see that.
    await withinLimit(deps.clock, answerWithinMs, keychain.getPassword('Porthole', 'presence'));
    return true;
  } catch (error) {
    return !isNobodyThere(error) && (await hasSessionBus(deps.env));
  }
}

/**
 * What dbus-daemon and dbus-broker answer when a name has no owner and no service file. keytar hands
 * on the text alone; neither bus translates it.
 */
function isNobodyThere(error: unknown): boolean {
  const message = error instanceof Error ? error.message : '';
  return (
    /org\.freedesktop\.secrets was not provided by any \.service files/.test(message) ||
    /The name is not activatable/.test(message)
  );
}
