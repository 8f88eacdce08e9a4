import type { Session, WebContents } from 'electron';
import type { Disposable } from '../../src/contract/disposable.ts';
import { CodedError } from '../../src/contract/errors.ts';
import type { SignInRequest, SignInWindow } from '../../src/terminal/sign-in-window.ts';
import { refusalIn } from '../security/certificate-judge.ts';
import type { SignInSession } from './sign-in-session.ts';

type SignInWindowDeps = {
  session: SignInSession;
  /** Lays a page over the window. */
  openView(session: Session): { page: WebContents } & Disposable;
  /** Does what the person would do, where nobody is there; called each time a page has loaded. */
  typist: ((page: WebContents) => void) | null;
};

/** Of net::Error: the load was given up, which happens whenever another page takes its place. */
const aborted = -3;
/** Of net::Error: what Chromium itself finds wrong with a certificate. */
const isCertificateError = (code: number) => code <= -200 && code > -300;

/**
 * The window that people sign in with. The page is closed and everything of it cleared away before
 * the outcome is told, whatever it is.
 */
export function createSignInWindow(deps: SignInWindowDeps): SignInWindow {
  let last: Promise<unknown> = Promise.resolve();
  return {
    open(request, signal) {
      // The one before may still be cleared away.
      const opened = last.then(() => openOnce(deps, request, signal));
      last = opened.catch(() => undefined); // told to whoever opened it
      return opened;
    },
  };
}

async function openOnce(
  deps: SignInWindowDeps,
  request: SignInRequest,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const outcome = Promise.withResolvers<string>();
  const cancel = () => outcome.reject(signal.reason);
  signal.addEventListener('abort', cancel, { once: true });
  const ends = { arrived: outcome.resolve, failed: outcome.reject };
  const view = deps.openView(deps.session.begin(request, ends));
  try {
    watch(view.page, request, (error) => deps.session.fail(error));
    if (deps.typist !== null) view.page.on('did-finish-load', () => deps.typist?.(view.page));
    view.page.loadURL(request.url).catch(() => {
      // did-fail-load tells why, and whether it matters.
    });
    return await outcome.promise;
  } finally {
    signal.removeEventListener('abort', cancel);
    view.dispose();
    await deps.session.end();
  }
}

/** Everything that can become of a page but its end at the redirect URI. */
function watch(page: WebContents, { url }: SignInRequest, fail: (error: CodedError) => void): void {
  const broker = new URL(url).origin;
  page.on('did-fail-load', (_event, code, reason, address, isMainFrame) => {
    if (isMainFrame && code !== aborted) fail(failureOf(broker, { code, reason, address }));
  });
  page.on('render-process-gone', (_event, { reason }) => {
    fail(new CodedError('sign-in-refused', { detail: `the page is gone: ${reason}` }));
  });
  page.on('destroyed', () => {
    fail(new CodedError('sign-in-refused', { detail: 'the page was closed' }));
  });
}

function failureOf(
  broker: string,
  { code, reason, address }: { code: number; reason: string; address: string },
): CodedError {
  const origin = URL.canParse(address) ? new URL(address).origin : '';
  if (origin !== broker) {
    return new CodedError('sign-in-refused', { detail: `${origin}: ${reason}` });
  }
  const otherwise = isCertificateError(code) ? 'broker-key-changed' : 'broker-unreachable';
  return new CodedError(refusalIn(code) ?? otherwise, { detail: reason });
}
