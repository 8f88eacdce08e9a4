import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { createProofVerifier } from '../../../../../src/broker/identity/dpop.ts';
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
  const verifier = createProofVerifier({ clock, origins: () => new Set([origin]) });
  const verify = (proof: string | undefined) =>
    verifier.verify({ method: 'GET', path, proof, token });
  return { clock, verify };
}

type Changes = { claims?: object; header?: object };

function proofAt(now: number, { claims, header }: Changes = {}): Promise<string> {
  return new SignJWT({
    htm: 'GET',
    htu: `${origin}${path}`,
    jti: crypto.randomUUID(),
    iat: Math.floor(now / 1000),
    ath: hashSecret(token),
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: keys.jwk, ...header })
    .sign(keys.privateKey);
}

describe('a proof', () => {
  it('gives the thumbprint of its key', async () => {
    const { clock, verify } = start();
    expect(await verify(await proofAt(clock.now()))).toBe(await calculateJwkThumbprint(keys.jwk));
  });

  it('may name the address with a query, which does not count', async () => {
    const { clock, verify } = start();
    await verify(await proofAt(clock.now(), { claims: { htu: `${origin}${path}?after=3` } }));
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
    const { clock, verify } = start();
    await expect(verify(await proofAt(clock.now(), changes))).rejects.toMatchObject({
      code: 'proof-invalid',
    });
  });

  it('that gives its private key away is refused', async () => {
    const { clock, verify } = start();
    const proof = await proofAt(clock.now(), { header: { jwk: keys.withSecret } });
    await expect(verify(proof)).rejects.toMatchObject({ code: 'proof-invalid' });
  });

  it.each([undefined, '', 'nonsense', 'a.b.c', 'x'.repeat(5_000)])('is not %j', async (proof) => {
    const { verify } = start();
    await expect(verify(proof)).rejects.toMatchObject({ code: 'proof-invalid' });
  });

  it('by another algorithm, or by none, is refused', async () => {
    const { clock, verify } = start();
    const [header, payload, signature] = (await proofAt(clock.now())).split('.');
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
    const { clock, verify } = start();
    const stranger = await exportJWK((await generateKeyPair('ES256')).publicKey);
    const proof = await proofAt(clock.now(), { header: { jwk: stranger } });
    await expect(verify(proof)).rejects.toMatchObject({ code: 'proof-invalid' });
  });

  it('is good for a minute, before and after, and once', async () => {
    const { clock, verify } = start();
    const proof = await proofAt(clock.now());
    clock.pass(60_000);
    await verify(proof);
    await expect(verify(proof)).rejects.toMatchObject({ detail: 'jti' });
    await verify(await proofAt(clock.now() + 60_000));
    await expect(verify(await proofAt(clock.now() - 61_000))).rejects.toMatchObject({
      detail: 'iat',
    });
    await expect(verify(await proofAt(clock.now() + 61_000))).rejects.toMatchObject({
      detail: 'iat',
    });
  });
});
