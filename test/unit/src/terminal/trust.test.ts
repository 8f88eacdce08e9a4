import * as jose from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Trust,
  type TrustStatement,
  trustStatementType,
} from '../../../../src/contract/identity.ts';
import { adoptStatements } from '../../../../src/terminal/trust.ts';

/** A digest of nothing in particular. */
const digest = (letter: string) => letter.repeat(43);
const [leaf, oldCa, newCa, otherCa] = ['l', 'o', 'n', 'x'].map(digest) as [
  string,
  string,
  string,
  string,
]; // one for each letter

type Key = { thumbprint: string; sign: Sign };
type Sign = (statement: Partial<TrustStatement>, header?: Partial<Header>) => Promise<string>;
type Header = { alg: string; typ: string; jwk: jose.JWK };

let first: Key;
let second: Key;
let third: Key;
let pinned: Trust;

beforeAll(async () => {
  [first, second, third] = [await createKey(), await createKey(), await createKey()];
  pinned = { anchors: [oldCa], identityKey: first.thumbprint, sequence: 3 };
});

async function createKey(): Promise<Key> {
  const { privateKey, publicKey } = await jose.generateKeyPair('ES256', { extractable: true });
  const jwk = await jose.exportJWK(publicKey);
  const thumbprint = await jose.calculateJwkThumbprint(jwk);
  const sign: Sign = (statement, header = {}) =>
    new jose.SignJWT({ iss: thumbprint, iat: 1, sequence: 4, anchors: [oldCa], ...statement })
      .setProtectedHeader({ alg: 'ES256', typ: trustStatementType, jwk, ...header })
      .sign(privateKey);
  return { thumbprint, sign };
}

function unsigned(): string {
  const part = (value: object) => jose.base64url.encode(JSON.stringify(value));
  const header = { alg: 'none', typ: trustStatementType };
  const statement = { iss: first.thumbprint, iat: 1, sequence: 9, anchors: [otherCa] };
  return `${part(header)}.${part(statement)}.`;
}

const shown = (chain: string[]) => ({ chain, fault: null });

/** Each gives its statements, since the keys are not there when the table is made. */
type Row = [string, () => Promise<string>[], string[]];

