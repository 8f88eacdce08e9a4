import { lookup } from 'node:dns/promises';
import { chmod, lchown, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../contract/clock.ts';
import type { Log } from '../log.ts';
import { hostAddresses } from './addresses.ts';
import { Gate, type Lookup } from './gate.ts';
import { GuestProxy } from './guest-proxy.ts';
import type { Networks } from './networks.ts';
import { RefusalNotes } from './refusal-notes.ts';

export type NetworkOptions = {
  clock: Clock;
  log: Log;
  /** A destination that was refused; at most once a minute for each of a machine. */
  onRefused: (machineId: string, destination: string, reason: string) => void;
  /** Default: the resolver of the system. */
  lookup?: Lookup;
};

export function createNetworks({ clock, log, onRefused, ...options }: NetworkOptions): Networks {
  const proxies = new Map<string, { proxy: GuestProxy; socket: string }>();
  const rules = { lookup: options.lookup ?? systemLookup, own: hostAddresses };

  const start = async (machineId: string, gate: Gate, socket: string): Promise<void> => {
    const notes = new RefusalNotes(clock);
    const proxy = new GuestProxy({
      clock,
      gate,
      onRefused(destination, reason) {
        if (!notes.isNews(destination)) return;
        log.warn({ id: machineId, destination, reason }, 'a guest was refused a destination');
        onRefused(machineId, destination, reason);
      },
    });
    // What an earlier broker left; nobody listens to it any more.
    await rm(socket, { force: true });
    await proxy.listen(socket);
    proxies.set(machineId, { proxy, socket });
    await openToGuest(socket);
  };

  const close = async (machineId: string): Promise<void> => {
    const open = proxies.get(machineId);
    if (open === undefined) return;
    proxies.delete(machineId);
    await open.proxy.close();
    log.info({ id: machineId, ...open.proxy.counts }, 'the network of a guest was closed');
  };

  return {
    async open(machineId, policy, socket) {
      const running = proxies.get(machineId);
      if (policy.kind === 'none' || (running !== undefined && running.socket !== socket)) {
        await close(machineId);
      }
      if (policy.kind === 'none') return null;
      const gate = new Gate(policy.destinations, rules);
      if (running?.socket === socket) running.proxy.setGate(gate);
      else await start(machineId, gate, socket);
      return { proxySocket: socket };
    },
    trafficOf: (machineId) =>
      proxies.get(machineId)?.proxy.traffic ?? { receivedBytes: 0, sentBytes: 0 },
    close,
    async dispose() {
      await Promise.all([...proxies.keys()].map(close));
    },
  };
}

const systemLookup: Lookup = async (host) => {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
};

/**
 * Connecting takes the right to write (unix(7)). In a folder of the guest's user the socket is that
 * user's too; a link that it may have put there is not followed. In one of our own, the folder alone
 * decides who gets there.
 */
async function openToGuest(socket: string): Promise<void> {
  const { uid, gid } = await stat(dirname(socket));
  if (uid === process.getuid?.()) await chmod(socket, 0o666);
  else await lchown(socket, uid, gid);
}
