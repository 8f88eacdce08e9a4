import type { Clock } from '../contract/clock.ts';
import type { CodedError } from '../contract/errors.ts';
import { type BrokerFetch, createBrokerFetch } from './broker-fetch.ts';
import { importKeyPair, type PrivateKey } from './device-key.ts';
import type { BrokerNetwork } from './network.ts';
import { OAuthClient } from './oauth-client.ts';

export type ConnectionDeps = { clock: Clock; network: BrokerNetwork };

/** A broker as one key of this terminal speaks to it. */
export type Connection = { fetch: BrokerFetch; oauth: OAuthClient };

/** @param recover see createBrokerFetch */
export async function connectTo(
  broker: string,
  privateKey: PrivateKey,
  { clock, network }: ConnectionDeps,
  recover: (error: CodedError) => Promise<void>,
): Promise<Connection> {
  const fetch = createBrokerFetch(network, recover);
  const key = await importKeyPair(privateKey);
  return { fetch, oauth: new OAuthClient(broker, { fetch, key, clock }) };
}
