import type { Route } from '../../../src/contract/route.ts';
import { CookieJar } from '../../fakes/fake-oauth-client.ts';
import type { Reply } from '../../fakes/transport.ts';
import { type Attack, outcomeOf } from '../attack.ts';
import type { AttackedBroker } from '../attacked-broker.ts';

type Request = {
  method: Route['method'];
  path: string;
  /** `own`: that of the broker; null: none. */
  from: string | null;
  json?: unknown;
};

/** What a page elsewhere makes the browser of an administrator send, with its cookies. */
async function ridden(
  { person, send, signedIn, origin }: AttackedBroker,
  { method, path, from, json }: Request,
): Promise<Reply> {
  const { username } = await person(['administrators']);
  const jar = await signedIn(username);
  const type = json === undefined ? 'application/x-www-form-urlencoded' : 'application/json';
  return send({
    method,
    path,
    headers: {
      cookie: jar.header,
      ...(from === null ? {} : { origin: from === 'own' ? origin : from }),
      ...(method === 'GET' ? {} : { 'content-type': type }),
    },
    payload: method === 'GET' ? undefined : json === undefined ? 'a=b' : JSON.stringify(json),
  });
}

function forgedRequest(
  name: string,
  request: Request,
  route: string,
  code: string | null = null,
): Attack {
  return {
    name,
    has: 'a page that an administrator looks at, who is signed in',
    attempt: async (broker) => outcomeOf(await ridden(broker, request)),
    refused: { status: 403, code },
    audit: { code: 'origin-refused', route },
  };
}

const evil = 'https://evil.example';
const createGroup = { method: 'POST', path: '/v1/admin/groups', json: { name: 'mine' } } as const;

/** Each way to change something, by a page elsewhere and by one that does not say where it is. */
const forgedChanges = (['PATCH', 'DELETE'] as const).flatMap((method) => {
  const [json, route] =
    method === 'PATCH' ? [{ disabled: true }, 'changeUser'] : [undefined, 'removeUser'];
  const path = '/v1/admin/users/00000000-0000-4000-8000-000000000000';
  return [evil, null].map((from) =>
    forgedRequest(
      `${method} by a page ${from === null ? 'without an origin' : 'elsewhere'}`,
      { method, path, from, json },
      route,
      'origin-refused',
    ),
  );
});

/** Where somebody ends who comes from a link, having signed in. */
async function ledTo({ stranger, person, password }: AttackedBroker, path: string) {
  const { username } = await person();
  const { oauth } = await stranger();
  const jar = new CookieJar();
  const page = await oauth.follow(path, jar);
  if (!page.path.startsWith('/sign-in/')) return page;
  return oauth.follow(page.path, jar, { username, password });
}

