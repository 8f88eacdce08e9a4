import type { Session } from 'electron';
import { CodedError } from '../src/contract/errors.ts';
import type { SignInOrigin } from '../src/contract/identity.ts';
import type { BrokerNetwork } from '../src/terminal/network.ts';
import { createIntroducer } from './introduction.ts';
import { asNetworkProblem } from './network-problem.ts';
import { hostOf, judge, pinsOf, verdicts } from './security/certificate-judge.ts';

export type TerminalNetwork = BrokerNetwork & {
  /**
   * Has the certificates that a session meets judged by what is pinned, and by `origins`. Chromium
   * keeps its verdicts for half an hour, by certificate and session: where one was refused that is
   * good by now, only another session will do.
   */
  judge(session: Session, origins: readonly SignInOrigin[]): void;
};

export type BrokerNetworkDeps = {
  /** A session in memory, apart from all others. */
  createSession(name: string): Session;
  /** Milliseconds since the epoch. */
  now(): number;
};

/** The way to brokers through Chromium's network, and so by the proxies of the system. */
export function createBrokerNetwork(deps: BrokerNetworkDeps): TerminalNetwork {
  const pinned = new Map<string, readonly string[]>();
  let current: JudgedSession | null = null;
  let made = 0;

  /** @param onRefused told the host */
  function judgeBy(
    session: Session,
    origins: readonly SignInOrigin[],
    onRefused: (host: string) => void,
  ): void {
    session.setCertificateVerifyProc((request, answer) => {
      const brokers = [...pinned].map(([origin, anchors]) => ({ origin, anchors }));
      const verdict = judge(request, pinsOf(brokers, origins), deps.now());
      if (verdict === 'refused') onRefused(hostOf(request.hostname));
      answer(verdicts[verdict]);
    });
  }

  function openSession(): JudgedSession {
    made += 1;
    const session = deps.createSession(`broker-${made}`);
    const refused = new Set<string>();
    session.setSSLConfig({ minVersion: 'tls1.3' });
    judgeBy(session, [], (host) => refused.add(host));
    return { session, refused };
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
        return await current.session.fetch(request);
      } catch (error) {
        request.signal.throwIfAborted();
        throw asNetworkProblem(error);
      }
    },
    pin: (origin, anchors) => {
      const before = pinned.get(origin) ?? [];
      pinned.set(origin, [...anchors]);
      // The session may hold a verdict that is none any more: see TerminalNetwork.judge.
      const isDropped = before.some((anchor) => !anchors.includes(anchor));
      const wasRefused = current?.refused.has(hostOf(new URL(origin).hostname));
      if (isDropped || wasRefused) current = null;
    },
    introduce: createIntroducer(deps),
    judge: (session, origins) => judgeBy(session, origins, () => undefined),
  };
}

type JudgedSession = { session: Session; refused: Set<string> };
