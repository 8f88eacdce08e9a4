import type { Enrollments } from '../../identity/enrollments.ts';
import type { EnrollmentTokens } from '../../terminals/enrollment-tokens.ts';
import type { Handlers } from '../handlers.ts';

type Deps = {
  enrollments: Pick<Enrollments, 'list' | 'approve' | 'deny'>;
  enrollmentTokens: EnrollmentTokens;
};

type EnrollmentRoutes =
  | 'listEnrollments'
  | 'approveEnrollment'
  | 'denyEnrollment'
  | 'listEnrollmentTokens'
  | 'createEnrollmentToken'
  | 'revokeEnrollmentToken';

export function enrollmentHandlers(deps: Deps): Pick<Handlers, EnrollmentRoutes> {
  const { enrollments, enrollmentTokens } = deps;
  return {
    listEnrollments: async () => ({ enrollments: await enrollments.list() }),
    approveEnrollment: ({ params, body, caller }) =>
      enrollments.approve(params.userCode, body, caller.by),
    denyEnrollment: ({ params, caller }) => enrollments.deny(params.userCode, caller.by),
    listEnrollmentTokens: async () => ({ tokens: await enrollmentTokens.list() }),
    createEnrollmentToken: ({ body, caller }) => enrollmentTokens.create(body, caller.by),
    revokeEnrollmentToken: ({ params, caller }) => enrollmentTokens.revoke(params.id, caller.by),
  };
}
