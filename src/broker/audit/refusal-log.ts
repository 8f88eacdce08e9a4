import type { AuditEntry } from '../../contract/audit.ts';
import type { Clock } from '../../contract/clock.ts';
import type { AsyncDisposable, Disposable } from '../../contract/disposable.ts';
import type { ErrorCode } from '../../contract/errors.ts';
import type { AuditLog } from './audit-log.ts';

/** A request that was answered with 401, 403 or 429, or with an error of OAuth. */
export type Refusal = {
  code: ErrorCode;
  /** As an operation is called, such as `signIn` or `oauth.token`. */
  route: string;
  address: string;
  /** Null where it was not proven which terminal asks. */
  terminalId: string | null;
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
const nobody: AuditEntry['actor'] = { kind: 'nobody', id: '', name: '' };

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
      const count = countOf(refusal.address);
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

function entryOf({ code, route, address, terminalId }: Refusal): AuditEntry {
  return {
    action: 'request.refused',
    actor: terminalId === null ? nobody : { kind: 'terminal', id: terminalId, name: terminalId },
    target: { kind: 'route', id: route, name: route },
    address,
    terminalId,
    outcome: 'refused',
    code,
    detail: {},
  };
}

/** @param address null for all that were not told apart */
function sumOf(address: string | null, more: number): AuditEntry {
  return {
    action: 'request.refused',
    actor: nobody,
    target: null,
    address,
    terminalId: null,
    outcome: 'refused',
    code: null,
    detail: { more },
  };
}
