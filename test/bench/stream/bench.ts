import { benchGuest, type GuestResult } from './guest-bench.ts';
import { benchSynthetic, type SyntheticResult } from './synthetic-bench.ts';

/** The stream: the gateway alone, while no guest takes a core, then with a real guest. */
export async function benchStream(): Promise<GuestResult & SyntheticResult> {
  const synthetic = await benchSynthetic();
  return { ...(await benchGuest()), ...synthetic };
}
