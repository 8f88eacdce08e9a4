import type { AuditEntry } from '../../contract/audit.ts';

/** Authentication method references (RFC 8176); `fed`: another provider vouches for the user. */
export type FirstFactor = 'pwd' | 'fed';

export const secondFactorMethods = ['otp', 'mfa'] as const;

/** How a user has shown who they are, as the entry of their sign-in tells it. */
export type SignInMethod = {
  method: 'password' | 'identity-provider' | 'terminal-account';
  secondFactor: boolean;
};

/** Of a terminal, for the account that it was given. */
export const byTerminal: SignInMethod = { method: 'terminal-account', secondFactor: false };

/** @param references as the sign-in page gave them to oidc-provider */
export function methodOf(references: readonly string[] = []): SignInMethod {
  const method = references.includes('fed' satisfies FirstFactor)
    ? 'identity-provider'
    : 'password';
  return { method, secondFactor: secondFactorMethods.every((each) => references.includes(each)) };
}

/** @param identityProvider id of the provider that the user belongs to, if any */
export function signInDetail(
  how: SignInMethod,
  identityProvider: string | null,
): AuditEntry['detail'] {
  return { ...how, ...(identityProvider === null ? {} : { identityProvider }) };
}
