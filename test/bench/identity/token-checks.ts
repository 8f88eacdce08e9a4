import { routes } from '../../../src/contract/broker-api.ts';
import type { BenchBroker } from './broker.ts';
import { load, type Sample } from './load.ts';
import type { ProofCheck } from './orders.ts';
import { type BenchTerminal, succeeded } from './terminals.ts';

const { method, path } = routes.getUser;

/**
 * Asks who is signed in: each terminal on its connection, one request after the other. Proofs are
 * signed ahead, because signing is the terminals' work.
 */
export async function tokenChecks(
  broker: BenchBroker,
  proofCheck: ProofCheck,
  terminals: readonly BenchTerminal[],
  each: number,
): Promise<Sample> {
  const lanes = await Promise.all(
    terminals.map(async (one) => {
      await renewNonce(one, proofCheck);
      return { ...one, proofs: await signedAhead(one, proofCheck, each) };
    }),
  );
  return load(broker, lanes, each, async ({ terminal, proofs }, index) => {
    succeeded(await terminal.callOnce('getUser', { proof: proofs[index] ?? null }));
  });
}

/** So that what is signed ahead is still good when it is sent. */
async function renewNonce({ terminal }: BenchTerminal, proofCheck: ProofCheck): Promise<void> {
  const options = proofCheck === 'believed' ? { proof: terminal.id } : {};
  const { headers } = succeeded(await terminal.call('getUser', options));
  const nonce = headers['dpop-nonce'];
  if (typeof nonce === 'string') terminal.nonce = nonce;
}

/** As many bytes in both cases. */
async function signedAhead(
  { terminal }: BenchTerminal,
  proofCheck: ProofCheck,
  count: number,
): Promise<string[]> {
  const claimed = proofCheck === 'believed' ? terminal.id : '';
  const proofs: string[] = [];
  while (proofs.length < count) {
    proofs.push(`${claimed}${await terminal.proof(method, path, terminal.accessToken)}`);
  }
  return proofs;
}
