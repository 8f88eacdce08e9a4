import type { OnBeforeRequestListenerDetails, OnHeadersReceivedListenerDetails } from 'electron';
import type { SignInRequest } from '../../src/terminal/sign-in-window.ts';

/** Where one sign-in may take place, and where it ends. */
export type SignInPlace = {
  /** Origin of the broker. */
  broker: string;
  /** Origins that it may send the person to. */
  others: ReadonlySet<string>;
  redirectUri: string;
};

export function placeOf({ url, origins, redirectUri }: SignInRequest): SignInPlace {
  const others = new Set(origins.map(({ origin }) => new URL(origin).origin));
  return { broker: new URL(url).origin, others, redirectUri };
}

/** Whether a page may be shown, or a frame in it: by TLS, and from one of the origins. */
export function isSignInPage(address: string, place: SignInPlace): boolean {
  const origin = originOf(address);
  return origin === place.broker || (origin !== null && place.others.has(origin));
}

type Request = Pick<OnBeforeRequestListenerDetails, 'url' | 'resourceType'> & {
  /** Origin of the page, or of the frame in it, that asks; null where that is not known. */
  asker: string | null;
};

/**
 * Whether something may be loaded. Pages only from where they may be shown. What a page consists of
 * is for its owner to say: identity providers have their scripts and styles on hosts of others. The
 * broker has nothing elsewhere.
 */
export function isSignInRequest(request: Request, place: SignInPlace): boolean {
  const { url, resourceType, asker } = request;
  if (resourceType === 'mainFrame' || resourceType === 'subFrame') return isSignInPage(url, place);
  if (/^(data|blob):/.test(url)) return true;
  const address = url.replace(/^wss:/, 'https:');
  if (asker === null) return isSignInPage(address, place);
  if (asker === place.broker) return originOf(address) === place.broker;
  return isSignInPage(asker, place) && originOf(address) !== null;
}

type Answer = Pick<
  OnHeadersReceivedListenerDetails,
  'url' | 'resourceType' | 'statusCode' | 'responseHeaders'
>;

/**
 * The address that ends the sign-in, when this answer sends the page there. Only the broker's word
 * counts, and it is taken from the answer itself: the browser then never tries to go there.
 */
export function endOfSignIn(answer: Answer, place: SignInPlace): string | null {
  const isRedirect = answer.statusCode >= 300 && answer.statusCode < 400;
  if (!isRedirect || answer.resourceType !== 'mainFrame') return null;
  if (originOf(answer.url) !== place.broker) return null;
  const [location = ''] = headerOf(answer, 'location');
  return isRedirectUri(location, place.redirectUri) ? location : null;
}

/** The redirect URI itself, with whatever query the answer has (RFC 6749 section 4.1.2). */
function isRedirectUri(address: string, redirectUri: string): boolean {
  return address === redirectUri || address.startsWith(`${redirectUri}?`);
}

/**
 * A policy that is added to those of the page: without `allow-modals` it shows no dialog and prints
 * nothing, without `allow-popups` and `allow-downloads` there are none. The broker's own pages run
 * no script, but need `allow-scripts` to have the keyboard in their first field.
 */
export function policyFor(address: string, place: SignInPlace): string {
  const sandbox = 'sandbox allow-forms allow-same-origin allow-scripts';
  return originOf(address) === place.broker ? `${sandbox}; script-src 'none'` : sandbox;
}

/** The headers of an answer with one policy more; each policy holds beside the others. */
export function withPolicy(answer: Answer, policy: string): Record<string, string[]> {
  const name = 'content-security-policy';
  const others = Object.entries(answer.responseHeaders ?? {}).filter(
    ([header]) => header.toLowerCase() !== name,
  );
  return { ...Object.fromEntries(others), [name]: [...headerOf(answer, name), policy] };
}

function headerOf({ responseHeaders = {} }: Answer, name: string): string[] {
  return Object.entries(responseHeaders).flatMap(([header, values]) =>
    header.toLowerCase() === name ? values : [],
  );
}

/** null for what is not an address by TLS. */
function originOf(address: string): string | null {
  const url = URL.canParse(address) ? new URL(address) : null;
  return url?.protocol === 'https:' ? url.origin : null;
}
