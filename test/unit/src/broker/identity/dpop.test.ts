import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { createProofVerifier } from '../../../../../src/broker/identity/dpop.ts';
import { createNonces } from '../../../../../src/broker/identity/nonces.ts';
import { hashSecret } from '../../../../../src/broker/identity/secret.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';

const origin = 'https://broker.example';
const path = '/v1/desktops';
const token = 'token';

let keys: { privateKey: CryptoKey; jwk: JWK; withSecret: JWK };
beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  keys = {
    privateKey,
    jwk: await exportJWK(publicKey),
    withSecret: await exportJWK(privateKey),
  };
});

function start() {
  const clock = new FakeClock();
  const nonces = createNonces({ secret: Buffer.alloc(32, 1), clock });
  const verifier = createProofVerifier({ clock, nonces, origins: () => new Set([origin]) });
  const verify = (proof: string | undefined) =>
    verifier.verify({ method: 'GET', path, proof, token });
  /** A proof with the nonce to use now. */
  const proofOf = ({ claims, header }: Changes = {}) =>
    proof({ claims: { nonce: nonces.next(), ...claims }, header });
  return { clock, verify, proofOf };
}

const refusedAsUsed = expect.objectContaining({ code: 'proof-invalid', detail: 'jti' });

type Changes = { claims?: object; header?: object | undefined };

function proof({ claims, header }: Changes): Promise<string> {
  return new SignJWT({
    htm: 'GET',
    htu: `${origin}${path}`,
    jti: crypto.randomUUID(),
    iat: 1_700_000_000,
    ath: hashSecret(token),
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: keys.jwk, ...header })
    .sign(keys.privateKey);
}

describe('a proof', () => {
  it('gives the thumbprint of its key', async () => {
    const { verify, proofOf } = start();
    expect(await verify(await proofOf())).toMatchObject({
      terminalId: await calculateJwkThumbprint(keys.jwk),
    });
  });

  it('may name the address with a query, which does not count', async () => {
    const { verify, proofOf } = start();
    await verify(await proofOf({ claims: { htu: `${origin}${path}?after=3` } }));
  });

  it.each<[string, Changes]>([
    ['another method', { claims: { htm: 'POST' } }],
    ['another path', { claims: { htu: `${origin}/v1/sessions` } }],
    ['another broker', { claims: { htu: `https://evil.example${path}` } }],
    ['no address', { claims: { htu: 'nonsense' } }],
    ['another token', { claims: { ath: hashSecret('another') } }],
    ['no token', { claims: { ath: undefined } }],
    ['no id', { claims: { jti: undefined } }],
    ['an id too long to keep', { claims: { jti: 'x'.repeat(129) } }],
    ['no time', { claims: { iat: undefined } }],
    ['another type', { header: { typ: 'JWT' } }],
    ['no key', { header: { jwk: undefined } }],
    ['a key that is none', { header: { jwk: { kty: 'EC', crv: 'P-256', x: 'a', y: 'b' } } }],
  ])('of %s is refused', async (_, changes) => {
    const { verify, proofOf } = start();
    await expect(verify(await proofOf(changes))).rejects.toMatchObject({
      code: 'proof-invalid',
    });
  });

  it('that gives its private key away is refused', async () => {
    const { verify, proofOf } = start();
    const given = await proofOf({ header: { jwk: keys.withSecret } });
    await expect(verify(given)).rejects.toMatchObject({ code: 'proof-invalid' });
  });

  it.each([undefined, '', 'nonsense', 'a.b.c', 'x'.repeat(5_000)])('is not %j', async (proof) => {
    const { verify } = start();
    await expect(verify(proof)).rejects.toMatchObject({ code: 'proof-invalid' });
  });

  it('by another algorithm, or by none, is refused', async () => {
    const { verify, proofOf } = start();
    const [header, payload, signature] = (await proofOf()).split('.');
    for (const alg of ['none', 'HS256', 'RS256']) {
      const fields = JSON.parse(Buffer.from(header ?? '', 'base64url').toString());
      const changed = Buffer.from(JSON.stringify({ ...fields, alg })).toString('base64url');
      for (const end of [signature, '']) {
        await expect(verify(`${changed}.${payload}.${end}`)).rejects.toMatchObject({
          code: 'proof-invalid',
        });
      }
    }
  });

  it('signed by another key than it shows is refused', async () => {
    const { verify, proofOf } = start();
    const stranger = await exportJWK((await generateKeyPair('ES256')).publicKey);
    const given = await proofOf({ header: { jwk: stranger } });
    await expect(verify(given)).rejects.toMatchObject({ code: 'proof-invalid' });
  });

  it('is good once', async () => {
    const { verify, proofOf } = start();
    const proven = await proofOf();
    const first = await verify(proven);
    const second = await verify(proven);
    first.spend();
    expect(() => second.spend()).toThrow(refusedAsUsed);
    expect((await verify(proven)).spend).toThrow(refusedAsUsed);
  });

  it('is not remembered before it is known that its key may be used', async () => {
    const { verify, proofOf } = start();
    const proven = await proofOf();
    await verify(proven);
    expect((await verify(proven)).spend).not.toThrow();
  });

  it('is good as long as its nonce, whatever the clock of the terminal says', async () => {
    const { clock, verify, proofOf } = start();
    const [early, late] = [await proofOf({ claims: { iat: 1 } }), await proofOf()];
    await verify(early);
    clock.pass(300_000);
    await expect(verify(late)).rejects.toMatchObject({ code: 'proof-nonce-needed' });
    await expect(verify(early)).rejects.toMatchObject({ code: 'proof-nonce-needed' });
  });

  it.each([undefined, 'nonsense'])('with the nonce %j is to be made again', async (nonce) => {
    const { verify, proofOf } = start();
    await expect(verify(await proofOf({ claims: { nonce } }))).rejects.toMatchObject({
      code: 'proof-nonce-needed',
    });
  });
});
