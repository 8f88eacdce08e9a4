import { CodedError } from '../../../contract/errors.ts';
import { doneBy } from '../../access/audit-entry.ts';
import type { AuditLog } from '../../audit/audit-log.ts';
import type { SessionHistory } from '../../sessions/session-history.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import type { Handlers } from '../handlers.ts';

type Deps = {
  sessionHistory: SessionHistory;
  sessions: Pick<Sessions, 'end'>;
  audit: Pick<AuditLog, 'append'>;
};

export function runningSessionHandlers(
  deps: Deps,
): Pick<Handlers, 'listSessions' | 'endSessionOfUser'> {
  const { sessionHistory, sessions, audit } = deps;
  return {
    listSessions: async () => ({ sessions: await sessionHistory.list() }),
    endSessionOfUser: async ({ params: { id }, caller }) => {
      const session = await sessionHistory.find(id);
      if (session === null) throw new CodedError('session-not-found');
      await sessions.end(session.userId, id);
      const { username, desktop } = session;
      await audit.append(
        doneBy(caller.by, 'session.ended', { kind: 'session', id, name: desktop }, { username }),
      );
    },
  };
}
