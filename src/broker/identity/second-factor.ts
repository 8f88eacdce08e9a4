import { EncryptJWT, jwtDecrypt } from 'jose';
import { Secret, TOTP } from 'otpauth';
import { z } from 'zod';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import { doneBy } from '../access/audit-entry.ts';
import type { Actor } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Database } from '../store/store.ts';
import { createThrottle } from './throttle.ts';

/** A secret that is about to become somebody's second factor. */
export type Proposal = {
  /** Base32, as authenticator apps take it. */
  secret: string;
  /** `otpauth:` URI for a QR code. */
  uri: string;
};

export type SecondFactors = {
  propose(username: string): Proposal;
  /**
   * Makes the secret the user's second factor, in place of any other, once they show that their app
   * has it.
   * @throws second-factor-wrong, sign-in-throttled
   */
  setUp(user: Holder, secret: string, code: string, by: Actor): Promise<void>;
  /** @throws second-factor-wrong, sign-in-throttled */
  check(user: Holder, code: string): Promise<void>;
};

type Holder = { id: string; username: string };

type Deps = {
  db: Database;
  clock: Clock;
  /** 256 bits that are not in the database, with which the secrets there are encrypted. */
  dataKey: Uint8Array;
  /** What authenticator apps show the account under. */
  issuer: string;
  audit: Pick<AuditLog, 'append'>;
};

const stepMs = 30_000;
/** One step early or late, for clocks that differ and fingers that are slow (RFC 6238 section 5.2). */
const window = 1;
const claimsSchema = z.object({ secret: z.string() });

/**
 * Counted for the user alone, wherever the codes come from: only who knows the password gets here,
 * so nobody else can be made to wait by it.
 */
const guessLimits = {
  free: 4,
  firstDelayMs: 5_000,
  longestDelayMs: 15 * 60_000,
  forgetOneMs: 15 * 60_000,
};

/** Time-based one-time codes (RFC 6238), none of them good twice. */
export function createSecondFactors({ db, clock, dataKey, issuer, audit }: Deps): SecondFactors {
  const throttle = createThrottle(clock, 'sign-in-throttled', guessLimits);

  /** The time step of the code. */
  function stepOf(secret: string, code: string): number {
    const totp = new TOTP({ secret: Secret.fromBase32(secret), digits: 6, period: stepMs / 1000 });
    const delta = totp.validate({ token: code, window, timestamp: clock.now() });
    if (delta === null) throw new CodedError('second-factor-wrong');
    return Math.floor(clock.now() / stepMs) + delta;
  }

  async function seal(userId: string, secret: string): Promise<string> {
    // Bound to the user: whoever can write to the database cannot give one user another's secret.
    return new EncryptJWT({ secret })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setSubject(userId)
      .encrypt(dataKey);
  }

  async function unseal(userId: string, sealed: string): Promise<string> {
    const { payload } = await jwtDecrypt(sealed, dataKey, {
      subject: userId,
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return claimsSchema.parse(payload).secret;
  }

  return {
    propose: (username) => {
      const secret = new Secret({ size: 20 });
      return {
        secret: secret.base32,
        uri: new TOTP({ issuer, label: username, secret }).toString(),
      };
    },

    setUp: async (user, secret, code, by) => {
      const guess = throttle.begin(user.id);
      const step = stepOf(secret, code);
      guess.takeBack();
      await db
        .updateTable('users')
        .set({ totp_secret: await seal(user.id, secret), totp_step: step, totp_required: 1 })
        .where('id', '=', user.id)
        .execute();
      const target = { kind: 'user', id: user.id, name: user.username } as const;
      await audit.append(doneBy(by, 'user.changed', target, { secondFactor: 'set' }));
    },

    check: async (user, code) => {
      const guess = throttle.begin(user.id);
      const row = await db
        .selectFrom('users')
        .select('totp_secret')
        .where('id', '=', user.id)
        .executeTakeFirst();
      const sealed = row?.totp_secret ?? null;
      if (sealed === null) throw new CodedError('second-factor-wrong');
      const step = stepOf(await unseal(user.id, sealed), code);
      await useUp(db, user.id, step);
      guess.forgive();
    },
  };
}

/** Of two requests with the same code, one at most finds the step still unused. */
async function useUp(db: Database, userId: string, step: number): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('users')
    .set({ totp_step: step })
    .where('id', '=', userId)
    .where(({ eb, or }) => or([eb('totp_step', 'is', null), eb('totp_step', '<', step)]))
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new CodedError('second-factor-wrong');
}
