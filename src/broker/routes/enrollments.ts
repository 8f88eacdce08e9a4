import type { Enrollments } from '../identity/enrollments.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Handlers } from './handlers.ts';

type Deps = { enrollments: Enrollments; sessions: Pick<Sessions, 'endOnTerminal'> };

export function enrollmentHandlers(deps: Deps): Pick<Handlers, 'enroll' | 'unenroll'> {
  const { enrollments, sessions } = deps;
  return {
    enroll: ({ body, caller, address }) =>
      enrollments.enroll({ ...body, terminalId: caller.terminalId, address }),
    unenroll: async ({ caller }) => {
      await enrollments.revoke(caller.terminalId);
      await sessions.endOnTerminal(caller.terminalId, null);
    },
  };
}
