import { benchGuest, type GuestResult } from './guest-bench.ts';
import { benchSynthetic, type SyntheticResult } from './synthetic-bench.ts';

/** The stream: a real guest first, then the gateway alone while no guest takes a core. */
export async function benchStream(): Promise<GuestResult & SyntheticResult> {
  const guest = await benchGuest();
  return { ...guest, ...(await benchSynthetic()) };
}