describe('a terminal that has pinned a key', () => {
  it.each<[...Row, () => Partial<Trust>]>([
    ['nothing new', () => [first.sign({ sequence: 3 })], [leaf, oldCa], () => pinned],
    [
      'other anchors',
      () => [first.sign({ anchors: [oldCa, newCa] })],
      [leaf, newCa],
      () => ({ anchors: [oldCa, newCa], sequence: 4 }),
    ],
    [
      'a gap in the numbers',
      () => [first.sign({ sequence: 40, anchors: [newCa] })],
      [leaf, newCa],
      () => ({ sequence: 40 }),
    ],
    [
      'a successor, and what that says',
      () => [
        first.sign({ successor: second.thumbprint }),
        second.sign({ sequence: 5, anchors: [newCa] }),
      ],
      [leaf, newCa],
      () => ({ identityKey: second.thumbprint, anchors: [newCa], sequence: 5 }),
    ],
    [
      'two successors',
      () => [
        first.sign({ successor: second.thumbprint }),
        second.sign({ sequence: 5, successor: third.thumbprint }),
        third.sign({ sequence: 6 }),
      ],
      [leaf, oldCa],
      () => ({ identityKey: third.thumbprint, sequence: 6 }),
    ],
    [
      'the history before the pinned key, by keys of old',
      () => [
        second.sign({ sequence: 1, successor: first.thumbprint }),
        first.sign({ sequence: 3 }),
      ],
      [leaf, oldCa],
      () => pinned,
    ],
  ])('goes along with %s', async (_, statements, chain, expected) => {
    const adopted = await adoptStatements(pinned, await Promise.all(statements()), shown(chain));
    expect(adopted).toMatchObject(expected());
  });

  it.each<Row>([
    ['a chain that meets no anchor', () => [first.sign({ sequence: 3 })], [leaf, otherCa]],
    ['an empty chain', () => [first.sign({ anchors: [newCa] })], []],
    ['another key, of a later number', () => [second.sign({ anchors: [otherCa] })], [otherCa]],
    [
      'an older statement once more, and the authority of then',
      () => [first.sign({ sequence: 2, anchors: [otherCa] })],
      [otherCa],
    ],
    [
      'another statement of the number that is known',
      () => [first.sign({ sequence: 3, anchors: [otherCa] })],
      [otherCa],
    ],
    [
      'the old key after it named its successor',
      () => [
        first.sign({ successor: second.thumbprint }),
        first.sign({ sequence: 5, anchors: [otherCa] }),
      ],
      [otherCa],
    ],
    [
      'a successor that the pinned key did not name',
      () => [
        first.sign({ successor: second.thumbprint }),
        third.sign({ sequence: 5, anchors: [otherCa] }),
      ],
      [otherCa],
    ],
    ['no signature', () => [Promise.resolve(unsigned())], [otherCa]],
    ['what is not a statement', () => [Promise.resolve('x')], [oldCa]],
    [
      'the signature of another in the name of the pinned key',
      () => [second.sign({ iss: first.thumbprint, anchors: [otherCa] })],
      [otherCa],
    ],
    [
      'a token of another type',
      () => [first.sign({ anchors: [otherCa] }, { typ: 'dpop+jwt' })],
      [otherCa],
    ],
    [
      'fields that do not belong there',
      () => [first.sign({ anchors: [otherCa], ...{ admin: true } })],
      [otherCa],
    ],
    [
      'a changed statement',
      () => [
        first.sign({}).then((jws) => {
          const [header, , signature] = jws.split('.');
          const statement = { iss: first.thumbprint, iat: 1, sequence: 4, anchors: [otherCa] };
          return [header, jose.base64url.encode(JSON.stringify(statement)), signature].join('.');
        }),
      ],
      [otherCa],
    ],
  ])('refuses %s', async (_, statements, chain) => {
    const adopting = adoptStatements(pinned, await Promise.all(statements()), shown(chain));
    await expect(adopting).rejects.toMatchObject({ code: 'broker-key-changed' });
  });

  it.each(['broker-certificate-expired', 'broker-name-wrong'] as const)(
    'tells what else is wrong with a key that it knows: %s',
    async (code) => {
      const fault = { code, chain: [leaf, oldCa] };
      const adopting = adoptStatements(pinned, [], { chain: [], fault });
      await expect(adopting).rejects.toMatchObject({ code });
      const other = { chain: [], fault: { code, chain: [leaf, otherCa] } };
      await expect(adoptStatements(pinned, [], other)).rejects.toMatchObject({
        code: 'broker-key-changed',
      });
    },
  );

  it('stays with what it knows when it is told nothing', async () => {
    expect(await adoptStatements(pinned, [], shown([leaf, oldCa]))).toEqual(pinned);
  });
});

describe('a terminal at its first contact', () => {
  it('takes the last statement at its word', async () => {
    const statements = [
      await first.sign({ successor: second.thumbprint }),
      await second.sign({ sequence: 5, anchors: [newCa] }),
    ];
    expect(await adoptStatements(null, statements, shown([leaf, newCa]))).toEqual({
      anchors: [newCa],
      identityKey: second.thumbprint,
      sequence: 5,
    });
  });

  it('believes in the successor when the last statement names one', async () => {
    const statements = [await first.sign({ successor: second.thumbprint })];
    const { identityKey } = await adoptStatements(null, statements, shown([oldCa]));
    expect(identityKey).toBe(second.thumbprint);
  });

  it('refuses a broker that shows none of the keys that it names', async () => {
    const adopting = adoptStatements(null, [await first.sign({})], shown([leaf, otherCa]));
    await expect(adopting).rejects.toMatchObject({ code: 'broker-answer-invalid' });
  });

  it.each([
    ['nothing', () => []],
    ['an unsigned statement', () => [unsigned()]],
  ])('does not understand %s', async (_, statements) => {
    const adopting = adoptStatements(null, statements(), shown([otherCa]));
    await expect(adopting).rejects.toMatchObject({ code: 'broker-answer-invalid' });
  });
});
