import type { SignIn } from '../identity/sign-in.ts';
import type { Handlers } from './handlers.ts';

type TokenRoutes = 'signIn' | 'signOut' | 'lock';

export function tokenHandlers({ signIn }: { signIn: SignIn }): Pick<Handlers, TokenRoutes> {
  return {
    signIn: ({ body, caller }) =>
      body.grant === 'resume'
        ? signIn.resume(caller.terminalId)
        : signIn.withPassword(caller.terminalId, body.username, body.password),
    signOut: ({ caller }) => signIn.signOut(caller.terminalId, caller.user.id),
    lock: ({ caller }) => signIn.lock(caller.terminalId),
  };
}
