import { appOrigin } from '../../src/contract/app-origin.ts';

/** The one page there is. */
export const startPage = `${appOrigin}/`;

type Row = { what: string; reason: string; matches(address: string): boolean };

/** Where a page may navigate by itself. What matches no row is refused. */
export const allowedNavigations: readonly Row[] = [
  {
    what: 'the start page',
    reason: 'reloading is how a page recovers; the state lives in main and is not lost by it',
    matches: (address) => address === startPage,
  },
];

export function isNavigationAllowed(address: string): boolean {
  return allowedNavigations.some((row) => row.matches(address));
}
