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
  /** null where the provider has too many to list them. */
  groups: readonly string[] | null;
};

const subjectSchema = z.string().min(1).max(255);
const groupSchema = z.string().min(1).max(200);
const mostGroups = 1_000;
const longestUsername = 64;
const longestName = 80;

/**
 * Nothing that cannot be seen, which makes two names look like one: controls, the format characters
 * that turn the direction of what follows, and what has no meaning.
 */
const unseen = /\p{C}/gu;

/** Reads what the claims say under the names that the configuration has for them. */
export function readIdentity(settings: IdentityProvider, claims: Claims): VouchedIdentity {
  const subject = subjectSchema.safeParse(claims.sub);
  if (!subject.success) throw new CodedError('identity-provider-refused', { detail: 'sub' });
  const named = [claims[settings.usernameClaim], claims.email, claims.sub].map(usernameOf);
  const username = named.find((name) => name !== null);
  if (username === undefined) throw new CodedError('identity-provider-refused', { detail: 'name' });
  return {
    provider: settings.id,
    subject: subject.data,
    username,
    displayName: cut(textOf(claims.name) ?? username, longestName),
    groups: isOverage(claims, settings.groupsClaim) ? null : groupsOf(claims[settings.groupsClaim]),
  };
}

/** As people type it (see usernameSchema), and in one word, so that it is one in a log too. */
function usernameOf(claim: unknown): string | null {
  const text = textOf(claim)?.normalize('NFKC').toLowerCase().replaceAll(/\s+/gu, '-');
  return text === undefined ? null : cut(text, longestUsername);
}

/**
 * Whether the claim is elsewhere (OpenID Connect Core 1.0 section 5.6.2): so do providers say that
 * somebody is in more groups than a token can hold.
 */
function isOverage(claims: Claims, name: string): boolean {
  const elsewhere = z.record(z.string(), z.unknown()).safeParse(claims._claim_names);
  return claims[name] === undefined && elsewhere.success && Object.hasOwn(elsewhere.data, name);
}

function textOf(claim: unknown): string | null {
  if (typeof claim !== 'string') return null;
  // White space of any kind first: line breaks are among what is not seen.
  const text = claim.replaceAll(/\s+/gu, ' ').replaceAll(unseen, '').trim();
  return text === '' ? null : text;
}

/** Never in the middle of a character. */
function cut(text: string, longest: number): string {
  return text.slice(0, longest).replace(/[\ud800-\udbff]$/, '');
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
