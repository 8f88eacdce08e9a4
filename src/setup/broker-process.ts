import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../contract/errors.ts';
import { brokerMessageSchema } from './broker-child.ts';
import { type Child, startChild } from './child.ts';
import type { Locations } from './locations.ts';

type BrokerProcess = Child & {
  readonly url: string;
  /** Digest of the key that its certificate is traced to. */
  readonly ca: string;
};

type BrokerProcessOptions = { locations: Locations; env: NodeJS.ProcessEnv; port: number };

/** Its log, for the person to look at. */
export function brokerLog({ state }: Locations): string {
  return join(state, 'broker.log');
}

/**
 * Starts the demo's broker in a process of its own and waits until it listens.
 * @throws whatever kept the broker from starting, such as port-in-use; command-failed when it
 *   ended without a word
 */
export async function startBrokerProcess({
  locations,
  env,
  port,
}: BrokerProcessOptions): Promise<BrokerProcess> {
  await mkdir(locations.state, { recursive: true, mode: 0o700 });
  const log = brokerLog(locations);
  const script = join(locations.root, 'src/setup/broker-child.ts');
  const child = await startChild(process.execPath, [script, String(port), locations.demoData], {
    env,
    cwd: locations.root,
    log,
    channel: true,
  });
  const message = await Promise.race([firstMessage(child), child.ended]);
  if (typeof message === 'string') {
    throw new CodedError('command-failed', { detail: `the broker ${message}; see ${log}` });
  }
  if (message.kind === 'failed') {
    await child.dispose();
    const { code, detail } = message.problem;
    throw new CodedError(code, { detail });
  }
  return { ...child, url: message.url, ca: message.ca };
}

async function firstMessage({ process }: Child) {
  const message = await new Promise<unknown>((resolve) => process.once('message', resolve));
  return brokerMessageSchema.parse(message);
}
