import { z } from 'zod';
import type { approvalSchema, Enrollment } from '../../contract/admin.ts';
import type { AuditAction } from '../../contract/audit.ts';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import { formatUserCode } from '../../contract/identity.ts';
import { doneBy } from '../access/audit-entry.ts';
import type { Actor } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Database } from '../store/store.ts';
import type { Terminals } from '../terminals/terminals.ts';
import { accountOfTerminal } from './provider/accounts.ts';
import { deviceInfoSchema } from './provider/device-requests.ts';
import { createThrottle } from './throttle.ts';

/** What the terminal's QR code says that it saw (see approvalUrl). */
export type Seen = { ca?: string | undefined; key?: string | undefined };

/** The terminals that wait to be approved: device codes (RFC 8628) that nobody has decided on. */
export type Enrollments = {
  /** The newest first. */
  list(): Promise<Enrollment[]>;
  /**
   * The terminal that shows the code; `seen` is null when that was typed by hand.
   * @throws enrollment-not-found; enrollment-mismatch when what the terminal saw is not this broker
   *   or not its own key; too-many-requests after many wrong codes
   */
  find(userCode: string, seen: Seen | null, by: Actor): Promise<Enrollment>;
  /** @throws enrollment-not-found, too-many-requests, invalid-request for an unknown group */
  approve(userCode: string, approval: z.output<typeof approvalSchema>, by: Actor): Promise<void>;
  /** @throws enrollment-not-found, too-many-requests */
  deny(userCode: string, by: Actor): Promise<void>;
};

type Deps = {
  db: Database;
  clock: Clock;
  audit: Pick<AuditLog, 'append'>;
  terminals: Pick<Terminals, 'enroll'>;
  /** Public keys that the broker's certificate may be traced to. */
  anchors(): readonly string[];
};

/** Whoever approves terminals reads the codes off their screens, and mistypes now and then. */
const guessLimits = {
  free: 10,
  firstDelayMs: 1_000,
  longestDelayMs: 5 * 60_000,
  forgetOneMs: 60_000,
};

export function createEnrollments(deps: Deps): Enrollments {
  const { db, clock, audit, terminals, anchors } = deps;
  const guesses = createThrottle(clock, 'too-many-requests', guessLimits);

  const waiting = () =>
    db
      .selectFrom('oidc_artifacts')
      .select(['id', 'payload', 'created_at', 'expires_at'])
      .where('model', '=', 'DeviceCode')
      .where('consumed_at', 'is', null)
      .where('expires_at', '>', clock.now());

  async function findPending(userCode: string, { actor }: Actor): Promise<Pending> {
    const guess = guesses.begin(`${actor.kind} ${actor.id}`);
    const row = await waiting().where('user_code', '=', userCode).executeTakeFirst();
    const pending = row && pendingOf(row);
    if (!pending) throw new CodedError('enrollment-not-found');
    guess.takeBack();
    return pending;
  }

  /** Writes down what was decided; the terminal hears of it when it asks next. */
  async function decide(
    transaction: Database,
    { row, payload, enrollment }: Pending,
    decision: { error: string } | { accountId: string },
    action: AuditAction,
    by: Actor,
  ): Promise<void> {
    const decided = await transaction
      .updateTable('oidc_artifacts')
      .set({
        payload: JSON.stringify({ ...payload, ...decision }),
        ...('accountId' in decision ? { account_id: decision.accountId } : {}),
      })
      .where('model', '=', 'DeviceCode')
      .where('id', '=', row.id)
      // Somebody else may have decided in the meantime.
      .where('payload', '=', row.payload)
      .executeTakeFirst();
    if (decided.numUpdatedRows === 0n) throw new CodedError('enrollment-not-found');
    const { terminalId: id, name, address } = enrollment;
    await audit.append(
      doneBy(by, action, { kind: 'terminal', id, name }, { address }),
      transaction,
    );
  }

  return {
    list: async () => {
      const rows = await waiting().orderBy('created_at', 'desc').execute();
      return rows.map(pendingOf).flatMap((pending) => (pending ? [pending.enrollment] : []));
    },

    find: async (userCode, seen, by) => {
      const { enrollment } = await findPending(userCode, by);
      const { ca, key } = seen ?? {};
      const otherBroker = ca !== undefined && !anchors().includes(ca);
      const otherKey = key !== undefined && key !== enrollment.terminalId;
      if (otherBroker || otherKey) throw new CodedError('enrollment-mismatch');
      return enrollment;
    },

    approve: async (userCode, { groupId, name }, by) => {
      const pending = await findPending(userCode, by);
      const { terminalId: id, model, version, vault, address } = pending.enrollment;
      const facts = { id, model, version, vault, address, name: name ?? pending.enrollment.name };
      const accountId = accountOfTerminal(id);
      await db.transaction().execute(async (transaction) => {
        const enrolledBy = by.actor.name || by.actor.kind;
        // First, because it takes from the terminal whatever is its own; from then on the code is.
        await terminals.enroll({ ...facts, groupId, enrolledBy }, by, transaction);
        await decide(transaction, pending, { accountId }, 'terminal.approved', by);
      });
    },

    deny: async (userCode, by) => {
      const pending = await findPending(userCode, by);
      await db
        .transaction()
        .execute((transaction) =>
          decide(transaction, pending, { error: 'access_denied' }, 'terminal.denied', by),
        );
    },
  };
}

type Row = { id: string; payload: string; created_at: number; expires_at: number | null };
type Pending = { row: Row; payload: Record<string, unknown>; enrollment: Enrollment };

/** Of a device code, what tells whether it still waits, and for whom. */
const payloadSchema = z.looseObject({
  userCode: z.string(),
  deviceInfo: deviceInfoSchema,
  accountId: z.undefined().optional(),
  error: z.undefined().optional(),
});

/** null when it was decided on already. */
function pendingOf(row: Row): Pending | null {
  const payload = payloadSchema.safeParse(JSON.parse(row.payload)).data;
  if (payload === undefined) return null;
  const { userCode, deviceInfo } = payload;
  const enrollment = {
    userCode: formatUserCode(userCode),
    terminalId: deviceInfo.jkt,
    name: deviceInfo.device_name,
    model: deviceInfo.device_model,
    version: deviceInfo.device_version,
    vault: deviceInfo.device_vault,
    address: deviceInfo.address,
    requestedAt: new Date(row.created_at).toISOString(),
    expiresAt: new Date(row.expires_at ?? row.created_at).toISOString(),
  };
  return { row, payload, enrollment };
}
