import { beforeEach, describe, expect, it } from 'vitest';
import { createAccelerator } from '../../../../../src/broker/gateway/accelerator.ts';
import type { ClientNote } from '../../../../../src/broker/gateway/rfb-client-note.ts';
import {
  endOfContinuousUpdates,
  fenceAnswer,
  fenceWith,
  requestOf,
} from '../../../../../src/broker/gateway/rfb-flow-messages.ts';
import { RfbSyntaxError } from '../../../../../src/broker/gateway/rfb-syntax-error.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { frame, handshake } from '../../../../fakes/fake-rfb-server.ts';
import { filler, rectangle, update } from './rfb-server-messages.ts';

const area = Uint8Array.of(0, 0, 0, 0, 0, 2, 0, 1);
const speaksFlow: ClientNote = { kind: 'encodings', encodings: new Set([7, -312, -313]) };
const enable: ClientNote = { kind: 'continuous-updates', enabled: true, area };
const disable: ClientNote = { kind: 'continuous-updates', enabled: false, area };
const unknown = update(rectangle(50, [2, 2], filler(4)));

let clock: FakeClock;
let asked: Uint8Array[];
let told: Buffer[];
let lost: string[];
let accelerator: ReturnType<typeof createAccelerator>;
beforeEach(() => {
  clock = new FakeClock();
  asked = [];
  told = [];
  lost = [];
  accelerator = createAccelerator({
    clock,
    ask: (request) => asked.push(request),
    tell: (bytes) => told.push(Buffer.from(bytes)),
    onLost: (reason) => lost.push(reason),
  });
  accelerator.fromGuest(handshake);
});

function answer(id: number): ClientNote {
  return { kind: 'fence', flags: 1, payload: fenceWith(id).slice(9) };
}

function begin(): void {
  accelerator.fromClient([speaksFlow, { kind: 'update-request' }]);
  accelerator.fromGuest(frame);
  accelerator.fromClient([enable]);
}

describe('an accelerated client', () => {
  it('is told of continuous updates behind its first update', () => {
    accelerator.fromClient([speaksFlow, { kind: 'update-request' }]);
    const bytes = Buffer.concat([frame, frame.subarray(0, 5)]);
    expect(accelerator.fromGuest(bytes)).toEqual({
      at: frame.length,
      bytes: Buffer.from(endOfContinuousUpdates),
    });
    expect(accelerator.fromGuest(frame.subarray(5))).toBeNull();
    expect(asked).toEqual([]);
  });

  it('has updates asked for in its place, each with a fence behind it', () => {
    begin();
    expect(asked).toEqual([requestOf(area)]);
    expect(accelerator.fromGuest(frame)).toEqual({
      at: frame.length,
      bytes: Buffer.from(fenceWith(1)),
    });
    expect(asked).toHaveLength(2);
    accelerator.fromClient([answer(1)]);
    expect(accelerator.fromGuest(frame)?.bytes).toEqual(Buffer.from(fenceWith(2)));
  });

  it('is asked for one answer where several updates came together', () => {
    begin();
    const inserted = accelerator.fromGuest(Buffer.concat([frame, frame, Buffer.from([2])]));
    expect(inserted).toEqual({ at: 2 * frame.length, bytes: Buffer.from(fenceWith(1)) });
  });

  it('has nothing asked for while it is behind', () => {
    begin();
    const large = update(rectangle(0, [100, 100], filler(40_000)));
    accelerator.fromGuest(large);
    expect(asked).toHaveLength(1);
    clock.pass(100);
    accelerator.fromClient([answer(1)]);
    expect(asked).toHaveLength(2);
  });

  it('may stop, and is told that nothing more comes by itself', () => {
    begin();
    accelerator.fromClient([disable]);
    expect(told).toEqual([Buffer.from(endOfContinuousUpdates)]);
    expect(accelerator.fromGuest(frame)).toBeNull();
    expect(asked).toHaveLength(1);
  });

  it('gets answers to its own fences, between messages of the guest', () => {
    begin();
    const wanted: ClientNote = { kind: 'fence', flags: 0x8000_0001, payload: Uint8Array.of(7) };
    accelerator.fromClient([wanted]);
    expect(told).toEqual([Buffer.from(fenceAnswer(Uint8Array.of(7)))]);
    accelerator.fromGuest(frame.subarray(0, 5));
    accelerator.fromClient([wanted]);
    expect(told).toHaveLength(1);
    const inserted = accelerator.fromGuest(frame.subarray(5));
    expect(inserted?.bytes).toEqual(Buffer.concat([fenceAnswer(Uint8Array.of(7)), fenceWith(1)]));
    const many = () => accelerator.fromClient(Array(65).fill(wanted));
    accelerator.fromGuest(frame.subarray(0, 5));
    expect(many).toThrow(RfbSyntaxError);
  });

  it('is refused when it answers what was not asked', () => {
    expect(() => accelerator.fromClient([answer(1)])).toThrow(RfbSyntaxError);
    begin();
    accelerator.fromGuest(frame);
    expect(() => accelerator.fromClient([answer(2)])).toThrow(RfbSyntaxError);
  });
});

describe('what is left alone', () => {
  it('is a client that knows only one of both, or asks for it without an offer', () => {
    const half: ClientNote = { kind: 'encodings', encodings: new Set([-313]) };
    accelerator.fromClient([half, { kind: 'update-request' }]);
    expect(accelerator.fromGuest(frame)).toBeNull();
    accelerator.fromClient([enable]);
    expect(asked).toEqual([]);
  });

  it('is a guest that has both itself', () => {
    accelerator.fromClient([speaksFlow, { kind: 'update-request' }]);
    expect(accelerator.isInCharge).toBe(true);
    accelerator.fromGuest(Buffer.from(endOfContinuousUpdates));
    expect(accelerator.isInCharge).toBe(false);
    expect(accelerator.fromGuest(frame)).toBeNull();
    accelerator.fromClient([enable, answer(9)]);
    expect(asked).toEqual([]);
  });
});

describe('a guest that can not be followed', () => {
  it('is named, and asked by the clock with nothing put into what it says', () => {
    begin();
    expect(accelerator.fromGuest(unknown)).toBeNull();
    expect(lost).toEqual(['encoding 50']);
    const before = asked.length;
    clock.pass(90);
    expect(asked).toHaveLength(before + 3);
    expect(accelerator.fromGuest(frame)).toBeNull();
    accelerator.dispose();
    expect(clock.pending).toBe(0);
  });

  it('leaves a client alone that has not begun', () => {
    accelerator.fromClient([speaksFlow]);
    expect(accelerator.fromGuest(unknown)).toBeNull();
    accelerator.fromClient([enable]);
    clock.pass(90);
    expect(asked).toEqual([]);
  });

  it('is asked by the clock also when the client begins late', () => {
    accelerator.fromClient([speaksFlow]);
    accelerator.fromGuest(frame);
    accelerator.fromGuest(unknown);
    accelerator.fromClient([enable]);
    const before = asked.length;
    clock.pass(30);
    expect(asked.length).toBe(before + 1);
  });

  it('is one whose pixels change their format under way', () => {
    const format: ClientNote = {
      kind: 'pixel-format',
      format: { pixelBytes: 2, tightPixelBytes: 2 },
    };
    accelerator.fromClient([format]);
    expect(lost).toEqual([]);
    accelerator.fromClient([{ kind: 'update-request' }, format]);
    expect(lost).toEqual(['another pixel format while updates are due']);
  });
});
