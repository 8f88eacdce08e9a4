import type { z } from 'zod';
import { sessionQuerySchema } from '../../contract/admin.ts';
import { CodedError } from '../../contract/errors.ts';
import { newMessageSchema } from '../../contract/help-desk.ts';
import { sessionIdSchema } from '../../contract/session.ts';
import { commandLine } from '../audit/actor.ts';
import { checkedInput } from '../checked-input.ts';
import type { Messages } from '../help-desk/messages.ts';
import type { SessionHistory } from '../sessions/session-history.ts';

type Deps = { sessionHistory: SessionHistory; messages: Pick<Messages, 'send'> };

export function sessionAdmin({ sessionHistory, messages }: Deps) {
  return {
    /** The newest first. */
    listSessions: (query: z.input<typeof sessionQuerySchema> = {}) =>
      sessionHistory.list(checkedInput(sessionQuerySchema, query)),

    /** A running broker ends it at its next look. */
    endSession: async (sessionId: string): Promise<void> =>
      sessionHistory.askToEnd(checkedInput(sessionIdSchema, sessionId), commandLine),

    /** A running broker tells its user at its next look. */
    sendMessage: async (sessionId: string, text: string): Promise<void> => {
      const id = checkedInput(sessionIdSchema, sessionId);
      await messages.send(id, checkedInput(newMessageSchema, { text }).text, null, commandLine);
    },

    /** Where the guest's console and QEMU's messages were written; old files are cleared away. */
    logsOf: async (sessionId: string): Promise<{ console: string; qemu: string }> => {
      const session = await sessionHistory.find(sessionId);
      if (session?.logs) return session.logs;
      throw new CodedError('command-invalid', { detail: `there is no session ${sessionId}` });
    },
  };
}
