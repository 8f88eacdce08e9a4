import type { OnBeforeRequestListenerDetails, Session } from 'electron';
import type { CodedError } from '../../src/contract/errors.ts';
import type { SignInOrigin } from '../../src/contract/identity.ts';
import type { SignInRequest } from '../../src/terminal/sign-in-window.ts';
import type { Log } from '../log.ts';
import { guardSession } from '../security/guards.ts';
import {
  endOfSignIn,
  isSignInPage,
  isSignInRequest,
  placeOf,
  policyFor,
  type SignInPlace,
  withPolicy,
} from '../security/sign-in-rules.ts';

type SignInSessionDeps = {
  /** A session in memory, by its name. */
  create(name: string): Session;
  /**
   * Judges the certificates of a session: the broker's and those of `origins` by what is pinned, all
   * others as the operating system does.
   */
  judge(session: Session, origins: readonly SignInOrigin[]): void;
  /** Whether a session may remember a judgement that holds no more. */
  isStale(session: Session): boolean;
  log: Log;
};

/** How a sign-in ends: with the redirect URI and the broker's answer, or not. */
export type SignInEnds = { arrived(address: string): void; failed(error: CodedError): void };

/**
 * The session of the sign-in page. It is in memory, apart from all others, and empty whenever a
 * sign-in begins. Electron keeps sessions until the app ends, so one serves again once it was
 * emptied. One that cannot be emptied is never used again, nor one in which a sign-in failed:
 * Chromium remembers there what it thought of a certificate.
 */
export class SignInSession {
  readonly #deps: SignInSessionDeps;
  #session: Session | null = null;
  #made = 0;
  /** Where the sign-in that is under way takes place; there is one at a time. */
  #place: SignInPlace | null = null;
  #ends: SignInEnds | null = null;
  #failed = false;

  constructor(deps: SignInSessionDeps) {
    this.#deps = deps;
  }

  begin(request: SignInRequest, ends: SignInEnds): Session {
    this.#place = placeOf(request);
    this.#ends = ends;
    if (this.#session !== null && this.#deps.isStale(this.#session)) this.#session = null;
    this.#session ??= this.#make();
    this.#deps.judge(this.#session, request.origins);
    return this.#session;
  }

  /** Leaves nothing of the person: no cookie, no cache, no password of a proxy, no connection. */
  async end(): Promise<void> {
    const session = this.#session;
    const failed = this.#failed;
    this.#place = null;
    this.#ends = null;
    this.#session = null;
    this.#failed = false;
    if (session === null) return;
    try {
      await emptied(session);
      if (!failed) this.#session = session;
    } catch (error) {
      this.#deps.log({ level: 'error', message: 'the sign-in could not be cleared away', error });
    }
  }

  owns(session: Session): boolean {
    return session === this.#session;
  }

  isPageAllowed(address: string): boolean {
    return this.#place !== null && isSignInPage(address, this.#place);
  }

  /** Ends the sign-in that is under way. */
  fail(error: CodedError): void {
    this.#failed = true;
    this.#ends?.failed(error);
  }

  #make(): Session {
    this.#made += 1;
    const session = this.#deps.create(`sign-in-${this.#made}`);
    const rules = {
      isPermitted: () => false,
      isRequestAllowed: (details: OnBeforeRequestListenerDetails) =>
        this.#place !== null &&
        isSignInRequest({ ...details, asker: askerOf(details) }, this.#place),
    };
    guardSession(session, rules, this.#deps.log);
    session.webRequest.onHeadersReceived((answer, reply) => {
      const place = this.#place;
      if (place === null) return reply({ cancel: true });
      const end = endOfSignIn(answer, place);
      if (end === null) {
        return reply({ responseHeaders: withPolicy(answer, policyFor(answer.url, place)) });
      }
      reply({ cancel: true });
      this.#ends?.arrived(end);
    });
    return session;
  }
}

/** Not every Electron tells the origin itself; that of the frame is the same while it is there. */
function askerOf({ initiatorOrigin, frame }: OnBeforeRequestListenerDetails): string | null {
  return initiatorOrigin ?? frame?.origin ?? null;
}

async function emptied(session: Session): Promise<void> {
  await session.closeAllConnections();
  await Promise.all([
    session.clearStorageData(),
    session.clearCache(),
    session.clearCodeCaches({}),
    session.clearAuthCache(),
    session.clearHostResolverCache(),
  ]);
}
