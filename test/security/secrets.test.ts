import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backUpBroker } from '../../src/broker/backup/backups.ts';
import { streamPath } from '../../src/contract/broker-api.ts';
import { CookieJar } from '../fakes/fake-oauth-client.ts';
import type { FakeTerminal } from '../fakes/fake-terminal.ts';
import { ticketFor } from '../fakes/listening-broker.ts';
import { textIn } from '../fakes/transport.ts';
import { type AttackedBroker, startAttackedBroker } from './attacked-broker.ts';

/*
 * Secrets are planted with a broker, used as they should be and as they should not, and then looked
 * for in all that it writes down.
 */

const names = { user: 'canary-user', admin: 'canary-admin' };
const password = 'canary-password-7f3a';
const mistyped = 'canary-password-7f3b';
const inNameField = 'canary-name-that-is-a-password';

let broker: AttackedBroker;
/** What is looked for, by what it is. */
const secrets = new Map<string, string>();
/** What the broker wrote, by where. */
const written = new Map<string, string>();

beforeAll(async () => {
  broker = await startAttackedBroker();
  secrets.set('password', password);
  secrets.set('mistyped password', mistyped);
  secrets.set('password in the field of the name', inNameField);
  await enroll();
  await signInWithSecondFactor();
  await work();
  await signInAtPages();
  await tell();
});
afterAll(() => broker?.end());

/** By token and by hand, and with what is no good any more. */
async function enroll(): Promise<void> {
  const { admin, stranger, waiting } = broker;
  const { token } = await admin.createEnrollmentToken({ label: 'one', expiresInSeconds: 600 });
  secrets.set('enrollment token', token);
  await (await stranger()).oauth.enrollByToken(token);
  await (await stranger()).oauth.enrollByToken(token);

  const { terminal, deviceCode, userCode } = await waiting();
  secrets.set('device code', deviceCode);
  await (await stranger()).oauth.pollEnrollment(deviceCode);
  await admin.approveEnrollment({ code: userCode });
  await terminal.oauth.pollEnrollment(deviceCode);
  await terminal.oauth.pollEnrollment(deviceCode);
  secrets.set('access token of a terminal', terminal.terminalToken ?? '');
  secrets.set('refresh token of a terminal', terminal.refreshToken ?? '');
  await (await broker.terminal()).oauth.refresh(terminal.refreshToken ?? '');
  await terminal.oauth.refresh();
}

/** The form of a sign-in, at a terminal. */
async function signInForm({ oauth }: FakeTerminal) {
  const jar = new CookieJar();
  const { url, verifier } = oauth.authorizationRequest();
  const { path } = await oauth.follow(url, jar);
  return { verifier, answer: (fields: Record<string, string>) => oauth.follow(path, jar, fields) };
}

async function signInWithSecondFactor(): Promise<void> {
  const { admin, clock, terminal } = broker;
  await admin.addUser({ username: names.user, displayName: 'Canary', password });
  await admin.changeUser({ username: names.user, secondFactor: 'required' });
  const seat = await terminal();
  const { verifier, answer } = await signInForm(seat);
  await answer({ username: names.user, password: mistyped });
  await answer({ username: inNameField, password: mistyped });
  const { reply } = await answer({ username: names.user, password });
  const shown = /\b[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}\b|\b[A-Z2-7]{32}\b/.exec(String(reply.body))?.[0];
  const secret = (shown ?? '').replaceAll(' ', '');
  secrets.set('secret of a second factor', secret);
  await answer({ code: '000000' });
  const { path } = await answer({
    code: new TOTP({ secret }).generate({ timestamp: clock.now() }),
  });
  const code = new URL(path).searchParams.get('code') ?? '';
  secrets.set('authorization code', code);
  await seat.oauth.exchange(code, verifier);
  secrets.set('access token of a user', seat.accessToken ?? '');
  secrets.set('refresh token of a user', seat.userRefreshToken ?? '');
  const thief = await terminal();
  await thief.call('getUser', { token: seat.accessToken });
  await thief.oauth.refreshUser(seat.userRefreshToken ?? '');
  await seat.call('getUser');
}

/** With a ticket for a stream. */
async function work(): Promise<void> {
  const { terminal, sessionId } = await broker.working();
  const ticket = await ticketFor(terminal, sessionId);
  secrets.set('ticket', ticket);
  await broker.connect(streamPath(sessionId), { ticket }).opened();
  await broker.connect(streamPath(sessionId), { ticket }).closed;
}

/** At the broker's pages, with what an administrator changes there. */
async function signInAtPages(): Promise<void> {
  const { admin, origin, send, stranger } = broker;
  await admin.addUser({
    username: names.admin,
    displayName: 'Canary',
    password,
    groups: ['administrators'],
  });
  const jar = new CookieJar();
  const { oauth } = await stranger();
  const page = await oauth.follow('/account', jar);
  await oauth.follow(page.path, jar, { username: names.admin, password });
  const signature = /__Host-porthole-session\.sig=([^;]+)/.exec(jar.header)?.[1] ?? '';
  secrets.set('signature of a session cookie', signature);
  const headers = { cookie: jar.header, origin, 'content-type': 'application/json' };
  const set = { displayName: 'Other', password: mistyped };
  const created = JSON.stringify({ ...set, username: 'canary-other', groups: [] });
  const post = (payload: string) =>
    send({ method: 'POST', path: '/v1/admin/users', headers, payload });
  textIn((await post(created)).body, 'id');
  // Refused, by its name and then by its form.
  await post(created);
  await post(JSON.stringify({ ...set, username: '', more: password }));
}

/** Reads all that there is to be read. */
async function tell(): Promise<void> {
  const { admin, clock, dataDir, logLines } = broker;
  let exported = '';
  for await (const line of await admin.exportAudit()) exported += line;
  written.set('log', logLines.join(''));
  written.set('audit log', exported);
  const file = join(dataDir, 'test.backup');
  await backUpBroker({ file, clock, dataDir });
  written.set('backup', gunzipSync(await readFile(file)).toString());
  // What was written last is in the file beside the database still.
  const files = (await readdir(dataDir)).filter((name) => name.startsWith('broker.sqlite'));
  const contents = await Promise.all(files.map((name) => readFile(join(dataDir, name), 'latin1')));
  written.set('database', contents.join('\n'));
}

/** A secret as it may be written down. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [secret, encodeURIComponent(secret), bytes.toString('base64'), bytes.toString('hex')];
}

describe('what a broker writes down', () => {
  it('is looked through: the log, the audit log, a backup and the database', () => {
    expect(written.get('log')).toContain('/oauth/token');
    // What is no secret is found.
    for (const place of ['audit log', 'backup', 'database']) {
      expect(written.get(place)?.includes(names.user), place).toBe(true);
    }
  });

  it('has been given every kind of secret', () => {
    for (const [kind, secret] of secrets) expect(secret.length, kind).toBeGreaterThanOrEqual(16);
    expect(secrets.size).toBe(13);
  });

  it('has none of them', () => {
    const found = [...secrets].flatMap(([kind, secret]) =>
      [...written].flatMap(([place, text]) =>
        formsOf(secret).some((form) => text.includes(form)) ? [`${kind} in the ${place}`] : [],
      ),
    );
    expect(found).toEqual([]);
  });
});
