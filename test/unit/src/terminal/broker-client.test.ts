import * as jose from 'jose';
import { beforeEach, expect, it } from 'vitest';
import { type BrokerClient, createBrokerClient } from '../../../../src/terminal/broker-client.ts';
import { connectTo } from '../../../../src/terminal/connection.ts';
import {
  createDeviceKey,
  type PrivateKey,
  thumbprint,
} from '../../../../src/terminal/device-key.ts';
import { TokenSource } from '../../../../src/terminal/token-source.ts';
import { FakeClock } from '../../../fakes/fake-clock.ts';
import { FakeBroker } from './fake-broker.ts';
import { broker as origin, session } from './fixtures.ts';

let fake: FakeBroker;
let key: PrivateKey;
let client: BrokerClient;

beforeEach(async () => {
  fake = new FakeBroker();
  fake.taken.user = 'access';
  fake.network.pin(origin, [fake.keys.ca]);
  key = await createDeviceKey();
  const clock = new FakeClock();
  const { oauth, fetch } = await connectTo(
    origin,
    key,
    { clock, network: fake.network },
    async (e) => {
      throw e;
    },
  );
  const tokens = new TokenSource(
    { accessToken: 'access', refreshToken: 'refresh', expiresIn: 600 },
    {
      clock,
      refresh: () => Promise.reject(new Error('nothing has expired')),
      keep: async () => undefined,
    },
  );
  client = createBrokerClient({ oauth, fetch, tokensFor: () => tokens });
});

const getSession = { params: { id: session.id }, query: { after: 3 } };

async function sentRequest(): Promise<Request> {
  await client.call('getSession', getSession);
  const request = fake.sentTo(`/v1/sessions/${session.id}`)[0];
  if (request === undefined) throw new Error('nothing was sent');
  return request;
}

it('signs each request as RFC 9449 wants it, with the nonce of the broker', async () => {
  const request = await sentRequest();
  const { payload, protectedHeader } = await jose.jwtVerify(
    request.headers.get('DPoP') ?? '',
    jose.EmbeddedJWK,
    { typ: 'dpop+jwt', algorithms: ['ES256'] },
  );
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('access'));
  expect(payload).toMatchObject({
    htm: 'GET',
    htu: `${origin}/v1/sessions/${session.id}`,
    ath: jose.base64url.encode(new Uint8Array(digest)),
    nonce: 'a nonce',
  });
  expect(payload.jti).toBeTruthy();
  expect(await jose.calculateJwkThumbprint(protectedHeader.jwk ?? {})).toBe(await thumbprint(key));
  expect(protectedHeader.jwk).not.toHaveProperty('d');
});

it('signs no two requests alike', async () => {
  await sentRequest();
  await sentRequest();
  const proofs = fake.requests.map((sent) => sent.headers.get('DPoP')).filter(Boolean);
  expect(new Set(proofs).size).toBe(proofs.length);
});

it('sends the token in the header only, and never after a redirect', async () => {
  const request = await sentRequest();
  expect(request.headers.get('Authorization')).toBe('DPoP access');
  expect(request.url).toBe(`${origin}/v1/sessions/${session.id}?after=3`);
  expect(request.redirect).toBe('error');
  expect(request.credentials).toBe('omit');
});

it('sends neither token nor proof where none is asked for', async () => {
  fake.answer('health', () =>
    Response.json({ status: 'ok', product: 'porthole', version: '1.0.0' }),
  );
  await client.call('health', {});
  const [request] = fake.sentTo('/v1/health');
  expect(request?.headers.has('Authorization')).toBe(false);
  expect(request?.headers.has('DPoP')).toBe(false);
});

it('passes the problem of the broker on, with what it says about waiting', async () => {
  fake.answer('getSession', () =>
    Response.json(
      { code: 'too-many-requests', message: 'm', remedy: 'r', retryAfterSeconds: 7 },
      { status: 429 },
    ),
  );
  await expect(client.call('getSession', getSession)).rejects.toMatchObject({
    code: 'too-many-requests',
    retryAfterSeconds: 7,
  });
});

it('tells an unreachable broker from a call that was given up', async () => {
  fake.away = true;
  await expect(client.call('getSession', getSession)).rejects.toMatchObject({
    code: 'broker-unreachable',
  });
  fake.away = false;
  const given = new AbortController();
  given.abort(new DOMException('left the screen', 'AbortError'));
  await expect(client.call('listDesktops', { signal: given.signal })).rejects.toMatchObject({
    name: 'AbortError',
  });
});
