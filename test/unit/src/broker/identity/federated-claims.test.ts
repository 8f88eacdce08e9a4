import { describe, expect, it } from 'vitest';
import { readIdentity } from '../../../../../src/broker/identity/federated-claims.ts';
import {
  identityProviderSchema,
  identityProvidersSchema,
} from '../../../../../src/broker/identity/federation-config.ts';

const given = { id: 'corp', name: 'Corp', issuer: 'https://id.example', clientId: 'porthole' };
const settings = identityProviderSchema.parse(given);

describe('the claims of an identity provider', () => {
  it('are read under the usual names', () => {
    const claims = { sub: '1', preferred_username: 'Ada', name: 'Ada L.', groups: ['a', 'b', 'a'] };
    expect(readIdentity(settings, claims)).toEqual({
      provider: 'corp',
      subject: '1',
      username: 'ada',
      displayName: 'Ada L.',
      groups: ['a', 'b'],
    });
  });

  it('are read under the names that the configuration has', () => {
    const own = { ...settings, groupsClaim: 'roles', usernameClaim: 'upn' };
    const identity = readIdentity(own, { sub: '1', upn: 'ada@example', roles: 'staff' });
    expect(identity).toMatchObject({ username: 'ada@example', groups: ['staff'] });
  });

  it('make do without a name', () => {
    expect(readIdentity(settings, { sub: 'x1' })).toMatchObject({ username: 'x1', groups: [] });
  });

  it.each([[{ a: 1 }], [[1, null, '', 'x'.repeat(201)]], [null]])(
    'have no groups in %j',
    (groups) => {
      expect(readIdentity(settings, { sub: '1', groups }).groups).toEqual([]);
    },
  );

  it.each([[undefined], [''], [7], ['x'.repeat(256)]])('are refused with the subject %j', (sub) => {
    expect(() => readIdentity(settings, { sub })).toThrow(
      expect.objectContaining({ code: 'identity-provider-refused' }),
    );
  });
});

describe('the configuration of an identity provider', () => {
  it.each([
    ['plain HTTP', { issuer: 'http://id.example' }],
    ['an id that is no part of an address', { id: '../x' }],
    ['an origin with a path', { origins: ['https://id.example/x'] }],
    ['a scope with a space', { scopes: ['a b'] }],
  ])('refuses %s', (_what, wrong) => {
    expect(identityProviderSchema.safeParse({ ...given, ...wrong }).success).toBe(false);
  });

  it('refuses two of one id', () => {
    expect(identityProvidersSchema.safeParse([given, given]).success).toBe(false);
  });
});
