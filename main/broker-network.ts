import type { Session } from 'electron';
import { CodedError } from '../src/contract/errors.ts';
import type { SignInOrigin } from '../src/contract/identity.ts';
import type { BrokerNetwork } from '../src/terminal/network.ts';
import { createIntroducer } from './introduction.ts';
import { asNetworkProblem } from './network-problem.ts';
import { hostOf, judge, pinsOf, type Strangers, verdicts } from './security/certificate-judge.ts';

export type TerminalNetwork = BrokerNetwork & {
  /**
   * Has the certificates that a session meets judged by what is pinned, and by `origins`.
   * @param strangers `system` for pages whose parts may come from anywhere
   */
  judge(session: Session, origins: readonly SignInOrigin[], strangers: Strangers): void;
  /**
   * Whether a session may remember a judgement that holds no more. Chromium keeps them for half an
   * hour, by certificate and session, and nothing makes it forget: only another session will do.
   */
  isStale(session: Session): boolean;
};

/** The keys that a broker has to show, and how to find out that it has others. */
type Pin = { anchors: readonly string[]; learn: () => Promise<void> };

/** What a session remembers: the hosts that it met, and those of them that it refused. */
type Memory = { met: Set<string>; refused: Set<string>; stale: boolean };

/** How the certificates are judged that a session meets. */
type Judgement = {
  origins: readonly SignInOrigin[];
  strangers: Strangers;
  /** Whether a broker is asked for its keys before it is refused. */
  learns: boolean;
};

export type BrokerNetworkDeps = {
  /** A session in memory, apart from all others. */
  createSession(name: string): Session;
  /** Milliseconds since the epoch. */
  now(): number;
};

/** The way to brokers through Chromium's network, and so by the proxies of the system. */
export function createBrokerNetwork(deps: BrokerNetworkDeps): TerminalNetwork {
  const pinned = new Map<string, Pin>();
  const memories = new Map<Session, Memory>();
  let current: Session | null = null;
  let made = 0;

  function judgeBy(session: Session, { origins, strangers, learns }: Judgement): void {
    const memory: Memory = memories.get(session) ?? {
      met: new Set(),
      refused: new Set(),
      stale: false,
    };
    memories.set(session, memory);
    const verdictOn = (request: Parameters<typeof judge>[0]) => {
      const brokers = [...pinned].map(([origin, { anchors }]) => ({ origin, anchors }));
      return judge(request, pinsOf(brokers, origins, strangers), deps.now());
    };
    session.setCertificateVerifyProc(async (request, answer) => {
      const host = hostOf(request.hostname);
      let verdict = verdictOn(request);
      if (learns && verdict === 'refused') {
        // What is refused once stays so: before that, the broker is asked whether its key is another.
        await learnOf(host);
        verdict = verdictOn(request);
      }
      const { number, means } = verdicts[verdict];
      memory.met.add(host);
      if (means !== null) memory.refused.add(host);
      answer(number);
    });
  }

  async function learnOf(host: string): Promise<void> {
    // An old connection would go on as if nothing had happened.
    current = null;
    const learning = [...pinned]
      .filter(([origin]) => hostIn(origin) === host)
      .map(([, { learn }]) => learn());
    // What cannot be learned is refused, and met again by the next request of the terminal.
    await Promise.allSettled(learning);
  }

  function openSession(): Session {
    made += 1;
    const session = deps.createSession(`broker-${made}`);
    session.setSSLConfig({ minVersion: 'tls1.3' });
    judgeBy(session, { origins: [], strangers: 'refused', learns: false });
    return session;
  }

  return {
    fetch: async (input, init) => {
      // A redirect is no answer of a broker, and a cookie nothing that it could want.
      const request = new Request(input, { ...init, redirect: 'error', credentials: 'omit' });
      const { origin } = new URL(request.url);
      if (!pinned.has(origin)) {
        throw new CodedError('broker-key-changed', { detail: `${origin} is not pinned` });
      }
      current ??= openSession();
      try {
        return await current.fetch(request);
      } catch (error) {
        request.signal.throwIfAborted();
        throw asNetworkProblem(error);
      }
    },
    pin: (origin, anchors, learn = async () => undefined) => {
      const before = pinned.get(origin)?.anchors ?? [];
      pinned.set(origin, { anchors: [...anchors], learn });
      const isDropped = before.some((anchor) => !anchors.includes(anchor));
      const host = hostIn(origin);
      for (const memory of memories.values()) {
        memory.stale ||= memory.refused.has(host) || (isDropped && memory.met.has(host));
      }
      if (current !== null && memories.get(current)?.stale) current = null;
    },
    introduce: createIntroducer(deps),
    judge: (session, origins, strangers) => judgeBy(session, { origins, strangers, learns: true }),
    isStale: (session) => memories.get(session)?.stale ?? false,
  };
}

function hostIn(origin: string): string {
  return hostOf(new URL(origin).hostname);
}
