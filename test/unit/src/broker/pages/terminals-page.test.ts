import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine } from '../../../../../src/broker/audit/actor.ts';
import { FakeBrowser } from '../../../../fakes/fake-browser.ts';
import { type PagesBroker, password, startPagesBroker } from '../../../../fakes/pages-broker.ts';

const terminal = {
  id: 't'.repeat(43),
  name: 'Front <desk>',
  model: 'NUC',
  version: '1.2.3',
  vault: 'file',
  address: '192.0.2.44',
  groupId: null,
  enrolledBy: 'ada',
} as const;

let broker: PagesBroker;
let admin: FakeBrowser;
beforeAll(async () => {
  broker = await startPagesBroker();
  await broker.terminals.enroll(terminal, commandLine);
  admin = new FakeBrowser(broker.app, broker.origin);
  await admin.signIn('/', 'ada', password);
});
afterAll(() => broker.dispose());

describe('the page of terminals', () => {
  it('is where administrators begin', async () => {
    const { url, html } = await admin.get('/');
    expect(url).toBe('/terminals');
    expect(html).toContain('Front &#60;desk&#62;');
    expect(html).toContain('Encrypted file bound to the machine');
  });

  it('is none for others, who begin at their account', async () => {
    const bob = new FakeBrowser(broker.app, broker.origin);
    expect((await bob.signIn('/', 'bob', password)).url).toBe('/account');
    expect((await bob.get('/terminals')).status).toBe(403);
    expect((await bob.post(`/terminals/${terminal.id}/revoke`)).status).toBe(403);
    expect((await bob.get('/account')).html).not.toContain('href="/terminals"');
  });

  it('asks before it revokes', async () => {
    const { html } = await admin.get(`/terminals/${terminal.id}/revoke`);
    expect(html).toContain('Revoke Front &#60;desk&#62;?');
    expect(await broker.terminals.isRegistered(terminal.id)).toBe(true);
  });

  it('revokes for nobody but its own form', async () => {
    const forged = await admin.post(`/terminals/${terminal.id}/revoke`, {}, {});
    expect(forged.status).toBe(403);
    expect(await broker.terminals.isRegistered(terminal.id)).toBe(true);
  });

  it('revokes', async () => {
    const list = await admin.post(`/terminals/${terminal.id}/revoke`);
    expect(list.url).toBe('/terminals');
    expect(list.html).toContain('No terminal is enrolled yet.');
    expect(await broker.terminals.isRegistered(terminal.id)).toBe(false);
    expect((await admin.get(`/terminals/${terminal.id}/revoke`)).status).toBe(404);
  });
});
