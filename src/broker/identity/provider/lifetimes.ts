/*
 * For how long what the broker gives out is good, in seconds.
 */

const minute = 60;
const hour = 60 * minute;
const year = 365 * 24 * hour;

export const accessTokenSeconds = 10 * minute;
export const authorizationCodeSeconds = minute;
export const deviceCodeSeconds = 10 * minute;
/** From the page where somebody begins to sign in to the end of it. */
export const interactionSeconds = 15 * minute;
/** Of a browser at the broker's own pages, from its last sign-in. */
export const pageSessionSeconds = hour;
/** A terminal that is away for longer has to be enrolled again. Each use of the token renews it. */
export const terminalRefreshSeconds = year;
/** The grant of a terminal lasts until it is revoked; its tokens do not. */
export const terminalGrantSeconds = 100 * year;
