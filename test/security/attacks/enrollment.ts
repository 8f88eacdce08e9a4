import { deviceFields } from '../../fakes/fake-oauth-client.ts';
import { type Reply, textIn } from '../../fakes/transport.ts';
import { type Attack, outcomeOf } from '../attack.ts';
import type { AttackedBroker } from '../attacked-broker.ts';

const token = 'oauth.token';
const device = 'oauth.device_authorization';
const limit = 'too-many-requests';
const ofTenMinutes = { label: 'attacked', expiresInSeconds: 600 };

/** Asks until it is no longer let in. */
async function repeated(ask: () => Promise<Reply>): Promise<Reply> {
  let reply = await ask();
  for (let sent = 1; sent < 150 && reply.status === 200; sent += 1) reply = await ask();
  return reply;
}

/** A browser that posts the decision on a code to the approval page. */
async function decide(
  { send, origin, signedIn }: AttackedBroker,
  username: string,
  fields: Record<string, string>,
) {
  const jar = await signedIn(username);
  return send({
    method: 'POST',
    path: '/enroll',
    headers: {
      cookie: jar.header,
      origin,
      'content-type': 'application/x-www-form-urlencoded',
    },
    payload: new URLSearchParams({ decision: 'approve', name: 'mine', ...fields }).toString(),
  });
}

/** What the approval page is sent does not fit what the terminal is. */
function mismatch(name: string, seen: Record<string, string>): Attack {
  return {
    name,
    has: 'a place between a terminal and its broker',
    attempt: async (broker) => {
      const admin = await broker.person(['administrators']);
      const { userCode } = await broker.waiting();
      return outcomeOf(await decide(broker, admin.username, { code: userCode, ...seen }));
    },
    refused: { status: 409, code: null },
    audit: { code: 'enrollment-mismatch', route: 'POST /enroll' },
  };
}

