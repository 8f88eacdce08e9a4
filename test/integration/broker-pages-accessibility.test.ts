import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TOTP } from 'otpauth';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { commandLine } from '../../src/broker/audit/actor.ts';
import { createAuthority, issueCertificate } from '../../src/broker/tls/authority.ts';
import { type PagesBroker, password, startPagesBroker } from '../fakes/pages-broker.ts';
import { addWaitingTerminal } from '../fakes/waiting-terminal.ts';
import { cutOffOn } from '../harness/cut-off.ts';
import { violationsOn } from '../harness/violations.ts';

const terminal = {
  id: 't'.repeat(43),
  name: 'A terminal with a rather long name at the front desk',
  model: 'ThinkCentre M70q',
  version: '1.2.3',
  vault: 'file',
  address: '192.0.2.44',
  groupId: null,
  enrolledBy: 'ada',
} as const;

let browser: Browser;
let broker: PagesBroker;

beforeAll(async () => {
  const authority = await createAuthority(Date.now());
  const certificate = await issueCertificate(authority, ['localhost'], Date.now());
  const server = createServer({ cert: certificate.chain, key: certificate.key });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // `address()` is text for pipes only.
  const { port } = server.address() as AddressInfo;
  broker = await startPagesBroker({ origin: `https://localhost:${port}`, server });
  await broker.terminals.enroll(terminal, commandLine);
  browser = await chromium.launch({
    executablePath: process.env.PORTHOLE_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
});

afterAll(async () => {
  await browser.close();
  await broker.dispose();
});

const light = { colorScheme: 'light', forcedColors: 'none', contrast: 'no-preference' } as const;
const windows = [
  { width: 683, height: 384 },
  { width: 320, height: 256 },
] as const;

/** All that axe and the eye would find on one page, in every colour and in little room. */
async function faultsOf(page: Page): Promise<string[]> {
  const faults = await violationsOn(page);
  await page.emulateMedia({ ...light, colorScheme: 'dark' });
  faults.push(...(await violationsOn(page, 'colours')));
  await page.emulateMedia({ ...light, colorScheme: 'dark', forcedColors: 'active' });
  faults.push(...(await violationsOn(page, 'colours')));
  await page.emulateMedia({ ...light, contrast: 'more' });
  faults.push(...(await violationsOn(page, 'more contrast')));
  await page.emulateMedia(light);
  for (const size of windows) {
    await page.setViewportSize(size);
    faults.push(...(await cutOffOn(page)).map((fault) => `${size.width}: ${fault}`));
  }
  await page.setViewportSize({ width: 1366, height: 768 });
  return faults;
}

it.each([
  ['en', 'B', 'C'],
  ['ar', 'D', 'F'],
] as const)('every page is accessible (%s)', async (locale, one, other) => {
  const person = `carol-${locale}`;
  const groups: string[] = [];
  await broker.users.create(
    { username: person, displayName: 'Carol', password, groups, secondFactor: 'required' },
    commandLine,
  );
  const [approved, refused] = [`WDJBMJH${one}`, `WDJBMJH${other}`];
  for (const code of [approved, refused]) {
    await addWaitingTerminal(broker, { code, terminalId: code.padEnd(43, 'k') });
  }
  const context = await browser.newContext({ locale, ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const go = (path: string) => page.goto(broker.origin + path);
  const submit = (selector = 'main button.button-primary, main button.button-danger') =>
    Promise.all([page.waitForEvent('load'), page.locator(selector).first().click()]);
  const judge = async (name: string) => {
    expect.soft(await page.locator('html').getAttribute('lang'), name).toBe(locale);
    expect.soft(await faultsOf(page), name).toEqual([]);
  };

  await go('/account');
  await judge('sign-in');
  await page.locator('[name=username]').fill('ada');
  await page.locator('[name=password]').fill('wrong');
  await submit();
  await judge('sign-in, refused');
  await page.locator('[name=password]').fill(password);
  await submit();
  await page.waitForURL(`${broker.origin}/account`);

  const paths = ['/account', '/account/password', '/enroll', '/terminals', '/certificate'];
  for (const path of [...paths, `/terminals/${terminal.id}/revoke`, '/nowhere']) {
    await go(path);
    await judge(path);
  }
  await go('/account/second-factor');
  await judge('/account/second-factor');
  await page.locator('[name=password]').fill(password);
  await submit();
  await judge('/account/second-factor/code');

  await go('/enroll?code=BBBBBBBB');
  await judge('enroll, unknown code');
  await go(`/enroll?code=${approved}`);
  await judge('enroll, review');
  await submit('[value=approve]');
  await judge('enroll, approved');
  await go(`/enroll?code=${refused}&ca=${'x'.repeat(43)}&key=${'y'.repeat(43)}`);
  await judge('enroll, another broker');
  await go(`/enroll?code=${refused}`);
  await submit('[value=deny]');
  await judge('enroll, refused');

  const signIn = async () => {
    await context.clearCookies();
    await go('/account');
    await page.locator('[name=username]').fill(person);
    await page.locator('[name=password]').fill(password);
    await submit();
  };
  await signIn();
  await judge('sign-in, second factor to set up');
  await page.locator('[name=code]').fill('000000');
  await submit();
  await judge('sign-in, wrong code');
  const secret = (await page.locator('p.code').innerText()).replaceAll(' ', '');
  const code = new TOTP({ secret }).generate({ timestamp: broker.clock.now() });
  await page.locator('[name=code]').fill(code);
  await submit();
  await page.waitForURL(`${broker.origin}/account`);
  await signIn();
  await judge('sign-in, second factor');
  await context.close();
});
