import type { NetworkPolicy } from '../../contract/pool.ts';
import type { Traffic } from './traffic.ts';

/** The ways out of the guests of this host. */
export type Networks = {
  /**
   * Opens the way that a policy allows: an HTTP proxy (CONNECT, and plain requests) on a unix
   * socket at `socket`, which lets through to the destinations of the policy and refuses the rest
   * with 403. Opening again replaces the policy, and cuts what it no longer allows. A socket that an
   * earlier broker left is replaced. Whoever gets into its folder may connect. Null for none.
   */
  open(
    machineId: string,
    policy: NetworkPolicy,
    socket: string,
  ): Promise<{ proxySocket: string } | null>;
  /** Since its way out was opened; nothing where it has none. */
  trafficOf(machineId: string): Traffic;
  close(machineId: string): Promise<void>;
  dispose(): Promise<void>;
};
