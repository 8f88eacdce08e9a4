import { type LinkEstimate, learn, unknownLink, windowBytes } from './link-estimate.ts';

/** An update on its way to the client, with the fence behind it that tells when it was taken. */
type Sent = {
  fence: number;
  bytes: number;
  at: number;
  /** Bytes that the client had taken by then. */
  takenBefore: number;
  isAlone: boolean;
  isFull: boolean;
};

type Flow = { nextFence: number; sent: readonly Sent[]; taken: number; link: LinkEstimate };

/**
 * Who asks a guest for updates, and when (rfbproto, "ContinuousUpdates"):
 * `off`: the client, itself. `asking`: the gateway, and a request is with the guest.
 * `waiting`: the gateway, once the client has taken more of what is on its way; meanwhile the guest
 * gathers what changes. `blind`: the gateway, by the clock, since it can't see where updates end.
 */
export type Pacing = { kind: 'off' | 'asking' | 'waiting' | 'blind'; flow: Flow };

/** Times are in milliseconds of any one clock. */
export type PacingEvent =
  | { kind: 'enabled' }
  | { kind: 'disabled' }
  /** So many bytes more were sent to the client, and an update ended with them. */
  | { kind: 'updated'; bytes: number; at: number }
  /** The client answered the oldest fence that is out. */
  | { kind: 'answered'; at: number }
  | { kind: 'lost' }
  | { kind: 'tick' };

/** The next state, and what to do: ask the guest, send this fence behind the update. */
export type PacingStep = { pacing: Pacing; asks: boolean; fence: number | null };

export const initialPacing: Pacing = {
  kind: 'off',
  flow: { nextFence: 1, sent: [], taken: 0, link: unknownLink },
};

/** How often a guest is asked whose updates can't be told apart. */
export const blindAskMs = 30;

/** However small the updates are, no more of them are on their way. */
const mostUpdates = 64;

type Rules = { [Kind in PacingEvent['kind']]?: Rule<Extract<PacingEvent, { kind: Kind }>> };
type Rule<Event> = (flow: Flow, event: Event) => PacingStep;

const stop: Rule<unknown> = (flow) => stay('off', flow);
const lose: Rule<unknown> = (flow) => ask('blind', flow);

const rules: Record<Pacing['kind'], Rules> = {
  off: {
    enabled: (flow) => ask('asking', flow),
    answered: (flow, { at }) => stay('off', taken(flow, at)),
  },
  asking: {
    enabled: (flow) => ask('asking', flow),
    disabled: stop,
    updated: (flow, { bytes, at }) => {
      const next = sending(flow, bytes, at);
      const step = hasRoom(next) ? ask('asking', next) : stay('waiting', next);
      return { ...step, fence: flow.nextFence };
    },
    answered: (flow, { at }) => stay('asking', taken(flow, at)),
    lost: lose,
  },
  waiting: {
    disabled: stop,
    // Not asked for: a change of the cursor or of the screen's size.
    updated: (flow, { bytes, at }) => ({
      ...stay('waiting', sending(flow, bytes, at)),
      fence: flow.nextFence,
    }),
    answered: (flow, { at }) => {
      const next = taken(flow, at);
      return hasRoom(next) ? ask('asking', next) : stay('waiting', next);
    },
    lost: lose,
  },
  blind: {
    disabled: stop,
    answered: (flow, { at }) => stay('blind', taken(flow, at)),
    tick: (flow) => ask('blind', flow),
  },
};

/** An event that a state has no rule for changes nothing. */
export function pace(pacing: Pacing, event: PacingEvent): PacingStep {
  // The table has each rule under the kind of its event.
  const rule = rules[pacing.kind][event.kind] as Rule<PacingEvent> | undefined;
  return rule?.(pacing.flow, event) ?? stay(pacing.kind, pacing.flow);
}

/** The fence that the client has to answer next; null when none is out. */
export function awaitedFence({ flow }: Pacing): number | null {
  return flow.sent[0]?.fence ?? null;
}

function ask(kind: Pacing['kind'], flow: Flow): PacingStep {
  return { pacing: { kind, flow }, asks: true, fence: null };
}

function stay(kind: Pacing['kind'], flow: Flow): PacingStep {
  return { pacing: { kind, flow }, asks: false, fence: null };
}

function sending(flow: Flow, bytes: number, at: number): Flow {
  const { nextFence, sent, taken, link } = flow;
  const isFull = onTheWay(flow) + bytes >= windowBytes(link);
  const isAlone = sent.length === 0;
  const next = { fence: nextFence, bytes, at, takenBefore: taken, isAlone, isFull };
  return { ...flow, nextFence: nextFence + 1, sent: [...sent, next] };
}

function taken(flow: Flow, at: number): Flow {
  const [first, ...rest] = flow.sent;
  if (first === undefined) return flow;
  const all = flow.taken + first.bytes;
  const delivery = { ...first, tookMs: at - first.at, bytes: all - first.takenBefore };
  return { ...flow, sent: rest, taken: all, link: learn(flow.link, delivery) };
}

function hasRoom(flow: Flow): boolean {
  return flow.sent.length < mostUpdates && onTheWay(flow) < windowBytes(flow.link);
}

function onTheWay({ sent }: Flow): number {
  return sent.reduce((sum, { bytes }) => sum + bytes, 0);
}
