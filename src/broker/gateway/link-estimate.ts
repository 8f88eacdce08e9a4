/** What is known of the link to a client. */
export type LinkEstimate = {
  /** Milliseconds from an update's last byte until the client tells that it took it; null at first. */
  roundTripMs: number | null;
  /** What arrives there, in bytes per millisecond. */
  rate: number;
};

/** One update that the client has taken. */
export type Delivery = {
  tookMs: number;
  /** All that arrived meanwhile, up to and with this update. */
  bytes: number;
  /** Nothing else was on its way when it was sent. */
  isAlone: boolean;
  /** It filled the window: the link was busy, so that what arrived is all that it carries. */
  isFull: boolean;
};

export const unknownLink: LinkEstimate = { roundTripMs: null, rate: 0 };

/** Enough for a few updates before anything is known, and never less. */
const leastBytes = 32 * 1024;
const mostBytes = 4 * 1024 * 1024;

/**
 * What may wait on the way beyond what the link itself holds. It is also what lets the window grow
 * until the link is full, since a rate can't be seen that was never tried.
 */
const slackMs = 100;

/** A worse figure may be an accident; it takes a few of them to be believed. */
const easing = 4;

export function learn(link: LinkEstimate, delivery: Delivery): LinkEstimate {
  return { roundTripMs: roundTrip(link, delivery), rate: rate(link, delivery) };
}

/** How many bytes may be on their way to the client. */
export function windowBytes({ roundTripMs, rate }: LinkEstimate): number {
  const wanted = rate * ((roundTripMs ?? 0) + slackMs);
  return Math.min(Math.max(wanted, leastBytes), mostBytes);
}

/** The shortest one; a longer one counts if there was nothing of ours that it had to wait for. */
function roundTrip({ roundTripMs }: LinkEstimate, { tookMs, isAlone }: Delivery): number {
  if (roundTripMs === null || tookMs <= roundTripMs) return tookMs;
  return isAlone ? roundTripMs + (tookMs - roundTripMs) / easing : roundTripMs;
}

/** The best one; a worse one counts if the link had more to carry. */
function rate({ rate }: LinkEstimate, { tookMs, bytes, isFull }: Delivery): number {
  const seen = bytes / Math.max(tookMs, 1);
  if (seen >= rate) return seen;
  return isFull ? rate + (seen - rate) / easing : rate;
}
