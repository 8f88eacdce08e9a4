import * as jose from 'jose';
import { expect, it } from 'vitest';
import { createBrokerClient } from '../../../../src/terminal/broker-client.ts';
import { createDeviceKey, thumbprint } from '../../../../src/terminal/device-key.ts';
import { FakeClock } from '../../../fakes/fake-clock.ts';
import { FakeBroker } from './fake-broker.ts';
import { broker as origin, session } from './fixtures.ts';

async function callGetSession(fake = new FakeBroker()) {
  const clock = new FakeClock();
  const key = await createDeviceKey();
  const client = createBrokerClient(origin, { fetch: fake.fetch, clock });
  const options = { key, token: 'access', params: { id: session.id }, query: { after: 3 } };
  const result = await client.call('getSession', options);
  const request = fake.requests[0];
  if (request === undefined) throw new Error('nothing was sent');
  return { result, request, key, clock };
}

it('signs each request as RFC 9449 wants it', async () => {
  const { request, key, clock } = await callGetSession();
  const { payload, protectedHeader } = await jose.jwtVerify(
    request.headers.get('DPoP') ?? '',
    jose.EmbeddedJWK,
    { typ: 'dpop+jwt', algorithms: ['ES256'], currentDate: new Date(clock.now()) },
  );
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('access'));
  expect(payload).toMatchObject({
    htm: 'GET',
    htu: `${origin}/v1/sessions/${session.id}`,
    ath: jose.base64url.encode(new Uint8Array(digest)),
    iat: Math.floor(clock.now() / 1000),
  });
  expect(payload.jti).toMatch(/^[0-9a-f-]{36}$/);
  expect(await jose.calculateJwkThumbprint(protectedHeader.jwk ?? {})).toBe(await thumbprint(key));
  expect(protectedHeader.jwk).not.toHaveProperty('d');
});

it('sends the token in the header only, and never after a redirect', async () => {
  const { request } = await callGetSession();
  expect(request.headers.get('Authorization')).toBe('DPoP access');
  expect(request.url).toBe(`${origin}/v1/sessions/${session.id}?after=3`);
  expect(request.redirect).toBe('error');
  expect(request.credentials).toBe('omit');
});

it('passes the problem of the broker on, with what it says about waiting', async () => {
  const fake = new FakeBroker();
  fake.answer('getSession', () =>
    Response.json(
      { code: 'too-many-requests', message: 'm', remedy: 'r', retryAfterSeconds: 7 },
      { status: 429 },
    ),
  );
  await expect(callGetSession(fake)).rejects.toMatchObject({
    code: 'too-many-requests',
    retryAfterSeconds: 7,
  });
});

it('tells an unreachable broker from a call that was given up', async () => {
  const fake = new FakeBroker();
  fake.answer('getSession', () => Promise.reject(new TypeError('fetch failed')));
  await expect(callGetSession(fake)).rejects.toMatchObject({ code: 'broker-unreachable' });

  const clock = new FakeClock();
  const client = createBrokerClient(origin, { fetch: new FakeBroker().fetch, clock });
  const given = new AbortController();
  given.abort(new DOMException('left the screen', 'AbortError'));
  const call = client.call('listDesktops', {
    key: await createDeviceKey(),
    token: 'access',
    signal: given.signal,
  });
  await expect(call).rejects.toMatchObject({ name: 'AbortError' });
});
