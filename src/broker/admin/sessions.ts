import { CodedError } from '../../contract/errors.ts';
import type { SessionHistory } from '../sessions/session-history.ts';

export function sessionAdmin({ sessionHistory }: { sessionHistory: SessionHistory }) {
  return {
    /** The newest first. */
    listSessions: () => sessionHistory.list(),

    /** Where the guest's console and QEMU's messages were written; old files are cleared away. */
    logsOf: async (sessionId: string): Promise<{ console: string; qemu: string }> => {
      const session = await sessionHistory.find(sessionId);
      if (session?.logs) return session.logs;
      throw new CodedError('config-invalid', { detail: `there is no session ${sessionId}` });
    },
  };
}
