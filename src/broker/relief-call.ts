import type { FastifyBaseLogger } from 'fastify';

/** A call for help by the host, which is opened before there is a broker that could answer it. */
export type ReliefCall = { call(): void; answer(by: () => Promise<void>): void };

export function createReliefCall(log: FastifyBaseLogger): ReliefCall {
  let relieve: (() => Promise<void>) | null = null;
  return {
    call: () => {
      relieve?.().catch((error: unknown) => log.error({ err: error }, 'the host got no relief'));
    },
    answer: (by) => {
      relieve = by;
    },
  };
}
