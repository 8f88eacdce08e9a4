import { countsOf } from '../options.ts';
import { benchGuest, type GuestResult } from './guest-bench.ts';
import { benchSynthetic, type SyntheticResult } from './synthetic-bench.ts';

/** The stream: the gateway alone, while no guest takes a core, then with a real guest. */
export async function benchStream(args: readonly string[]): Promise<GuestResult & SyntheticResult> {
  const counts = countsOf(args, { turns: 3, keys: 40 });
  const synthetic = await benchSynthetic();
  return { ...(await benchGuest(counts)), ...synthetic };
}
