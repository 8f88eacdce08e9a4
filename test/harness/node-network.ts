import type { TLSSocket } from 'node:tls';
import { Agent, buildConnector, fetch as undiciFetch } from 'undici';
import { chainDigests, faultIn } from '../../main/security/broker-certificates.ts';
import { routes } from '../../src/contract/broker-api.ts';
import type { AsyncDisposable } from '../../src/contract/disposable.ts';
import { CodedError } from '../../src/contract/errors.ts';
import type { BrokerNetwork, Introduction } from '../../src/terminal/network.ts';

/** The way to brokers without Electron: the same judgement, on the sockets of Node. */
export type NodeNetwork = BrokerNetwork &
  AsyncDisposable & {
    /** As `fetch`, but answers with redirects, as a browser has to see them. */
    browse: typeof fetch;
  };

export function createNodeNetwork(): NodeNetwork {
  const agents = new Map<string, Agent>();
  const fetchBy = (agent: Agent, input: RequestInfo | URL, init?: RequestInit) =>
    // Node's own fetch is an earlier undici: the two differ in their types and take the same.
    undiciFetch(
      input as Parameters<typeof undiciFetch>[0],
      { redirect: 'error', ...init, dispatcher: agent } as Parameters<typeof undiciFetch>[1],
    ) as unknown as Promise<Response>;

  const send = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const { origin } = new URL(input instanceof Request ? input.url : String(input));
    const agent = agents.get(origin);
    if (agent === undefined) throw new CodedError('broker-key-changed', { detail: origin });
    try {
      return await fetchBy(agent, input, init);
    } catch (error) {
      init?.signal?.throwIfAborted();
      throw asProblem(error);
    }
  };

  return {
    fetch: (input, init) => send(input, { ...init, redirect: 'error' }),
    browse: (input, init) => send(input, { ...init, redirect: 'manual' }),
    pin: (origin, anchors) => {
      void agents.get(origin)?.close();
      agents.set(
        origin,
        judgingAgent(({ chain, fault }) => {
          const meets = (digests: string[]) => digests.some((digest) => anchors.includes(digest));
          if (meets(chain)) return;
          const code = fault !== null && meets(fault.chain) ? fault.code : 'broker-key-changed';
          throw new CodedError(code, { detail: origin });
        }),
      );
    },
    introduce: async (origin, signal) => {
      let shown: Shown = { chain: [], fault: null };
      const agent = judgingAgent((now) => {
        shown = now;
      });
      try {
        const { path, reply } = routes.trust;
        const response = await fetchBy(agent, new URL(path, origin), { signal });
        const { statements } = reply.body.parse(await response.json());
        return { statements, ...shown };
      } catch (error) {
        signal.throwIfAborted();
        throw asProblem(error);
      } finally {
        await agent.close();
      }
    },
    dispose: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}

type Shown = Pick<Introduction, 'chain' | 'fault'>;

/** @param judge throws when what a connection shows will not do */
function judgingAgent(judge: (shown: Shown) => void): Agent {
  // Node's own judgement is left out; a session that is resumed would show no chain.
  const connect = buildConnector({
    rejectUnauthorized: false,
    maxCachedSessions: 0,
    minVersion: 'TLSv1.3',
  });
  return new Agent({
    connect: (options, done) =>
      connect(options, (error, socket) => {
        if (error !== null) return done(error, null);
        try {
          const shown = [chainOf(socket as TLSSocket), options.hostname, Date.now()] as const; // https only
          judge({ chain: chainDigests(...shown), fault: faultIn(...shown) });
          done(null, socket);
        } catch (fault) {
          socket.destroy();
          done(fault instanceof Error ? fault : new Error(String(fault)), null);
        }
      }),
  });
}

function chainOf(socket: TLSSocket): string[] {
  const chain: string[] = [];
  let next: ReturnType<TLSSocket['getPeerX509Certificate']> = socket.getPeerX509Certificate();
  while (next !== undefined && chain.length < 10) {
    chain.push(next.toString());
    next = next.issuerCertificate;
  }
  return chain;
}

function asProblem(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof CodedError) return cause;
  return new CodedError('broker-unreachable', { detail: String(cause ?? error), cause: error });
}
