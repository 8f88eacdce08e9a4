import { exportJWK, exportPKCS8, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { hashSecret } from '../../../src/broker/identity/secret.ts';
import type { ErrorCode } from '../../../src/contract/errors.ts';
import type { SignedCall } from '../../fakes/fake-terminal.ts';
import { type Attack, outcomeOf } from '../attack.ts';
import type { AttackedBroker } from '../attacked-broker.ts';

type Seated = Awaited<ReturnType<AttackedBroker['seated']>>;
type Forge = (seated: Seated, broker: AttackedBroker) => Promise<SignedCall> | SignedCall;

const path = '/v1/desktops';
const route = 'listDesktops';

/** A request with the token of a user who is signed in, and a proof that is not what it should be. */
function forged(name: string, forge: Forge, code: ErrorCode = 'proof-invalid'): Attack {
  return {
    name,
    has: 'the access token of a user',
    attempt: async (broker) => {
      const seated = await broker.seated();
      await seated.terminal.call(route);
      return outcomeOf(await seated.terminal.callOnce(route, await forge(seated, broker)));
    },
    refused: { status: 401, code },
    // A proof without a nonce is how every terminal begins.
    audit: code === 'proof-nonce-needed' ? null : { code, route },
  };
}

/** What a right proof would say. */
function claimsFor({ terminal }: Seated, { origin, clock }: AttackedBroker) {
  return {
    htm: 'GET',
    htu: `${origin}${path}`,
    jti: crypto.randomUUID(),
    iat: Math.floor(clock.now() / 1000),
    nonce: terminal.nonce,
    ath: hashSecret(terminal.accessToken ?? ''),
  };
}

export const proofAttacks: readonly Attack[] = [
  forged('a request without a proof', () => ({ proof: null })),
  {
    name: 'a proof that was sent before',
    has: 'a copy of a request as the terminal sent it',
    attempt: async ({ seated }) => {
      const { terminal } = await seated();
      await terminal.call(route);
      const proof = await terminal.proof('GET', path, terminal.accessToken);
      await terminal.callOnce(route, { proof });
      return outcomeOf(await terminal.callOnce(route, { proof }));
    },
    refused: { status: 401, code: 'proof-invalid' },
    audit: { code: 'proof-invalid', route },
  },
  forged('a proof for another method', () => ({ claims: { htm: 'POST' } })),
  forged('a proof for another path', (_, { origin }) => ({
    claims: { htu: `${origin}/v1/user` },
  })),
  forged('a proof for another broker', () => ({
    claims: { htu: `https://elsewhere.example${path}` },
  })),
  forged('a proof for the broker without TLS', (_, { origin }) => ({
    claims: { htu: `${origin.replace('https', 'http')}${path}` },
  })),
  forged('a proof for another token', () => ({ claims: { ath: hashSecret('another token') } })),
  forged('a proof that names no token', () => ({ claims: { ath: undefined } })),
  forged('a proof without an id', () => ({ claims: { jti: undefined } })),
  forged('a proof without a nonce', () => ({ claims: { nonce: undefined } }), 'proof-nonce-needed'),
  forged(
    'a proof with a nonce that somebody made up',
    () => ({ claims: { nonce: 'A'.repeat(43) } }),
    'proof-nonce-needed',
  ),
  forged(
    'a proof that was kept for later',
    async ({ terminal }, { clock }) => {
      const proof = await terminal.proof('GET', path, terminal.accessToken);
      clock.pass(6 * 60_000);
      return { proof };
    },
    'proof-nonce-needed',
  ),
  forged('a proof that expired', (_, { clock }) => ({
    claims: { exp: Math.floor(clock.now() / 1000) - 60 },
  })),
  forged('a proof of another type', () => ({ header: { typ: 'JWT' } })),
  forged('a proof that nobody signed', async (seated, broker) => ({
    proof: new UnsecuredJWT(claimsFor(seated, broker)).encode(),
  })),
  forged('a proof signed with the public key as if it were a secret', async (seated, broker) => {
    const { publicKey } = await generateKeyPair('ES256');
    const jwk = await exportJWK(publicKey);
    const secret = new TextEncoder().encode(JSON.stringify(jwk));
    const header = { alg: 'HS256', typ: 'dpop+jwt', jwk: { kty: 'oct', k: jwk.x ?? '' } };
    return {
      proof: await new SignJWT(claimsFor(seated, broker)).setProtectedHeader(header).sign(secret),
    };
  }),
  forged('a proof of a key of another kind', async (seated, broker) => {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const header = { alg: 'RS256', typ: 'dpop+jwt', jwk: await exportJWK(publicKey) };
    const proof = await new SignJWT(claimsFor(seated, broker))
      .setProtectedHeader(header)
      .sign(privateKey);
    return { proof };
  }),
  forged('a proof that tells its private key', async (seated, broker) => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const header = { alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(privateKey) };
    const proof = await new SignJWT(claimsFor(seated, broker))
      .setProtectedHeader(header)
      .sign(privateKey);
    return { proof };
  }),
  forged('a proof whose signature is of another', async ({ terminal }) => {
    const [head, claims] = (await terminal.proof('GET', path, terminal.accessToken)).split('.');
    const other = await terminal.proof('GET', path, terminal.accessToken);
    return { proof: `${head}.${claims}.${other.split('.')[2]}` };
  }),
  forged('a key in PEM for a proof', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    return { proof: (await exportPKCS8(privateKey)).replaceAll('\n', '') };
  }),
  forged('two proofs at once', async ({ terminal }) => {
    const one = await terminal.proof('GET', path, terminal.accessToken);
    const two = await terminal.proof('GET', path, terminal.accessToken);
    return { proof: `${one}, ${two}` };
  }),
  forged('a proof longer than any', () => ({ claims: { more: 'x'.repeat(8_000) } })),
  {
    name: 'the access token of a user as a bearer token',
    has: 'the access token of a user',
    attempt: async ({ seated, send, origin }) => {
      const { terminal } = await seated();
      const authorization = `Bearer ${terminal.accessToken}`;
      const headers = { host: new URL(origin).host, authorization };
      return outcomeOf(await send({ method: 'GET', path, headers, payload: undefined }));
    },
    refused: { status: 401, code: 'not-signed-in' },
    audit: { code: 'not-signed-in', route },
  },
  {
    name: 'a copied access token, at another terminal that is enrolled',
    has: 'the access token of a user, and a terminal of one’s own',
    attempt: async ({ seated, terminal }) => {
      const thief = await terminal();
      const victim = await seated();
      return outcomeOf(await thief.call(route, { token: victim.terminal.accessToken }));
    },
    refused: { status: 401, code: 'proof-invalid' },
    audit: { code: 'proof-invalid', route },
  },
  {
    name: 'the token of a terminal where that of a user is asked for',
    has: 'a terminal of one’s own',
    attempt: async ({ terminal }) => {
      const own = await terminal();
      return outcomeOf(await own.call(route, { token: own.terminalToken }));
    },
    refused: { status: 401, code: 'not-signed-in' },
    audit: { code: 'not-signed-in', route },
  },
  {
    name: 'a key that was never enrolled',
    has: 'nothing',
    attempt: async ({ stranger }) =>
      outcomeOf(await (await stranger()).call('getTerminal', { token: 'a'.repeat(43) })),
    refused: { status: 401, code: 'terminal-unknown' },
    audit: { code: 'terminal-unknown', route: 'getTerminal' },
  },
  {
    name: 'a copied key and its token, once the terminal is revoked',
    has: 'all that a terminal keeps',
    attempt: async ({ admin, terminal, clock }) => {
      const own = await terminal();
      await admin.revokeTerminal(own.id);
      clock.pass(6_000);
      return outcomeOf(await own.call('getTerminal'));
    },
    refused: { status: 401, code: 'terminal-unknown' },
    audit: { code: 'terminal-unknown', route: 'getTerminal' },
  },
];
