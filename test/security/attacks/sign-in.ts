import { TOTP } from 'otpauth';
import { CookieJar } from '../../fakes/fake-oauth-client.ts';
import type { FakeTerminal } from '../../fakes/fake-terminal.ts';
import type { Reply } from '../../fakes/transport.ts';
import { type Attack, outcomeOf } from '../attack.ts';
import type { AttackedBroker } from '../attacked-broker.ts';

const route = 'POST /sign-in/:uid';

/** A sign-in page, and what answers there. */
async function signInPage({ oauth }: FakeTerminal) {
  const jar = new CookieJar();
  const { path } = await oauth.follow(oauth.authorizationRequest().url, jar);
  return { jar, answer: async (fields: Record<string, string>) => oauth.follow(path, jar, fields) };
}

/** Tries until it is told to wait. */
async function tried(times: number, attempt: () => Promise<{ reply: Reply }>): Promise<Reply> {
  let { reply } = await attempt();
  for (let count = 1; count < times && reply.status === 401; count += 1) {
    ({ reply } = await attempt());
  }
  return reply;
}

/** Somebody with a second factor: what their authenticator app holds, and the code just used. */
async function withSecondFactor(broker: AttackedBroker) {
  const { admin, clock, password, terminal } = broker;
  const { username } = await broker.person();
  await admin.changeUser({ username, secondFactor: 'required' });
  const own = await terminal();
  const page = await signInPage(own);
  const { reply } = await page.answer({ username, password });
  const secret = /\b[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}\b|\b[A-Z2-7]{32}\b/.exec(
    String(reply.body),
  )?.[0];
  if (secret === undefined) throw new Error('the page shows no secret');
  const totp = new TOTP({ secret: secret.replaceAll(' ', '') });
  const used = totp.generate({ timestamp: clock.now() });
  await page.answer({ code: used });
  const again = await signInPage(own);
  await again.answer({ username, password });
  return { page: again, used };
}

export const signInAttacks: readonly Attack[] = [
  {
    name: 'guesses at a password',
    has: 'an enrolled terminal, and the name of a user',
    attempt: async (broker) => {
      const { username } = await broker.person();
      const page = await signInPage(await broker.terminal());
      return outcomeOf(await tried(10, () => page.answer({ username, password: 'a guess' })));
    },
    refused: { status: 429, code: null },
    audit: { code: 'sign-in-throttled', route },
  },
  {
    name: 'a name tried out, to learn whether anybody has it',
    has: 'an enrolled terminal, and a list of names',
    attempt: async (broker) => {
      const { username } = await broker.person();
      const own = await broker.terminal();
      const answerTo = async (name: string) => {
        const { reply } = await (await signInPage(own)).answer({ username: name, password: 'no' });
        const told = String(reply.body)
          .replaceAll(name, '')
          .replaceAll(/sign-in\/[\w-]+/g, '');
        return { reply, told };
      };
      const known = await answerTo(username);
      const unknown = await answerTo('nobody-at-all');
      if (known.told !== unknown.told) throw new Error('the answer tells');
      return outcomeOf(known.reply);
    },
    refused: { status: 401, code: null },
    audit: { code: 'credentials-wrong', route },
  },
  {
    name: 'guesses that are to lock somebody out of the terminals of others',
    has: 'an enrolled terminal, and the name of a user',
    attempt: async (broker) => {
      const { username } = await broker.person();
      const page = await signInPage(await broker.terminal());
      const refused = await tried(10, () => page.answer({ username, password: 'a guess' }));
      const elsewhere = await (await broker.terminal()).signIn(username, broker.password);
      if (elsewhere.status !== 200) throw new Error('the user is locked out');
      return outcomeOf(refused);
    },
    refused: { status: 429, code: null },
    audit: { code: 'sign-in-throttled', route },
  },
  {
    name: 'one password for many names',
    has: 'an enrolled terminal, and a password that somebody will have',
    attempt: async (broker) => {
      const page = await signInPage(await broker.terminal());
      let count = 0;
      return outcomeOf(
        await tried(40, () => {
          count += 1;
          return page.answer({ username: `name-${count}`, password: 'summer 2026' });
        }),
      );
    },
    refused: { status: 429, code: null },
    audit: { code: 'sign-in-throttled', route },
  },
  {
    name: 'guesses at a second factor',
    has: 'an enrolled terminal, and the password of a user',
    attempt: async (broker) => {
      const { page } = await withSecondFactor(broker);
      let count = 0;
      return outcomeOf(
        await tried(10, () => {
          count += 1;
          return page.answer({ code: `00000${count}` });
        }),
      );
    },
    refused: { status: 429, code: null },
    audit: { code: 'sign-in-throttled', route },
  },
  {
    name: 'a one-time code that was used already',
    has: 'the password of a user, and a look over their shoulder',
    attempt: async (broker) => {
      const { page, used } = await withSecondFactor(broker);
      return outcomeOf((await page.answer({ code: used })).reply);
    },
    refused: { status: 401, code: null },
    audit: { code: 'second-factor-wrong', route },
  },
  {
    name: 'a second factor passed over',
    has: 'the password of a user',
    attempt: async (broker) => {
      const { page } = await withSecondFactor(broker);
      const { password } = broker;
      return outcomeOf((await page.answer({ username: 'somebody', password, code: '' })).reply);
    },
    refused: { status: 401, code: null },
    audit: { code: 'second-factor-wrong', route },
  },
  {
    name: 'a sign-in that another browser began',
    has: 'the address of a sign-in page that is open',
    attempt: async ({ terminal }) => {
      const { oauth } = await terminal();
      const { path } = await oauth.follow(oauth.authorizationRequest().url, new CookieJar());
      return outcomeOf((await oauth.follow(path, new CookieJar())).reply);
    },
    refused: { status: 410, code: null },
    audit: null,
  },
];
