import type { Log } from '../log.ts';
import type { PageRules, SessionRules } from './guards.ts';
import { isNavigationAllowed, startPage } from './navigation.ts';
import { isPermitted } from './permissions.ts';
import { isRequestAllowed } from './requests.ts';

/** What our own page may do. */
export function ownSessionRules(streamOrigin: () => string | null): SessionRules {
  return {
    isPermitted,
    isRequestAllowed: ({ url }) => isRequestAllowed(url, { streamOrigin: streamOrigin() }),
  };
}

/** Our own page is at the start page, and is brought back when it left. */
export function ownPageRules(log: Log): PageRules {
  return {
    isNavigationAllowed,
    redirectRefused: () => undefined,
    strayed(page) {
      page.loadURL(startPage).catch((error: unknown) => {
        log({ level: 'error', message: 'the start page did not load', error });
      });
    },
  };
}
