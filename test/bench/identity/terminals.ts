import { systemClock } from '../../../src/contract/clock.ts';
import type { AsyncDisposable } from '../../../src/contract/disposable.ts';
import { FakeTerminal } from '../../fakes/fake-terminal.ts';
import { fetched, type Reply, textIn } from '../../fakes/transport.ts';
import { createNodeNetwork } from '../../harness/node-network.ts';
import type { BenchBroker } from './broker.ts';
import { password, usernameOf } from './orders.ts';

/** A terminal with a connection of its own, as far as the protocol goes. */
export type BenchTerminal = AsyncDisposable & { readonly terminal: FakeTerminal };

/** By an enrollment token, from making the key to its tokens. */
export async function enrolled(broker: BenchBroker): Promise<BenchTerminal> {
  const made = await newTerminal(broker);
  succeeded(await made.terminal.oauth.enrollByToken(broker.enrollmentToken));
  return made;
}

/** By an approval that is there before the terminal asks, so that nothing waits for a poll. */
export async function enrolledByApproval(broker: BenchBroker): Promise<BenchTerminal> {
  const made = await newTerminal(broker);
  const { body } = succeeded(await made.terminal.oauth.requestEnrollment());
  await broker.approve(textIn(body, 'user_code'));
  succeeded(await made.terminal.oauth.pollEnrollment(textIn(body, 'device_code')));
  return made;
}

/** From the authorization request to the tokens, the password and the page for it between. */
export async function signIn({ terminal }: BenchTerminal, user: number): Promise<void> {
  succeeded(await terminal.signIn(usernameOf(user), password));
}

/** Takes up what the user left running, with the terminal's own token. */
export async function resume({ terminal }: BenchTerminal): Promise<void> {
  succeeded(await terminal.resume());
}

/** Starts what there is to resume. */
export async function startSession(
  { terminal }: BenchTerminal,
  { desktopId }: BenchBroker,
): Promise<void> {
  succeeded(await terminal.call('createSession', { body: { desktopId } }), 201);
}

async function newTerminal(broker: BenchBroker): Promise<BenchTerminal> {
  const network = createNodeNetwork();
  network.pin(broker.url, [broker.ca]);
  const send = fetched(broker.url, network.browse);
  const terminal = await FakeTerminal.create({ clock: systemClock, origin: broker.url, send });
  return { terminal, dispose: () => network.dispose() };
}

/** @throws when the answer is another */
export function succeeded(reply: Reply, status = 200): Reply {
  if (reply.status !== status) throw new Error(`${reply.status} ${JSON.stringify(reply.body)}`);
  return reply;
}
