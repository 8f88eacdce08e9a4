import type { AuditEntry, AuditParty } from '../../contract/audit.ts';
import type { Clock } from '../../contract/clock.ts';
import type { AsyncDisposable, Disposable } from '../../contract/disposable.ts';
import type { ErrorCode } from '../../contract/errors.ts';
import { type Actor, nobodyAt } from './actor.ts';
import type { AuditLog } from './audit-log.ts';

/** Somebody was not let in, or asked for what they may not have, or for what cannot be. */
export type Refusal = {
  code: ErrorCode;
  /** As an operation is called, such as `createTicket` or `oauth.token`. */
  route: string;
  /** Who asked, as far as they have proven it. */
  by: Actor;
  /** Whom it was about, such as whose password was guessed; the route where that is not known. */
  target?: AuditParty | undefined;
  /** What exactly was wrong, where the code does not say it all. */
  reason?: string | undefined;
};

/**
 * Refused requests in the audit log. An address that sends very many of them gets an entry for each
 * of the first, and one with the number of the rest when the minute is over: the log neither grows
 * as fast as somebody can send, nor misses that they do.
 */
export type RefusalLog = AsyncDisposable & {
  /** Returns at once; the entry is written soon after, and before `dispose` is over. */
  note(refusal: Refusal): void;
};

type Deps = {
  audit: Pick<AuditLog, 'append'>;
  clock: Clock;
  onFault: (error: unknown) => void;
  /** Entries that each address gets within a minute. */
  entriesEach?: number;
  /** Addresses told apart within a minute; all others are counted as one. */
  addresses?: number;
};

const minuteMs = 60_000;

type Count = { written: number; more: number };

export function createRefusalLog(deps: Deps): RefusalLog {
  const { audit, clock, onFault, entriesEach = 30, addresses = 200 } = deps;
  const counts = new Map<string | null, Count>();
  let minute: Disposable | null = null;
  let writing: Promise<unknown> = Promise.resolve();

  function write(entry: AuditEntry): void {
    writing = writing.then(() => audit.append(entry)).catch(onFault);
  }

  function countOf(address: string | null): Count {
    const key = counts.has(address) || counts.size < addresses ? address : null;
    const count = counts.get(key) ?? { written: 0, more: 0 };
    counts.set(key, count);
    return count;
  }

  function sumUp(): void {
    minute?.dispose();
    minute = null;
    for (const [address, { more }] of counts) {
      if (more > 0) write(sumOf(address, more));
    }
    counts.clear();
  }

  return {
    note: (refusal) => {
      minute ??= clock.after(minuteMs, sumUp);
      const count = countOf(refusal.by.address);
      if (count.written < entriesEach) {
        count.written += 1;
        write(entryOf(refusal));
      } else {
        count.more += 1;
      }
    },
    dispose: async () => {
      sumUp();
      await writing;
    },
  };
}

function entryOf({ code, route, by, target, reason }: Refusal): AuditEntry {
  return {
    ...by,
    action: 'request.refused',
    target: target ?? { kind: 'route', id: route, name: route },
    outcome: 'refused',
    code,
    detail: {
      ...(target === undefined ? {} : { route }),
      ...(reason === undefined ? {} : { reason }),
    },
  };
}

/** @param address null for all that were not told apart */
function sumOf(address: string | null, more: number): AuditEntry {
  return {
    ...nobodyAt(address),
    action: 'request.refused',
    target: null,
    outcome: 'refused',
    code: null,
    detail: { more },
  };
}
