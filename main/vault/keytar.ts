import type { Clock } from '../../src/contract/clock.ts';
import { CodedError } from '../../src/contract/errors.ts';
import { identitySchema, type TerminalIdentity, type Vault } from '../../src/terminal/vault.ts';
import { withinLimit } from './within-limit.ts';

/** What the vault needs of keytar. */
export type Keychain = {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
};

const service = 'Porthole';
/** The entry of the profile that the user has where none was named. */
export const usualAccount = 'identity';
/** Where an entry goes that cannot be read, so that writing a new one destroys nothing. */
const setAside = (account: string) => `${account} (damaged)`;
/** Written and removed again, to see whether the keychain is open. */
const probeAccount = 'probe';

/**
 * The vault in the keychain of the operating system: Secret Service, Keychain or Credential
 * Manager. The identity is one entry, a JSON text.
 *
 * @param deps.account names the entry: the keychain is the user's, and each of their profiles has one
 * @param deps.load loads the native module; called at the first use, because the module does not
 *   load at all where its system library is missing
 * @param deps.answerWithinMs how long a locked keychain may ask the person to unlock it
 */
export function createKeytarVault(deps: {
  load: () => Promise<Keychain>;
  account: string;
  clock: Clock;
  answerWithinMs: number;
}): Vault {
  const { account } = deps;
  const use = async <T>(work: (keychain: Keychain) => Promise<T>): Promise<T> => {
    try {
      return await withinLimit(deps.clock, deps.answerWithinMs, deps.load().then(work));
    } catch (cause) {
      throw unavailable(cause);
    }
  };
  return {
    kind: 'keychain',
    async read() {
      const text = await use(async (keychain) => {
        const found = await keychain.getPassword(service, account);
        if (found === null) await assertOpen(keychain);
        return found;
      });
      if (text === null) return null;
      const identity = parseIdentity(text);
      if (identity !== null) return identity;
      await use((keychain) => keychain.setPassword(service, setAside(account), text));
      throw new CodedError('vault-damaged', { detail: `${service}, ${account}` });
    },
    async write(identity) {
      const text = JSON.stringify(identitySchema.parse(identity));
      await use((keychain) => keychain.setPassword(service, account, text));
    },
    async erase() {
      await use(async (keychain) => {
        if (!(await keychain.deletePassword(service, account))) await assertOpen(keychain);
      });
    },
  };
}

/**
 * A Secret Service that is locked, and stays so, answers as an empty one does. Taken for empty, it
 * would cost the terminal its enrollment, so "nothing there" is believed only of a keychain that
 * takes an entry.
 */
async function assertOpen(keychain: Keychain): Promise<void> {
  await keychain.setPassword(service, probeAccount, 'probe');
  await keychain.deletePassword(service, probeAccount);
}

function parseIdentity(text: string): TerminalIdentity | null {
  try {
    const identity = identitySchema.safeParse(JSON.parse(text));
    return identity.success ? identity.data : null;
  } catch {
    // Not JSON: as damaged as JSON of another shape. The text is a secret and is not quoted.
    return null;
  }
}

/** The message of the keychain says what is missing on this machine; it holds no secret. */
function unavailable(cause: unknown): CodedError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const [detail = ''] = message.split('\n');
  return new CodedError('vault-unavailable', { detail, cause });
}
