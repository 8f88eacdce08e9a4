import { describe, expect, it } from 'vitest';
import { createPasswords } from '../../../../../src/broker/identity/password.ts';

describe('passwords', () => {
  it('are kept as argon2id, salted', async () => {
    const passwords = createPasswords();
    const [one, two] = [await passwords.hash('secret'), await passwords.hash('secret')];
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
    expect(await passwords.verify(one, 'secret')).toBe(true);
    expect(await passwords.verify(one, 'Secret')).toBe(false);
  });

  it('are the same however the keyboard composes their letters', async () => {
    const passwords = createPasswords();
    expect(await passwords.verify(await passwords.hash('caf\u00e9'), 'cafe\u0301')).toBe(true);
  });

  it('never fit an unknown user', async () => {
    const passwords = createPasswords();
    expect(await passwords.verify(null, 'no user has this password')).toBe(false);
  });
});
