import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PagesBroker, startPagesBroker } from '../../../../fakes/pages-broker.ts';

let broker: PagesBroker;
beforeAll(async () => {
  broker = await startPagesBroker();
});
afterAll(() => broker.dispose());

const asPerson = { host: 'broker.example', accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('an address without a page', () => {
  it.each(['/nothing', '/enroll/nothing', '/v1/nothing', '//evil.example/'])(
    'is told to a person with a page: %s',
    async (url) => {
      const answer = await broker.app.inject({ url, headers: asPerson });
      expect(answer.statusCode).toBe(404);
      expect(answer.headers['content-type']).toContain('text/html');
      expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
      expect(answer.body).toContain('This did not work');
    },
  );

  it.each(['/nothing', '/v1/nothing', '/enroll/'])('is a problem to a program: %s', async (url) => {
    const answer = await broker.app.inject({ url, headers: { host: 'broker.example' } });
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ code: 'not-found' });
  });

  it.each([
    ['/enroll/', '/enroll'],
    ['/enroll/?code=WDJB-MJHT', '/enroll?code=WDJB-MJHT'],
    ['/account/second-factor/', '/account/second-factor'],
  ])('is that of the page without the slash: %s', async (url, location) => {
    const answer = await broker.app.inject({ url, headers: asPerson });
    expect(answer.statusCode).toBe(301);
    expect(answer.headers.location).toBe(location);
  });
});
