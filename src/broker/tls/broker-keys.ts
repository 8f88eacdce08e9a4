import type { Clock } from '../../contract/clock.ts';
import type { BrokerTrust } from './broker-trust.ts';
import { lastOf, readGivenCertificate } from './given-certificate.ts';
import { ensureIdentityKey, identityFiles, settleNextKey } from './identity-key.ts';
import { withKeysLocked } from './keys-lock.ts';
import { announcedAuthorities, currentCertificate, ensureAuthority } from './own-certificates.ts';
import type { ServerCertificate } from './server-certificate.ts';
import { latestOf, readStatements, withStatement, writeStatements } from './statements.ts';

/** What the broker shows and says of itself, kept in step with the files that it comes from. */
export type BrokerKeys = {
  readonly trust: BrokerTrust;
  certificate(): ServerCertificate;
  /**
   * Looks at all files again, and renews what is due. What was there before stays when this fails.
   * @returns whether there is another certificate to show
   * @throws config-invalid, store-damaged
   */
  refresh(): Promise<boolean>;
};

export type BrokerKeysOptions = {
  /** `keys` in the data folder. */
  folder: string;
  /** A certificate that was made elsewhere; null for one of the broker's own authority. */
  given: { cert: string; key: string } | null;
  /** Further keys that terminals may meet, such as that of a proxy in front. */
  furtherAnchors: readonly string[];
  /** What the broker's own certificate has to be for, at the moment. */
  names(): readonly string[];
  clock: Clock;
};

type Keys = { certificate: ServerCertificate; anchors: string[]; statements: readonly string[] };

/** @throws config-invalid, store-damaged */
export async function openBrokerKeys(options: BrokerKeysOptions): Promise<BrokerKeys> {
  const { folder, given, clock } = options;
  let keys = await withKeysLocked(folder, async () => {
    if (given === null) await ensureAuthority(folder, clock.now());
    return readKeys(options, 'start');
  });

  return {
    trust: {
      statements: () => keys.statements,
      anchors: () => keys.anchors,
      caFingerprint: () => lastOf(keys.certificate).digest,
      caCertificate: () => lastOf(keys.certificate).certificate,
    },
    certificate: () => keys.certificate,
    refresh: async () => {
      const before = keys.certificate.chain;
      keys = await withKeysLocked(folder, () => readKeys(options, 'look'));
      return keys.certificate.chain !== before;
    },
  };
}

type Occasion = 'start' | 'look';

async function readKeys(options: BrokerKeysOptions, occasion: Occasion): Promise<Keys> {
  const { folder, given, names, furtherAnchors, clock } = options;
  const now = clock.now();
  const certificate =
    given === null
      ? await currentCertificate(folder, names(), now)
      : await readGivenCertificate(given, now);
  const own = given === null ? await announcedAuthorities(folder) : [lastOf(certificate).digest];
  const anchors = [...new Set([...own, ...furtherAnchors])];
  // Said before it is shown: a terminal that meets the new certificate finds the statement.
  return { certificate, anchors, statements: await announce(folder, anchors, occasion, now) };
}

/**
 * Says what the anchors are, unless that was the last that was said. At the start it is said anew:
 * the keys may be from a backup, and terminals may have heard something else since.
 */
async function announce(folder: string, anchors: string[], occasion: Occasion, now: number) {
  const statements = await readStatements(folder);
  const latest = latestOf(statements);
  await settleNextKey(folder, latest?.iss ?? null);
  const key = await ensureIdentityKey(identityFiles(folder).current);
  const isSaid = latest?.iss === key.thumbprint && String(latest.anchors) === String(anchors);
  if (isSaid && occasion === 'look') return statements;
  const more = await withStatement(statements, key, { anchors }, now);
  await writeStatements(folder, more);
  return more;
}
