import type { Sessions } from '../sessions/sessions.ts';
import type { Messages } from './messages.ts';

/** Brings what is not read yet to the sessions that it is for. */
export async function tellMessages(
  messages: Pick<Messages, 'unread'>,
  sessions: Pick<Sessions, 'live'>,
): Promise<void> {
  const unread = await messages.unread();
  for (const session of sessions.live()) session.tell(unread.get(session.facts.id) ?? []);
}
