import type { BrokerTrust } from '../tls/broker-trust.ts';
import type { Handlers } from './handlers.ts';

export function trustHandlers({
  trust,
}: {
  trust: Pick<BrokerTrust, 'statements'>;
}): Pick<Handlers, 'trust'> {
  return { trust: async () => ({ statements: [...trust.statements()] }) };
}
