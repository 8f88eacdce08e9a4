import { z } from 'zod';

const httpsOrigin = z
  .url({ protocol: /^https$/ })
  .refine((text) => new URL(text).origin === text, { error: 'give the origin alone, without "/"' });

/** An OpenID provider that vouches for users, as the configuration names it. */
export const identityProviderSchema = z.strictObject({
  /** In addresses and in the store; must stay the same once users have signed in by it. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/, { error: 'use a-z, 0-9 and "-"' }),
  /** What people call it. */
  name: z.string().trim().min(1).max(60),
  /** OpenID Connect Discovery 1.0: `<issuer>/.well-known/openid-configuration` is read. */
  issuer: z.url({ protocol: /^https$/ }),
  clientId: z.string().min(1).max(256),
  /** A file with the client secret alone; without one, the client is public and has PKCE only. */
  clientSecretFile: z.string().min(1).optional(),
  scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/)).default(['profile']),
  /** The claim of the ID token or of UserInfo that lists a user's groups. */
  groupsClaim: z.string().min(1).max(120).default('groups'),
  usernameClaim: z.string().min(1).max(120).default('preferred_username'),
  /** PEM of the only certification authorities that it may show; without it, the public ones. */
  caFile: z.string().min(1).optional(),
  /** Where its sign-in pages lead to beside the issuer's own origin. */
  origins: z.array(httpsOrigin).max(20).default([]),
});
export type IdentityProvider = z.infer<typeof identityProviderSchema>;

export const identityProvidersSchema = z
  .array(identityProviderSchema)
  .max(20)
  .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, {
    error: 'two identity providers have the same id',
  });
