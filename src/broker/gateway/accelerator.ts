import type { Clock } from '../../contract/clock.ts';
import type { Disposable } from '../../contract/disposable.ts';
import { every } from '../every.ts';
import type { ClientNote } from './rfb-client-note.ts';
import {
  endOfContinuousUpdates,
  fenceAnswer,
  fenceOf,
  fenceRequest,
  fenceWith,
  flowEncodings,
  requestOf,
} from './rfb-flow-messages.ts';
import { type Boundary, createRfbServerParser } from './rfb-server-parser.ts';
import { RfbSyntaxError } from './rfb-syntax-error.ts';
import {
  awaitedFence,
  blindAskMs,
  initialPacing,
  type PacingEvent,
  pace,
} from './update-pacing.ts';

/**
 * Gives a client ContinuousUpdates and Fence (rfbproto) in front of a guest that has neither. QEMU
 * draws ever less often while nobody asks it for an update, so over a long link, on which each
 * request takes its time, few frames come. The gateway is beside it and asks in the client's place.
 */
export type Accelerator = Disposable & {
  /** What the guest says. Gives what is to be sent to the client in the midst of it. */
  fromGuest(bytes: Uint8Array): Insertion | null;
  /** @throws RfbSyntaxError for an answer to a fence that nobody has sent */
  fromClient(notes: readonly ClientNote[]): void;
  /** Whether the client's fences and continuous updates are for the gateway and not for the guest. */
  readonly isInCharge: boolean;
  /** What the guest has said that it understands. */
  readonly accepted: ReadonlySet<number>;
  /** Whether any byte behind the guest's handshake was seen. */
  readonly hasDrawn: boolean;
};

/** Goes before the byte with that index, where a message of the guest has ended. */
export type Insertion = { at: number; bytes: Uint8Array };

type Deps = {
  clock: Clock;
  /** Sends a request to the guest, once it has heard whole messages of the client. */
  ask(request: Uint8Array): void;
  /** Sends something to the client, of whom the guest's messages so far are whole. */
  tell(bytes: Uint8Array): void;
  /** The guest says something that can't be followed; the stream goes on without its boundaries. */
  onLost(reason: string): void;
};

/** Answers that wait for the end of a message of the guest. */
const mostOwed = 64;

export function createAccelerator({ clock, ask, tell, onLost }: Deps): Accelerator {
  const guest = createRfbServerParser();
  let pacing = initialPacing;
  let area: Uint8Array = new Uint8Array(8);
  /** The client knows what is offered; the guest paces itself; the client was told of the offer. */
  let isWanted = false;
  let isNative = false;
  let isOffered = false;
  let hasAsked = false;
  let wasLost = false;
  let sinceFence = 0;
  /** For the client, at the next boundary. */
  let owed: Uint8Array[] = [];
  let blindly: Disposable | null = null;

  function happen(event: PacingEvent): void {
    const step = pace(pacing, event);
    pacing = step.pacing;
    if (step.fence !== null) {
      owed.push(fenceWith(step.fence));
      sinceFence = 0;
    }
    if (step.asks) ask(requestOf(area));
    watchTheClock(pacing.kind === 'blind');
  }

  function watchTheClock(isBlind: boolean): void {
    if (isBlind) {
      blindly ??= every(clock, blindAskMs, () => happen({ kind: 'tick' }));
    } else {
      blindly?.dispose();
      blindly = null;
    }
  }

  function takeOwed(): Uint8Array {
    const bytes = Buffer.concat(owed);
    owed = [];
    return bytes;
  }

  /** @param length bytes up to the end of the update, of those that came last */
  function updated(length: number): void {
    sinceFence += length;
    if (isWanted && !isNative && !isOffered) {
      isOffered = true;
      owed.push(endOfContinuousUpdates);
    }
    happen({ kind: 'updated', bytes: sinceFence, at: clock.now() });
  }

  function noteLoss(): void {
    if (guest.lost === null || wasLost) return;
    wasLost = true;
    owed = [];
    happen({ kind: 'lost' });
    onLost(guest.lost);
  }

  function hear(note: ClientNote): void {
    switch (note.kind) {
      case 'encodings':
        isWanted = Object.values(flowEncodings).every((each) => note.encodings.has(each));
        return;
      case 'pixel-format':
        // Which of the updates that are due is the first in the new format can't be told.
        if (hasAsked) guest.lose('another pixel format while updates are due');
        else guest.takeFormat(note.format);
        noteLoss();
        return;
      case 'update-request':
        hasAsked = true;
        return;
      case 'continuous-updates':
        if (isOffered) turn(note);
        return;
      case 'fence':
        if (!isNative) fenced(note);
    }
  }

  function turn({ enabled, area: wanted }: ClientNote & { kind: 'continuous-updates' }): void {
    area = wanted;
    happen({ kind: enabled ? 'enabled' : 'disabled' });
    if (!enabled && guest.lost === null) owed.push(endOfContinuousUpdates);
    if (enabled && wasLost) happen({ kind: 'lost' });
  }

  function fenced({ flags, payload }: ClientNote & { kind: 'fence' }): void {
    if (flags >= fenceRequest) {
      if (owed.length >= mostOwed) throw new RfbSyntaxError('fences without end');
      if (guest.lost === null) owed.push(fenceAnswer(payload));
      return;
    }
    const awaited = awaitedFence(pacing);
    if (awaited === null || fenceOf(payload) !== awaited) {
      throw new RfbSyntaxError('an answer to a fence that was not sent');
    }
    happen({ kind: 'answered', at: clock.now() });
  }

  function insertionAt(boundary: Boundary | undefined): Insertion | null {
    if (boundary === undefined || owed.length === 0) return null;
    return { at: boundary.at, bytes: takeOwed() };
  }

  return {
    fromGuest: (bytes) => {
      const boundaries = guest.push(bytes);
      isNative ||= !isOffered && boundaries.some(({ kind }) => kind === 'flow');
      const update = boundaries.findLast(({ kind }) => kind === 'update');
      if (update !== undefined) updated(update.at);
      const insertion = insertionAt(update ?? boundaries.at(-1));
      sinceFence += bytes.length - (update?.at ?? 0);
      noteLoss();
      return insertion;
    },
    fromClient: (notes) => {
      for (const note of notes) hear(note);
      if (owed.length > 0 && guest.isBetween) tell(takeOwed());
    },
    accepted: guest.accepted,
    get isInCharge() {
      return !isNative;
    },
    get hasDrawn() {
      return guest.hasDrawn;
    },
    dispose: () => watchTheClock(false),
  };
}