export const pageAttacks: readonly Attack[] = [
  forgedRequest(
    'a call of the API by a page elsewhere',
    { ...createGroup, from: evil },
    'createGroup',
    'origin-refused',
  ),
  forgedRequest(
    'a call of the API by a page without an origin',
    { ...createGroup, from: 'null' },
    'createGroup',
    'origin-refused',
  ),
  forgedRequest(
    'a call of the API that does not say where it comes from',
    { ...createGroup, from: null },
    'createGroup',
    'origin-refused',
  ),
  ...forgedChanges,
  {
    name: 'the cookies of an administrator, beside a token of one’s own',
    has: 'an account of one’s own, and the browser of an administrator',
    attempt: async ({ person, seated, signedIn }) => {
      const { username } = await person(['administrators']);
      const { header: cookie } = await signedIn(username);
      const { terminal } = await seated();
      return outcomeOf(await terminal.call('listUsers', { headers: { cookie } }));
    },
    refused: { status: 403, code: 'permission-missing' },
    audit: { code: 'permission-missing', route: 'listUsers' },
  },
  {
    name: 'a page of the broker within another page',
    has: 'a page that somebody looks at',
    attempt: async ({ send }) => {
      const reply = await send({
        method: 'GET',
        path: '/enroll',
        headers: { accept: 'text/html' },
        payload: undefined,
      });
      const policy = String(reply.headers['content-security-policy']);
      if (!policy.includes("frame-ancestors 'none'")) throw new Error(`may be framed: ${policy}`);
      return outcomeOf(reply);
    },
    refused: { status: 303, code: null },
    audit: null,
  },
  forgedRequest(
    'the form of a page elsewhere',
    { method: 'POST', path: '/enroll', from: evil },
    'POST /enroll',
  ),
  forgedRequest(
    'a form that does not say where it comes from',
    { method: 'POST', path: '/account/second-factor', from: null },
    'POST /account/second-factor',
  ),
  forgedRequest(
    'a sign-out by a page elsewhere',
    { method: 'POST', path: '/pages/sign-out', from: evil },
    'POST /pages/sign-out',
  ),
  {
    name: 'a change by a link',
    has: 'a page that an administrator looks at, who is signed in',
    attempt: async (broker) =>
      outcomeOf(await ridden(broker, { method: 'GET', path: '/pages/sign-out', from: null })),
    refused: { status: 404, code: 'not-found' },
    audit: null,
  },
  {
    name: 'a session cookie that somebody made up',
    has: 'the form of session cookies',
    attempt: async ({ send }) => {
      const cookie = '__Host-porthole-session=made-up; __Host-porthole-session.sig=made-up';
      const headers = { cookie };
      return outcomeOf(
        await send({ method: 'GET', path: '/v1/admin/users', headers, payload: undefined }),
      );
    },
    refused: { status: 401, code: 'not-signed-in' },
    audit: { code: 'not-signed-in', route: 'listUsers' },
  },
  {
    name: 'a session that was there before the sign-in',
    has: 'a cookie planted in the browser of somebody else',
    attempt: async ({ person, password, send, stranger }) => {
      const { username } = await person(['administrators']);
      const { oauth } = await stranger();
      const jar = new CookieJar();
      const page = await oauth.follow('/account', jar);
      const planted = jar.header;
      await oauth.follow(page.path, jar, { username, password });
      const headers = { cookie: planted };
      return outcomeOf(
        await send({ method: 'GET', path: '/v1/admin/users', headers, payload: undefined }),
      );
    },
    refused: { status: 401, code: 'not-signed-in' },
    audit: { code: 'not-signed-in', route: 'listUsers' },
  },
  {
    name: 'a session cookie, once its user signed out',
    has: 'a copy of the cookies of an administrator',
    attempt: async ({ person, send, signedIn, origin }) => {
      const { username } = await person(['administrators']);
      const { header: cookie } = await signedIn(username);
      const headers = { cookie, origin, 'content-type': 'application/x-www-form-urlencoded' };
      await send({ method: 'POST', path: '/pages/sign-out', headers, payload: '' });
      return outcomeOf(
        await send({
          method: 'GET',
          path: '/v1/admin/users',
          headers: { cookie },
          payload: undefined,
        }),
      );
    },
    refused: { status: 401, code: 'not-signed-in' },
    audit: { code: 'not-signed-in', route: 'listUsers' },
  },
  {
    name: 'a link that leads elsewhere by way of the sign-in',
    has: 'the trust that people have in the address of their broker',
    attempt: async (broker) => {
      const { path, reply } = await ledTo(broker, `/enroll/..//evil.example/?next=${evil}`);
      if (URL.canParse(path)) throw new Error(`it led to ${path}`);
      return outcomeOf(reply);
    },
    refused: { status: 404, code: null },
    audit: null,
  },
  {
    name: 'an answer of the sign-in that leads elsewhere',
    has: 'the trust that people have in the address of their broker',
    attempt: async ({ send }) => {
      const cookie = `__Host-porthole-return=s.${Buffer.from(`//evil.example`).toString('base64url')}`;
      const reply = await send({
        method: 'GET',
        path: '/pages/signed-in?state=s',
        headers: { cookie },
        payload: undefined,
      });
      if (reply.headers.location !== '/') throw new Error(`to ${reply.headers.location}`);
      return outcomeOf(reply);
    },
    refused: { status: 303, code: null },
    audit: null,
  },
  {
    name: 'an answer of an identity provider that another browser waits for',
    has: 'a sign-in of one’s own, for somebody else to complete',
    attempt: async ({ send }) =>
      outcomeOf(
        await send({
          method: 'GET',
          path: '/sign-in/callback/any?code=x&state=of-another',
          headers: { accept: 'text/html', cookie: '__Secure-porthole-federation=own' },
          payload: undefined,
        }),
      ),
    refused: { status: 410, code: null },
    audit: null,
  },
  {
    name: 'a logout that leads elsewhere',
    has: 'the trust that people have in the address of their broker',
    attempt: async ({ send }) =>
      outcomeOf(
        await send({
          method: 'GET',
          path: `/oauth/end-session?post_logout_redirect_uri=${evil}`,
          headers: {},
          payload: undefined,
        }),
      ),
    refused: { status: 404, code: null },
    audit: null,
  },
  {
    name: 'a page under another name of the host',
    has: 'a name that leads to the address of the broker',
    attempt: async ({ raw }) => outcomeOf(await raw('GET /enroll HTTP/1.1\nHost: evil.example')),
    refused: { status: 403, code: null },
    audit: { code: 'origin-refused', route: 'GET /enroll' },
  },
  {
    name: 'a sign-in under another name of the host',
    has: 'a name that leads to the address of the broker',
    attempt: async ({ raw }) =>
      outcomeOf(await raw('GET /.well-known/openid-configuration HTTP/1.1\nHost: evil.example')),
    refused: { status: 404, code: 'not-found' },
    audit: null,
  },
  {
    name: 'a page under the name of another that a proxy would have given',
    has: 'the header that proxies send',
    attempt: async ({ raw, origin }) => {
      const { host } = new URL(origin);
      const head = `GET /.well-known/openid-configuration HTTP/1.1\nHost: ${host}`;
      const reply = await raw(`${head}\nX-Forwarded-Host: evil.example`);
      if (String(reply.raw).includes('evil.example')) throw new Error('it was believed');
      return outcomeOf(reply);
    },
    refused: { status: 200, code: null },
    audit: null,
  },
];
