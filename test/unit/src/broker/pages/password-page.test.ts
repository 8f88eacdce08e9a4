import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeBrowser } from '../../../../fakes/fake-browser.ts';
import { type PagesBroker, password, startPagesBroker } from '../../../../fakes/pages-broker.ts';

let broker: PagesBroker;
let bob: FakeBrowser;
beforeAll(async () => {
  broker = await startPagesBroker();
  bob = new FakeBrowser(broker.app, broker.origin);
  await bob.signIn('/account', 'bob', password);
});
afterAll(() => broker.dispose());

const wanted = 'another horse';

describe('the page to change one’s own password', () => {
  it('is linked from the account', async () => {
    expect((await bob.get('/account')).html).toContain('href="/account/password"');
    expect((await bob.get('/account/password')).html).toContain('Change your password');
  });

  it.each([
    ['the old password is wrong', { current: 'wrong', wanted, again: wanted }, 401],
    ['the new one is too short', { current: password, wanted: 'short', again: 'short' }, 400],
    ['the new one is not the same twice', { current: password, wanted, again: 'a horse' }, 400],
  ])('changes nothing when %s', async (_what, fields, status) => {
    const answer = await bob.post('/account/password', fields);
    expect(answer).toMatchObject({ url: '/account/password', status });
    expect(answer.html).toContain('role="alert"');
    expect(await broker.audit.list({ limit: 1, action: 'user.changed' })).toEqual([]);
  });

  it('changes it, and signs the user out everywhere', async () => {
    const fields = { current: password, wanted, again: wanted };
    const done = await bob.post('/account/password', fields);
    expect(done.html).toContain('Your password is changed');
    expect((await bob.get('/account')).html).toContain('name="password"');
    const again = new FakeBrowser(broker.app, broker.origin);
    expect((await again.signIn('/account', 'bob', wanted)).url).toBe('/account');
    const [event] = await broker.audit.list({ limit: 1, action: 'user.changed' });
    expect(event).toMatchObject({ actor: { name: 'bob' }, detail: { changed: 'password' } });
  });
});
