import { expect } from 'vitest';
import type { ErrorCode } from '../../../src/contract/errors.ts';
import { deviceFields } from '../../fakes/fake-oauth-client.ts';
import { type Attack, outcomeOf } from '../attack.ts';
import type { AttackedBroker } from '../attacked-broker.ts';

type Raw = { headers?: string[]; body: string };

/** A call by an administrator, whose body is no JSON that anybody would write. */
function body(
  name: string,
  given: () => Raw,
  status = 400,
  code: ErrorCode = 'invalid-request',
): Attack {
  return {
    name,
    has: 'the account of an administrator',
    attempt: async ({ seated, raw, origin }) => {
      const { terminal } = await seated(['administrators']);
      await terminal.call('listGroups');
      const path = '/v1/admin/groups';
      const { headers = ['Content-Type: application/json'], body } = given();
      const length = headers.some((line) => line.startsWith('Transfer-Encoding'))
        ? []
        : [`Content-Length: ${Buffer.byteLength(body)}`];
      const head = [
        `POST ${path} HTTP/1.1`,
        `Host: ${new URL(origin).host}`,
        `Authorization: DPoP ${terminal.accessToken}`,
        `DPoP: ${await terminal.proof('POST', path, terminal.accessToken)}`,
        ...length,
        ...headers,
      ];
      return outcomeOf(await raw(head.join('\n'), body));
    },
    refused: { status, code },
    audit: { code, route: 'createGroup' },
  };
}

/** An address that tries to get out of its folder. */
function address(path: string, status = 404): Attack {
  return {
    name: `the address ${path}`,
    has: 'nothing',
    attempt: async ({ raw, origin }: AttackedBroker) => {
      const { status } = await raw(`GET ${path} HTTP/1.1\nHost: ${new URL(origin).host}`);
      return { status, code: null };
    },
    refused: { status, code: null },
    audit: null,
  };
}

function idOf(name: string, id: string): Attack {
  return {
    name,
    has: 'an account of one’s own',
    attempt: async ({ seated }) => {
      const { terminal } = await seated();
      return outcomeOf(await terminal.call('getSession', { params: { id } }));
    },
    refused: { status: 400, code: 'invalid-request' },
    audit: { code: 'invalid-request', route: 'getSession' },
  };
}

/** A value with a comma would end, a string with a quote as well. */
const hostile = `evil,readonly=off",'"execute":"quit"}`;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const deep = 10_000;
const chunk = 'x'.repeat(70_000);

export const inputAttacks: readonly Attack[] = [
  body(
    'a body that is too large',
    () => ({ body: JSON.stringify({ name: chunk }) }),
    413,
    'body-too-large',
  ),
  body(
    'a body that is too large, in chunks',
    () => ({
      headers: ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
      body: `${chunk.length.toString(16)}\r\n${chunk}\r\n0\r\n\r\n`,
    }),
    413,
    'body-too-large',
  ),
  body('JSON ten thousand levels deep', () => ({
    body: `{"name":${'['.repeat(deep)}${']'.repeat(deep)}}`,
  })),
  body('a name that is the prototype of all', () => ({
    body: '{"name":"x","__proto__":{"roles":[]}}',
  })),
  body('a name that leads to the prototype of all', () => ({
    body: '{"name":"x","constructor":{"prototype":{"admin":true}}}',
  })),
  body('a field that there is not', () => ({ body: '{"name":"x","builtIn":true}' })),
  body('a body that is no JSON', () => ({ body: '{"name":"x"' })),
  body('no body', () => ({ body: '' })),
  body('a form for JSON', () => ({
    headers: ['Content-Type: application/x-www-form-urlencoded'],
    body: 'name=x',
  })),
  body('JSON as plain text, which pages elsewhere may send', () => ({
    headers: ['Content-Type: text/plain'],
    body: '{"name":"x"}',
  })),
  body('a field twice, of which the first would do', () => ({
    body: '{"name":"x","roles":[],"roles":"administrator"}',
  })),
  body('a name with the end of a string', () => ({ body: '{"name":"x\\u0000y"}' })),
  body('a name of two lines', () => ({ body: '{"name":"x\\ny"}' })),
  {
    name: 'a terminal whose name is the end of a string, before anybody is known',
    has: 'nothing',
    attempt: async ({ stranger }) => {
      const { oauth } = await stranger();
      return outcomeOf(await oauth.requestEnrollment({ ...deviceFields, device_name: 'x\u0000' }));
    },
    refused: { status: 400, code: 'invalid_request' },
    audit: { code: 'invalid-request', route: 'oauth.device_authorization' },
  },
  {
    name: 'names that would be options of QEMU, or commands to it',
    has: 'an account and a desktop with any names that people may have',
    attempt: async ({ host, seat }) => {
      await seat(hostile);
      const { spec } = host.latest;
      // What QEMU is started with is made of these alone (see qemuArgs), and none is a name.
      const { id, image, hostname, ...chosen } = spec;
      expect([id, image]).toEqual([expect.stringMatching(uuid), expect.stringMatching(uuid)]);
      expect(hostname).toBe(`desktop-${id.slice(0, 8)}`);
      expect(chosen).toEqual({
        engine: 'para',
        memoryMb: 256,
        cpus: 1,
        cpuWeight: 100,
        network: { kind: 'none' },
        disk: { kind: 'fresh' },
        clone: true,
        homeMb: 256,
      });
      expect(JSON.stringify(spec)).not.toContain('evil');
      return { status: 201, code: null };
    },
    refused: { status: 201, code: null },
    audit: null,
  },
  idOf('the id of a session that is a path', '..%2f..%2fetc%2fpasswd'),
  idOf('the id of a session with the end of a string', '%00'),
  address('/v1/../../../etc/passwd'),
  address('/v1/%2e%2e/%2e%2e/etc/passwd'),
  address('/pages/..%2f..%2fpackage.json'),
  address('/pages/style.css/../../keys/oidc.json'),
  address('//evil.example/enroll'),
  {
    name: 'headers without end',
    has: 'nothing',
    attempt: async ({ raw }) => {
      const { status } = await raw(`GET /v1/health HTTP/1.1\nHost: x\nX-Long: ${chunk}`);
      return { status, code: null };
    },
    refused: { status: 431, code: null },
    audit: null,
  },
  {
    name: 'one request hidden in another',
    has: 'a proxy that reads lengths in another way',
    attempt: async ({ raw }) => {
      const head =
        'POST /v1/health HTTP/1.1\nHost: x\nContent-Length: 5\nTransfer-Encoding: chunked';
      const { status } = await raw(head, '0\r\n\r\nGET /v1/trust HTTP/1.1\r\nHost: x\r\n\r\n');
      return { status, code: null };
    },
    refused: { status: 400, code: null },
    audit: null,
  },
];
