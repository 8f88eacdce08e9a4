import type { BenchBroker } from './broker.ts';

/** What a piece of work costs, and how much of it there is room for. */
export type Sample = {
  perS: number;
  /** Of the broker's process, for one. */
  brokerCpuMs: number;
};

/** Does `each` pieces of work in every lane, one after the other. */
export async function load<Lane>(
  broker: BenchBroker,
  lanes: readonly Lane[],
  each: number,
  work: (lane: Lane, index: number) => Promise<void>,
): Promise<Sample> {
  const count = lanes.length * each;
  const cpuBefore = await broker.cpuMs();
  const began = performance.now();
  await Promise.all(
    lanes.map(async (lane) => {
      for (let index = 0; index < each; index += 1) await work(lane, index);
    }),
  );
  const tookMs = performance.now() - began;
  return {
    perS: (count * 1_000) / tookMs,
    brokerCpuMs: ((await broker.cpuMs()) - cpuBefore) / count,
  };
}
