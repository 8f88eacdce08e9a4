/**
 * The broker as a child of `npm start`: tells its parent over the channel when it listens, or why
 * it cannot, and ends with its parent.
 */
import { z } from 'zod';
import { parseConfig } from '../broker/config.ts';
import { defaultFolders } from '../broker/folders.ts';
import { createLog } from '../broker/log.ts';
import { serve } from '../broker/main.ts';
import { CodedError, problemSchema } from '../contract/errors.ts';
import { digestSchema } from '../contract/identity.ts';
import { endingSignal } from './stop-signals.ts';

export const brokerMessageSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('listening'),
    url: z.string(),
    /** Digest of the key that its certificate is traced to. */
    ca: digestSchema,
  }),
  z.strictObject({ kind: z.literal('failed'), problem: problemSchema }),
]);
type BrokerMessage = z.infer<typeof brokerMessageSchema>;

async function run(port: number, dataDir: string | undefined): Promise<void> {
  const signal = endingSignal(process);
  const folders = defaultFolders(process.env, process.getuid?.() ?? 0);
  await serve(parseConfig({ port, dataDir }, folders), {
    log: createLog(process.stdout),
    signal,
    onListening: ({ url, caFingerprint }) => tell({ kind: 'listening', url, ca: caFingerprint }),
  });
}

function tell(message: BrokerMessage): void {
  process.send?.(message);
}

if (import.meta.main) {
  try {
    const [, , port, dataDir] = process.argv;
    await run(Number(port), dataDir);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    tell({ kind: 'failed', problem: error.problem });
    process.exitCode = 1;
  }
  // Keep-alive connections of terminals would hold the process for seconds.
  process.disconnect?.();
}
