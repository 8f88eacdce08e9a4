import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FakeBrowser } from '../../../../fakes/fake-browser.ts';
import { type PagesBroker, startPagesBroker } from '../../../../fakes/pages-broker.ts';

let broker: PagesBroker;
beforeAll(async () => {
  broker = await startPagesBroker();
});
afterAll(() => broker.dispose());

it('tells the fingerprint of the very certificate that it gives away', async () => {
  const browser = new FakeBrowser(broker.app, broker.origin);
  const { html } = await browser.get('/certificate');
  const file = await browser.get('/ca.pem');
  expect(html).toContain(new X509Certificate(file.html).fingerprint256);
});

it('is a step away from where a browser signs in', async () => {
  const { html } = await new FakeBrowser(broker.app, broker.origin).get('/enroll');
  expect(html).toContain('href="/certificate"');
});
