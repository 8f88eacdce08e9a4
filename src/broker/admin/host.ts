import type { z } from 'zod';
import { CodedError } from '../../contract/errors.ts';
import { hostHistoryQuerySchema } from '../../contract/host.ts';
import { checkedInput } from '../checked-input.ts';
import { createHostHistory, type HostHistoryDeps } from '../host-figures/host-history.ts';

export function hostAdmin(deps: HostHistoryDeps) {
  const hostHistory = createHostHistory(deps);
  return {
    /** As the broker last wrote it down. @throws command-invalid before it did */
    hostUsage: async () => {
      const usage = await hostHistory.usage();
      if (usage !== null) return usage;
      throw new CodedError('command-invalid', { detail: 'no broker has measured its host yet' });
    },

    /** Every guest that is not over, with what it used when last measured. */
    machines: () => hostHistory.machines(),

    /** A point for each minute of the last hours, the oldest first. */
    hostHistory: async (query: z.input<typeof hostHistoryQuerySchema> = {}) =>
      hostHistory.samples(checkedInput(hostHistoryQuerySchema, query).hours),
  };
}
