import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import { tryToConnect } from './connect.ts';
import { LineSplitter } from './line-splitter.ts';

/** What a guest that did not boot is told, since it believes to be another, or that it is then. */
export type Identity = {
  /** A label of RFC 1123. */
  hostname: string;
  /** 32 hexadecimal digits (machine-id(5)); null to keep the one it has. */
  machineId: string | null;
  /** Of its network card; null where it has none. */
  mac: string | null;
};

/** Bytes of an answer. The guest is not trusted with our memory. */
const answerLimit = 4096;
const seedBytes = 64;

/** A locally administered unicast address (IEEE 802) of a machine's UUID, the same each time. */
export function macOf(id: string): string {
  const digits = id.replaceAll('-', '').slice(0, 10);
  return ['02', ...(digits.match(/../g) ?? [])].join(':');
}

/** A machine-id as systemd makes it (machine-id(5)): a UUID of version 4 without its dashes. */
export function newMachineId(uuid: string): string {
  return uuid.replaceAll('-', '');
}

/** One line of `key=value`, none of which holds a space. `seed` is for the guest's random pool. */
export function identityLine(
  { hostname, machineId, mac }: Identity,
  { now, seed }: { now: number; seed: Buffer },
): string {
  const tokens = [
    `name=${hostname}`,
    ...(machineId === null ? [] : [`machine-id=${machineId}`]),
    `mac=${mac ?? 'none'}`,
    `time=${(now / 1000).toFixed(3)}`,
    `seed=${seed.toString('hex')}`,
  ];
  return `${tokens.join(' ')}\n`;
}

/**
 * Holds the line to a guest on which it is told who it is, for as long as the work takes. A guest
 * whose template was captured while the line was held has nothing to do but read from it.
 * @throws guest-failed when there is no such line
 */
export async function onIdentityPort<T>(
  path: string,
  work: (port: Socket) => Promise<T>,
): Promise<T> {
  const port = await tryToConnect(path);
  if (port === null) throw new CodedError('guest-failed', { detail: 'no identity port' });
  // Whoever waits for an answer hears of it by the close that follows.
  port.on('error', () => undefined);
  try {
    return await work(port);
  } finally {
    port.destroy();
  }
}

/**
 * Tells a guest who it is and what time it is, lets it go on, and resolves when it has taken that in.
 * @throws guest-failed when it does not say so within the time
 */
export async function introduce(
  port: Socket,
  identity: Identity,
  goOn: () => Promise<unknown>,
  { clock, signal, timeoutMs }: { clock: Clock; signal: AbortSignal; timeoutMs: number },
): Promise<void> {
  const { promise: heard, resolve, reject } = Promise.withResolvers<void>();
  heard.catch(() => undefined); // heard of below
  const fail = (detail: string) => reject(new CodedError('guest-failed', { detail }));
  const abort = () => reject(signal.reason);
  const timer = clock.after(timeoutMs, () => fail('it does not take its identity'));
  const lines = new LineSplitter(answerLimit);
  port.on('data', (chunk: Buffer) => {
    try {
      if (lines.push(chunk).includes(`ready name=${identity.hostname}`)) resolve();
    } catch {
      fail('an endless line on its identity port');
    }
  });
  const hungUp = () => fail('its identity port closed');
  if (port.destroyed) hungUp();
  port.on('close', hungUp);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    port.write(identityLine(identity, { now: clock.now(), seed: randomBytes(seedBytes) }));
    await goOn();
    await heard;
  } finally {
    timer.dispose();
    signal.removeEventListener('abort', abort);
  }
}
