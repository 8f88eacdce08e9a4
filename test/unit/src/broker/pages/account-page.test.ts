import { TOTP } from 'otpauth';
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

describe('the page of one’s own account', () => {
  it('has nothing to scan before the password was given', async () => {
    const asked = await bob.get('/account/second-factor/code');
    expect(asked.url).toBe('/account/second-factor');
    expect((await bob.post('/account/second-factor/code', { code: '123456' })).url).toBe(
      '/account/second-factor',
    );
    expect((await bob.post('/account/second-factor', { password: 'wrong' })).status).toBe(401);
  });

  it('sets a second factor up', async () => {
    const { html } = await bob.post('/account/second-factor', { password });
    const secret = /<p class="code" dir="ltr">([A-Z2-7 ]+)</.exec(html)?.[1]?.replaceAll(' ', '');
    const code = new TOTP({ secret: secret ?? '' }).generate({ timestamp: broker.clock.now() });
    expect((await bob.post('/account/second-factor/code', { code: 'abc' })).status).toBe(401);
    const done = await bob.post('/account/second-factor/code', { code });
    expect(done.html).toContain('Your second factor is set up');
    const users = await broker.users.list();
    expect(users.find(({ username }) => username === 'bob')?.secondFactor).toBe('set');
  });

  it('is on record', async () => {
    const [event] = await broker.audit.list({ limit: 1, action: 'user.changed' });
    expect(event).toMatchObject({ actor: { name: 'bob' }, detail: { secondFactor: 'set' } });
  });
});
