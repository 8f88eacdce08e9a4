import { CodedError } from '../../../contract/errors.ts';
import type { SessionHistory } from '../../sessions/session-history.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import type { Handlers } from '../handlers.ts';

type Deps = { sessionHistory: SessionHistory; sessions: Pick<Sessions, 'end'> };

export function runningSessionHandlers({
  sessionHistory,
  sessions,
}: Deps): Pick<Handlers, 'listSessions' | 'endSessionOfUser'> {
  return {
    listSessions: async ({ query }) => ({ sessions: await sessionHistory.list(query) }),
    endSessionOfUser: async ({ params: { id }, caller }) => {
      const session = await sessionHistory.find(id);
      if (session === null) throw new CodedError('session-not-found');
      await sessions.end(session.userId, id, caller.by);
    },
  };
}
