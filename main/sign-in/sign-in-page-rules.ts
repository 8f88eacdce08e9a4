import { CodedError } from '../../src/contract/errors.ts';
import type { PageRules } from '../security/guards.ts';
import type { SignInSession } from './sign-in-session.ts';

/**
 * The sign-in page stays where its session lets it. One that was sent or went elsewhere cannot lead
 * to an end any more.
 */
export function signInPageRules(session: SignInSession): PageRules {
  const refuse = (detail: string) => session.fail(new CodedError('sign-in-refused', { detail }));
  return {
    isNavigationAllowed: (address) => session.isPageAllowed(address),
    redirectRefused: (_page, address) => {
      refuse(`the page was sent to ${URL.canParse(address) ? new URL(address).host : 'nowhere'}`);
    },
    strayed: () => refuse('the page left'),
  };
}
