import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { CodedError } from '../../src/contract/errors.ts';
import { identitySchema, type TerminalIdentity, type Vault } from '../../src/terminal/vault.ts';
import { type FileSystem, removeFile, renameFile, replaceFile } from '../private-file.ts';
import { checkOwnFolder, type FileUser, readTrustedFile } from '../trusted-file.ts';
import { type MachineSecrets, machineKey, machineSecretNames } from './machine-secrets.ts';

type EncryptedFileDeps = {
  /** In a folder of its own. */
  file: string;
  user: FileUser;
  /** What this machine has; read anew each time, as a TPM or a mount may be late. */
  secrets: () => MachineSecrets;
  files: FileSystem;
  now: () => number;
};

const type = 'porthole-vault';

/** The header of the file, which AES-GCM authenticates with the rest (RFC 7516 section 5.1). */
const headerSchema = z.strictObject({
  alg: z.literal('dir'),
  enc: z.literal('A256GCM'),
  typ: z.literal(type),
  salt: z.base64url(),
  /** Which secrets of the machine the key was made from. */
  machine: z.array(z.enum(machineSecretNames)).min(1),
});
type Header = z.infer<typeof headerSchema>;

/**
 * The vault for machines without a keychain: a file that is encrypted by a key bound to the
 * machine, so that a copy of it is worth nothing elsewhere. It is a JWE (RFC 7516), with a new salt
 * and nonce at each write, replaced as a whole.
 */
export function createEncryptedFileVault(deps: EncryptedFileDeps): Vault {
  const { file, files } = deps;
  const inOrder = createQueue();
  return {
    kind: 'file',
    read: () => inOrder(() => readIdentity(deps)),
    write: (identity) =>
      inOrder(async () => {
        const text = await encrypt(identitySchema.parse(identity), requireSecrets(deps));
        onDisk(deps, () => replaceFile(file, text, files));
      }),
    erase: () => inOrder(async () => onDisk(deps, () => removeFile(file, files))),
  };
}

async function readIdentity(deps: EncryptedFileDeps): Promise<TerminalIdentity | null> {
  const { file, user, files, now } = deps;
  const text = onDisk(deps, () => readTrustedFile(file, user, 'own'));
  if (text === null) {
    requireSecrets(deps);
    return null;
  }
  const identity = await decrypt(text, deps.secrets());
  if (identity !== null) return identity;
  onDisk(deps, () => renameFile(file, `${file}.damaged-${now()}`, files));
  throw new CodedError('vault-damaged', { detail: file });
}

/** Whatever the file system has against it: the vault cannot be used, and nothing is lost by that. */
function onDisk<T>({ file, user }: EncryptedFileDeps, work: () => T): T {
  try {
    checkOwnFolder(dirname(file), user);
    return work();
  } catch (cause) {
    const detail = cause instanceof CodedError ? cause.detail : undefined;
    throw unavailable(detail ?? (cause instanceof Error ? cause.message : String(cause)), cause);
  }
}

function requireSecrets({ secrets }: EncryptedFileDeps): MachineSecrets {
  const found = secrets();
  if (found.size === 0) throw unavailable('this machine has nothing to tell it from others');
  return found;
}

async function encrypt(identity: TerminalIdentity, secrets: MachineSecrets): Promise<string> {
  const salt = randomBytes(32);
  const header: Header = {
    alg: 'dir',
    enc: 'A256GCM',
    typ: type,
    salt: salt.toString('base64url'),
    machine: [...secrets.keys()],
  };
  return new CompactEncrypt(Buffer.from(JSON.stringify(identity)))
    .setProtectedHeader(header)
    .encrypt(machineKey([...secrets.values()], salt));
}

/**
 * @returns null for what this machine never wrote, or what was changed since
 * @throws vault-unavailable when a secret that the key was made from cannot be read now
 */
async function decrypt(text: string, secrets: MachineSecrets): Promise<TerminalIdentity | null> {
  const header = headerOf(text);
  if (header === null) return null;
  const material = header.machine.map((name) => {
    const secret = secrets.get(name);
    if (secret === undefined) throw unavailable(`the ${name} of this machine cannot be read`);
    return secret;
  });
  const key = machineKey(material, Buffer.from(header.salt, 'base64url'));
  try {
    const { plaintext } = await compactDecrypt(text, key);
    return identitySchema.parse(JSON.parse(Buffer.from(plaintext).toString('utf8')));
  } catch {
    // Not by this key, or not an identity: there is one thing to do about either.
    return null;
  }
}

function headerOf(text: string): Header | null {
  try {
    return headerSchema.parse(decodeProtectedHeader(text));
  } catch {
    // No JWE, or not one of ours.
    return null;
  }
}

function unavailable(detail: string, cause?: unknown): CodedError {
  return new CodedError('vault-unavailable', { detail, cause });
}

/** One after the other: of two writes the later one stays. */
function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => undefined); // told to whoever asked for it
    return next;
  };
}
