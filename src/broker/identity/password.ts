import { hash, verify } from '@node-rs/argon2';

export type Passwords = {
  /** argon2id in PHC form. */
  hash(password: string): Promise<string>;
  /** Whether it is the one; with `null`, for an unknown user, false after as much work. */
  verify(stored: string | null, password: string): Promise<boolean>;
};

/** OWASP's minimum for argon2id: 19 MiB, two passes. argon2id is the library's default. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export function createPasswords(): Passwords {
  let decoy: Promise<string> | null = null;
  return {
    hash: (password) => hash(password.normalize('NFC'), cost),
    verify: async (stored, password) => {
      // An answer that comes sooner for unknown names would tell which names exist.
      decoy ??= hash('no user has this password', cost);
      const matches = await verify(stored ?? (await decoy), password.normalize('NFC'));
      return stored !== null && matches;
    },
  };
}
