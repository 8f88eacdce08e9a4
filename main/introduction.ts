import type { Session } from 'electron';
import { routes } from '../src/contract/broker-api.ts';
import { CodedError } from '../src/contract/errors.ts';
import type { BrokerNetwork, Introduction } from '../src/terminal/network.ts';
import { asNetworkProblem } from './network-problem.ts';
import { chainDigests, faultIn } from './security/broker-certificates.ts';
import { chainOf, verdicts } from './security/certificate-judge.ts';

type IntroducerDeps = { createSession(name: string): Session; now(): number };

/** Accepts whatever certificate it is shown, and keeps it. */
type Stranger = { session: Session; shown: Pick<Introduction, 'chain' | 'fault'> | null };

const longestAnswer = 64 * 1024;
/** Whoever answers in the broker's place may as well say nothing. */
const answerWithinMs = 10_000;

/**
 * Asks a broker who it is, over a connection that anybody may have answered: nothing is sent along,
 * and nothing that comes back is believed for it.
 */
export function createIntroducer(deps: IntroducerDeps): BrokerNetwork['introduce'] {
  let unused: Stranger | null = null;
  let made = 0;

  /**
   * A session that has met a certificate is not asked about it again for half an hour, and so would
   * not tell which of several it was shown. Electron keeps sessions until the app ends; one that
   * reached nobody serves again.
   */
  function takeStranger(): Stranger {
    const stranger = unused ?? openStranger();
    unused = null;
    return stranger;
  }

  function openStranger(): Stranger {
    made += 1;
    const stranger: Stranger = {
      session: deps.createSession(`introduction-${made}`),
      shown: null,
    };
    stranger.session.setCertificateVerifyProc(({ hostname, certificate }, answer) => {
      const chain = chainOf(certificate);
      const now = deps.now();
      stranger.shown ??= {
        chain: chainDigests(chain, hostname, now),
        fault: faultIn(chain, hostname, now),
      };
      answer(verdicts.accepted.number);
    });
    return stranger;
  }

  return async (origin, signal) => {
    if (new URL(origin).protocol !== 'https:') throw new CodedError('broker-address-invalid');
    const stranger = takeStranger();
    try {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]);
      const statements = await askForStatements(stranger.session, origin, limited);
      return { statements, ...(stranger.shown ?? { chain: [], fault: null }) };
    } catch (error) {
      signal.throwIfAborted();
      throw asNetworkProblem(error);
    } finally {
      if (stranger.shown === null) unused = stranger;
      else await stranger.session.closeAllConnections();
    }
  };
}

async function askForStatements(
  session: Session,
  origin: string,
  signal: AbortSignal,
): Promise<Introduction['statements']> {
  const { path, reply } = routes.trust;
  const response = await session.fetch(new URL(path, origin).href, {
    signal,
    redirect: 'error',
    credentials: 'omit',
    cache: 'no-store',
  });
  if (response.status !== reply.status) throw invalid(`${path} answered ${response.status}`);
  const answer = reply.body.safeParse(parseJson(await readShort(response)));
  if (!answer.success) throw invalid(path);
  return answer.data.statements;
}

/** The text of an answer, as long as it is short. */
async function readShort({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const part of body ?? []) {
    text += decoder.decode(part, { stream: true });
    if (text.length > longestAnswer) throw invalid('the answer is too long');
  }
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // which no schema takes
  }
}

function invalid(detail: string): CodedError {
  return new CodedError('broker-answer-invalid', { detail });
}
