import { CodedError } from '../../../contract/errors.ts';
import type { HostFigures } from '../../host-figures/host-figures.ts';
import type { HostHistory } from '../../host-figures/host-history.ts';
import type { Handlers } from '../handlers.ts';

type Deps = { hostFigures: Pick<HostFigures, 'record'>; hostHistory: HostHistory };

export function hostHandlers({
  hostFigures,
  hostHistory,
}: Deps): Pick<Handlers, 'getHost' | 'getHostHistory'> {
  return {
    getHost: async () => {
      // What is written every few seconds is not good enough for who watches.
      await hostFigures.record();
      const host = await hostHistory.usage();
      if (host === null) throw new CodedError('not-found', { detail: 'figures of the host' });
      return { host, machines: await hostHistory.machines() };
    },
    getHostHistory: async ({ query }) => ({ samples: await hostHistory.samples(query.hours) }),
  };
}