export const enrollmentAttacks: readonly Attack[] = [
  {
    name: 'a request for a code without a proof',
    has: 'nothing',
    attempt: async ({ stranger }) =>
      outcomeOf(await (await stranger()).oauth.form('/oauth/device', deviceFields)),
    refused: { status: 400, code: 'proof-invalid' },
    audit: { code: 'proof-invalid', route: device },
  },
  {
    name: 'a code that nobody approved in time',
    has: 'a device code',
    attempt: async ({ waiting, clock }) => {
      const { terminal, deviceCode } = await waiting();
      clock.pass(601_000);
      return outcomeOf(await terminal.oauth.pollEnrollment(deviceCode));
    },
    refused: { status: 400, code: 'invalid_grant' },
    audit: { code: 'not-signed-in', route: token },
  },
  {
    name: 'a code that was refused',
    has: 'a device code',
    attempt: async ({ admin, waiting }) => {
      const { terminal, deviceCode, userCode } = await waiting();
      await admin.denyEnrollment(userCode);
      return outcomeOf(await terminal.oauth.pollEnrollment(deviceCode));
    },
    refused: { status: 400, code: 'access_denied' },
    audit: { code: 'sign-in-refused', route: token },
  },
  {
    name: 'a terminal that asks for codes without end',
    has: 'nothing but time',
    attempt: async ({ rest, stranger }) => {
      const { oauth } = await stranger();
      const reply = await repeated(() => oauth.requestEnrollment());
      rest();
      return outcomeOf(reply);
    },
    refused: { status: 429, code: 'too-many-requests' },
    audit: { code: 'too-many-requests', route: device },
  },
  {
    name: 'more terminals that wait than anybody has',
    has: 'nothing but time',
    attempt: async ({ rest, stranger }) => {
      const reply = await repeated(async () => (await stranger()).oauth.requestEnrollment());
      rest();
      return outcomeOf(reply);
    },
    refused: { status: 429, code: 'too-many-requests' },
    audit: { code: 'too-many-requests', route: device },
  },
  {
    name: 'guesses at the codes of others',
    has: 'the account of an administrator who may approve terminals',
    attempt: async ({ seated }) => {
      const { terminal } = await seated(['administrators']);
      const guess = { params: { userCode: 'BBBBBBBB' }, body: {} };
      let reply = await terminal.call('approveEnrollment', guess);
      for (let sent = 0; sent < 20 && reply.status === 404; sent += 1) {
        reply = await terminal.call('approveEnrollment', guess);
      }
      return outcomeOf(reply);
    },
    refused: { status: 429, code: 'too-many-requests' },
    audit: { code: 'too-many-requests', route: 'approveEnrollment' },
  },
  {
    name: 'a terminal approved by who may not',
    has: 'the account of a user, and a terminal that waits',
    attempt: async (broker) => {
      const user = await broker.person();
      const { userCode } = await broker.waiting();
      return outcomeOf(await decide(broker, user.username, { code: userCode }));
    },
    refused: { status: 403, code: null },
    audit: { code: 'permission-missing', route: 'POST /enroll' },
  },
  mismatch('a terminal approved that speaks to another broker', { ca: 'B'.repeat(43) }),
  mismatch('a terminal approved whose request has another key', { key: 'B'.repeat(43) }),
  {
    name: 'an enrollment token that somebody made up',
    has: 'nothing',
    attempt: async ({ stranger }) =>
      outcomeOf(await (await stranger()).oauth.enrollByToken('a'.repeat(43))),
    refused: { status: 400, code: 'enrollment-token-wrong' },
    audit: { code: 'enrollment-token-wrong', route: token },
  },
  {
    name: 'an enrollment token that was used up',
    has: 'the file that a terminal was enrolled with',
    attempt: async ({ admin, stranger }) => {
      const { token } = await admin.createEnrollmentToken(ofTenMinutes);
      await (await stranger()).oauth.enrollByToken(token);
      return outcomeOf(await (await stranger()).oauth.enrollByToken(token));
    },
    refused: { status: 400, code: 'enrollment-token-used-up' },
    audit: { code: 'enrollment-token-used-up', route: token },
  },
  {
    name: 'an enrollment token that expired',
    has: 'a file that no terminal was enrolled with',
    attempt: async ({ admin, stranger, clock }) => {
      const { token } = await admin.createEnrollmentToken(ofTenMinutes);
      clock.pass(601_000);
      return outcomeOf(await (await stranger()).oauth.enrollByToken(token));
    },
    refused: { status: 400, code: 'enrollment-token-expired' },
    audit: { code: 'enrollment-token-expired', route: token },
  },
  {
    name: 'an enrollment token that was revoked',
    has: 'a file that no terminal was enrolled with',
    attempt: async ({ admin, stranger }) => {
      const { id, token } = await admin.createEnrollmentToken(ofTenMinutes);
      await admin.revokeEnrollmentToken(id);
      return outcomeOf(await (await stranger()).oauth.enrollByToken(token));
    },
    refused: { status: 400, code: 'enrollment-token-wrong' },
    audit: { code: 'enrollment-token-wrong', route: token },
  },
  {
    name: 'an enrollment token for three that twenty bring at once',
    has: 'the file that three terminals are to be enrolled with',
    attempt: async ({ admin, stranger }) => {
      const { token } = await admin.createEnrollmentToken({ ...ofTenMinutes, uses: 3 });
      const all = await Promise.all(Array.from({ length: 20 }, () => stranger()));
      const replies = await Promise.all(all.map(({ oauth }) => oauth.enrollByToken(token)));
      const refused = replies.filter(({ status }) => status !== 200);
      const [first] = refused;
      if (first === undefined || refused.length !== 17) {
        throw new Error(`${20 - refused.length} were enrolled`);
      }
      return outcomeOf(first);
    },
    refused: { status: 400, code: 'enrollment-token-used-up' },
    audit: { code: 'enrollment-token-used-up', route: token },
  },
  {
    name: 'guesses at enrollment tokens',
    has: 'nothing but time',
    attempt: async ({ stranger }) => {
      const { oauth } = await stranger();
      let reply = await oauth.enrollByToken('a'.repeat(43));
      for (
        let sent = 0;
        sent < 20 && textIn(reply.body, 'error_description') !== limit;
        sent += 1
      ) {
        reply = await oauth.enrollByToken('a'.repeat(43));
      }
      return outcomeOf(reply);
    },
    refused: { status: 400, code: 'too-many-requests' },
    audit: { code: 'too-many-requests', route: token },
  },
];
