import type { SignInOrigin } from '../../contract/identity.ts';
import type { Terminals } from '../terminals/terminals.ts';
import type { Handlers } from './handlers.ts';

type Deps = {
  terminals: Pick<Terminals, 'profile' | 'report'>;
  /** Where a sign-in may lead beside the broker itself. */
  signInOrigins(): Promise<SignInOrigin[]>;
};

export function terminalHandlers({
  terminals,
  signInOrigins,
}: Deps): Pick<Handlers, 'getTerminal' | 'reportTerminal'> {
  return {
    getTerminal: async ({ caller }) => ({
      ...(await terminals.profile(caller.terminalId)),
      signInOrigins: await signInOrigins(),
    }),
    reportTerminal: ({ caller, body }) => terminals.report(caller.terminalId, body, caller.by),
  };
}
