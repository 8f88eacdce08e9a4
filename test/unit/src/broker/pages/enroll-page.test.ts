import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { commandLine } from '../../../../../src/broker/audit/actor.ts';
import { fingerprintOf } from '../../../../../src/contract/identity.ts';
import { FakeBrowser } from '../../../../fakes/fake-browser.ts';
import {
  anchor,
  type PagesBroker,
  password,
  startPagesBroker,
} from '../../../../fakes/pages-broker.ts';
import { addWaitingTerminal } from '../../../../fakes/waiting-terminal.ts';

let broker: PagesBroker;
let admin: FakeBrowser;
beforeAll(async () => {
  broker = await startPagesBroker();
  admin = new FakeBrowser(broker.app, broker.origin);
  await admin.signIn('/enroll', 'ada', password);
});
afterAll(() => broker.dispose());

const letters = 'BCDFGHJKLMNPQRSTVWXZ';
let count = 0;
let code = '';
let terminalId = '';

beforeEach(async () => {
  count += 1;
  code = `WDJBMJH${letters[count]}`;
  terminalId = `${String(count).padStart(2, '0')}${'k'.repeat(41)}`;
  await addWaitingTerminal(broker, { code, terminalId });
});

const enrolled = async () => (await broker.terminals.list()).map(({ id }) => id);
const review = (seen: Record<string, string> = {}) =>
  admin.get(`/enroll?${new URLSearchParams({ code, ...seen })}`);
const decide = (decision: string, more: Record<string, string> = {}) =>
  admin.post('/enroll', { code, decision, name: 'Reception', group: '', newGroup: '', ...more });

describe('the page where terminals are let in', () => {
  it('is for those who may enroll terminals', async () => {
    const bob = new FakeBrowser(broker.app, broker.origin);
    const refused = await bob.signIn('/enroll', 'bob', password);
    expect(refused.status).toBe(403);
    expect(refused.html).toContain('Your roles do not allow this.');
    const answer = await bob.post('/enroll', { code, decision: 'approve', name: 'x' });
    expect(answer.status).toBe(403);
    expect(await enrolled()).not.toContain(terminalId);
  });

  it('shows who waits, and not their codes', async () => {
    const { html } = await admin.get('/enroll');
    expect(html).toContain('Reception &#60;1&#62;');
    expect(html).not.toContain(`WDJB-MJH${letters[count]}`);
  });

  it('shows the terminal, and asks to compare its key where the code was typed', async () => {
    const { html } = await review();
    for (const fact of ['ThinkCentre M70q', '192.0.2.44', 'Keychain', fingerprintOf(terminalId)]) {
      expect(html).toContain(fact);
    }
    expect(html).toContain('Compare the key fingerprint');
  });

  it('has compared where the QR code brought one here', async () => {
    const { html } = await review({ ca: anchor, key: terminalId });
    expect(html).toContain('This terminal speaks to this very broker');
    expect(html).not.toContain('Compare the key fingerprint');
  });

  it.each([
    ['another broker', () => ({ ca: 'B'.repeat(43), key: terminalId })],
    ['another key', () => ({ ca: anchor, key: 'B'.repeat(43) })],
  ])('stops where the terminal saw %s', async (_what, seen) => {
    const page = await review(seen());
    expect(page.status).toBe(409);
    expect(page.html).toContain('Stop: do not approve this');
    expect(page.html).not.toContain('value="approve"');
    const forced = await decide('approve', seen());
    expect(forced.status).toBe(409);
    expect(await enrolled()).not.toContain(terminalId);
  });

  it('approves, under the name and into the group given', async () => {
    const approved = await decide('approve', { newGroup: `Room ${count}` });
    expect(approved.html).toContain('Reception is approved');
    const terminal = (await broker.terminals.list()).find(({ id }) => id === terminalId);
    expect(terminal).toMatchObject({
      name: 'Reception',
      group: { name: `Room ${count}` },
      enrolledBy: 'ada',
    });
    expect((await review()).status).toBe(404);
  });

  it('refuses', async () => {
    const refused = await decide('deny');
    expect(refused.html).toContain('The terminal was refused');
    expect(await enrolled()).not.toContain(terminalId);
    expect((await review()).status).toBe(404);
  });

  it('keeps the code that was typed wrongly', async () => {
    const page = await admin.get('/enroll?code=AEIO-UAEI');
    expect(page.status).toBe(404);
    expect(page.html).toContain('value="AEIO-UAEI"');
    expect(page.html).toContain('No terminal is waiting with this code.');
  });

  it('takes no decision from another site', async () => {
    const forged = await admin.post(
      '/enroll',
      { code, decision: 'approve', name: 'x' },
      { origin: 'https://evil.example' },
    );
    expect(forged.status).toBe(403);
    expect(await enrolled()).not.toContain(terminalId);
  });

  it('makes those wait who guess codes', async () => {
    const chris = new FakeBrowser(broker.app, broker.origin);
    await broker.users.change(
      broker.bob.id,
      { groups: broker.ada.groups.map(({ id }) => id) },
      commandLine,
    );
    await chris.signIn('/enroll', 'bob', password);
    const guesses = Array.from({ length: 12 }, () => '/enroll?code=BBBB-BBBB');
    let last = await chris.get('/enroll');
    for (const guess of guesses) last = await chris.get(guess);
    expect(last.status).toBe(429);
  });
});
