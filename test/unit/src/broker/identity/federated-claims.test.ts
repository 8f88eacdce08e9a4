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

  it.each([
    ['Ada Lovelace', 'ada-lovelace'],
    ['  ada\n', 'ada'],
    ['ada\u202e\u200bnimda\u0007', 'adanimda'],
    ['ａｄａ', 'ada'],
    ['x'.repeat(80), 'x'.repeat(64)],
    [`${'x'.repeat(63)}😀`, 'x'.repeat(63)],
    ['\u200b', 'subject'],
    [7, 'subject'],
  ])('give %j the name %j', (preferred_username, username) => {
    expect(readIdentity(settings, { sub: 'subject', preferred_username }).username).toBe(username);
  });

  it('show a name without what turns it around', () => {
    const name = ' Ada\u202e \n Lovelace\u0000 ';
    expect(readIdentity(settings, { sub: '1', name }).displayName).toBe('Ada Lovelace');
  });

  it('are refused when nothing of them can be a name', () => {
    expect(() => readIdentity(settings, { sub: '\u200b' })).toThrow(
      expect.objectContaining({ code: 'identity-provider-refused' }),
    );
  });

  it('leave open which groups, where those are elsewhere', () => {
    const overage = { sub: '1', _claim_names: { groups: 'src1' } };
    expect(readIdentity(settings, overage).groups).toBeNull();
    expect(readIdentity({ ...settings, groupsClaim: 'roles' }, overage).groups).toEqual([]);
    expect(readIdentity(settings, { ...overage, groups: ['a'] }).groups).toEqual(['a']);
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
