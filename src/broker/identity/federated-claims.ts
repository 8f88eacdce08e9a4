import { z } from 'zod';
import { CodedError } from '../../contract/errors.ts';
import type { IdentityProvider } from './federation-config.ts';

export type Claims = { readonly [name: string]: unknown };

/** Somebody, on the word of an identity provider. */
export type VouchedIdentity = {
  provider: string;
  /** `sub`: never given to another (OpenID Connect Core 1.0 section 5.7), unlike the names. */
  subject: string;
  username: string;
  displayName: string;
  groups: readonly string[];
};

const subjectSchema = z.string().min(1).max(255);
const textSchema = z.string().trim().min(1);
const groupSchema = z.string().min(1).max(200);
const mostGroups = 1_000;
const longestUsername = 64;
const longestName = 80;

/** Reads what the claims say under the names that the configuration has for them. */
export function readIdentity(settings: IdentityProvider, claims: Claims): VouchedIdentity {
  const subject = subjectSchema.safeParse(claims.sub);
  if (!subject.success) throw new CodedError('identity-provider-refused', { detail: 'sub' });
  const username = textOf(claims[settings.usernameClaim]) ?? textOf(claims.email) ?? subject.data;
  return {
    provider: settings.id,
    subject: subject.data,
    username: username.normalize('NFKC').toLowerCase().slice(0, longestUsername),
    displayName: (textOf(claims.name) ?? username).slice(0, longestName),
    groups: groupsOf(claims[settings.groupsClaim]),
  };
}

function textOf(claim: unknown): string | null {
  const parsed = textSchema.safeParse(claim);
  return parsed.success ? parsed.data : null;
}

/** A list, or a single name: providers send both. What is not a name is left out. */
function groupsOf(claim: unknown): string[] {
  const listed = Array.isArray(claim) ? claim : [claim];
  const names = listed.flatMap((each) => {
    const parsed = groupSchema.safeParse(each);
    return parsed.success ? [parsed.data] : [];
  });
  return [...new Set(names)].slice(0, mostGroups);
}
