import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { commandLine } from '../../src/broker/audit/actor.ts';
import { identityProviderSchema } from '../../src/broker/identity/federation-config.ts';
import { createAuthority, issueCertificate } from '../../src/broker/tls/authority.ts';
import { type Directory, startIdentityProvider } from '../fakes/identity-provider.ts';
import { type PagesBroker, password, startPagesBroker } from '../fakes/pages-broker.ts';

const directory: Directory = new Map([
  ['grace', { name: 'Grace Hopper', groups: ['navy', 'engineers'] }],
  ['ada', { name: 'Ada of the Navy', groups: [] }],
]);

let browser: Browser;
let broker: PagesBroker;
let provider: Awaited<ReturnType<typeof startIdentityProvider>>;
let folder: string;
let context: BrowserContext;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'broker-pages-'));
  const authority = await createAuthority(Date.now());
  const certificate = await issueCertificate(authority, ['localhost'], Date.now());
  const caFile = join(folder, 'ca.pem');
  const clientSecretFile = join(folder, 'secret');
  writeFileSync(caFile, authority.certificate);
  writeFileSync(clientSecretFile, 'a secret of forty-three characters or so...\n');

  const server = createServer({ cert: certificate.chain, key: certificate.key });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // `address()` is text for pipes only.
  const { port } = server.address() as AddressInfo;
  const origin = `https://localhost:${port}`;
  provider = await startIdentityProvider({
    certificate,
    directory,
    clientId: 'porthole',
    clientSecret: 'a secret of forty-three characters or so...',
    redirectUri: () => `${origin}/sign-in/callback/navy`,
  });
  const settings = { clientId: 'porthole', caFile };
  broker = await startPagesBroker({
    origin,
    server,
    identityProviders: [
      identityProviderSchema.parse({
        ...settings,
        id: 'navy',
        name: 'the Navy',
        issuer: provider.issuer,
        clientSecretFile,
      }),
      identityProviderSchema.parse({
        ...settings,
        id: 'gone',
        name: 'Nowhere',
        issuer: 'https://localhost:1',
      }),
    ],
  });
  browser = await chromium.launch({
    executablePath: process.env.PORTHOLE_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
});

afterEach(() => context.close());
afterAll(async () => {
  await browser.close();
  await broker.dispose();
  await provider.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** A browser that trusts the certificate of the broker, as one would to whom it was given. */
async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  context = await browser.newContext({ ...options, ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(broker.origin + path);
  return page;
}

async function signInAtTheNavy(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name: 'Sign in with the Navy' }).click();
  await page.getByPlaceholder('Enter any login').fill(name);
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

async function groupsOf(name: string): Promise<string[]> {
  const account = (await broker.users.list()).find(({ username }) => username === name);
  return (account?.groups ?? []).map((group) => group.name).toSorted();
}

describe('the pages in a real browser', () => {
  it('sign a person in by their password, with nothing blocked', async () => {
    const page = await open('/account');
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    await page.getByLabel('User name').fill('ada');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL(`${broker.origin}/account`);
    await page.getByText('Ada Lovelace').waitFor();
    const paths = ['/account', '/account/second-factor', '/enroll', '/terminals', '/certificate'];
    for (const path of paths) await page.goto(broker.origin + path);
    expect(complaints).toEqual([]);
  });

  it('let a second factor be set up by everybody', async () => {
    const page = await open('/account/second-factor');
    await page.getByLabel('User name').fill('bob');
    await page.getByLabel('Password').fill(password);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${broker.origin}/account/second-factor`);
    await page.getByLabel('Password').fill(password);
    await page.keyboard.press('Enter');
    await page.getByLabel('Six-digit code').waitFor();
  });

  it('have the way out beside the name on a phone', async () => {
    const page = await open('/account', { viewport: { width: 390, height: 844 } });
    await page.getByLabel('User name').fill('ada');
    await page.getByLabel('Password').fill(password);
    await page.keyboard.press('Enter');
    const name = await page.locator('.brand').boundingBox();
    const out = await page.getByRole('button', { name: 'Sign out' }).boundingBox();
    const first = await page.getByRole('link', { name: 'Terminals' }).boundingBox();
    expect(out?.y).toBeLessThan((name?.y ?? 0) + (name?.height ?? 0));
    expect(first?.y).toBeGreaterThan((out?.y ?? 0) + (out?.height ?? 0) / 2);
  });
});

describe('sign-in by another OpenID provider', () => {
  it('makes a user, in the groups that its claims stand for', async () => {
    const claims = [{ identityProvider: 'navy', value: 'engineers' }];
    await broker.groups.create({ name: 'Engineers', roles: [], pools: [], claims }, commandLine);
    const page = await open('/account');
    await signInAtTheNavy(page, 'grace');
    await page.waitForURL(`${broker.origin}/account`);
    await page.getByText('Grace Hopper').waitFor();
    await page.getByText('You sign in with the Navy').waitFor();
    expect(await groupsOf('grace')).toEqual(['Engineers', 'everyone']);
  });

  it('follows the claims at the next sign-in, and makes nobody twice', async () => {
    directory.set('grace', { name: 'Admiral Hopper', groups: ['navy'] });
    const page = await open('/account');
    await signInAtTheNavy(page, 'grace');
    await page.getByText('Admiral Hopper').waitFor();
    expect(await groupsOf('grace')).toEqual(['everyone']);
    const users = await broker.users.list();
    expect(users.filter(({ identityProvider }) => identityProvider === 'navy')).toHaveLength(1);
  });

  it('never gives the account of somebody else of that name', async () => {
    const page = await open('/account');
    await signInAtTheNavy(page, 'ada');
    await page.getByText('Ada of the Navy').waitFor();
    await page.getByText('ada-2').waitFor();
    await page.goto(`${broker.origin}/terminals`);
    await page.getByText('Your roles do not allow this.').waitFor();
  });

  it('keeps a user out who is switched off here', async () => {
    const grace = (await broker.users.list()).find(({ username }) => username === 'grace');
    await broker.users.change(grace?.id ?? '', { disabled: true }, commandLine);
    const page = await open('/account');
    await signInAtTheNavy(page, 'grace');
    await page.getByText('This account is switched off.').waitFor();
    expect(page.url()).toContain('/sign-in/');
  });

  it('says so when the other refuses, or is away, and offers the rest', async () => {
    const page = await open('/account');
    await page.getByRole('link', { name: 'Sign in with Nowhere' }).click();
    await page.getByText('Your organization’s sign-in cannot be reached.').waitFor();
    await page.getByRole('link', { name: 'Sign in with the Navy' }).click();
    await page.getByRole('link', { name: 'Cancel' }).click();
    await page.getByText('Your organization’s sign-in did not let you in.').waitFor();
    await page.getByLabel('User name').waitFor();
  });

  it('takes no answer that was meant for another browser', async () => {
    const victim = await open('/account');
    const attacker = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await attacker.newPage();
    await page.goto(`${broker.origin}/account`);
    const departure = page.waitForRequest((request) => request.url().includes('/auth?'));
    await page.getByRole('link', { name: 'Sign in with the Navy' }).click();
    const state = new URL((await departure).url()).searchParams.get('state');
    const answer = await victim.goto(
      `${broker.origin}/sign-in/callback/navy?code=x&state=${state}`,
    );
    expect(answer?.status()).toBe(410);
    await attacker.close();
  });
});
