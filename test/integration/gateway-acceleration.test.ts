import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { wakeEveryMs, wakeForMs } from '../../src/broker/gateway/refresh-keeper.ts';
import {
  endOfContinuousUpdates,
  fenceWith,
  noKey,
  requestOf,
} from '../../src/broker/gateway/rfb-flow-messages.ts';
import { streamPath } from '../../src/contract/broker-api.ts';
import { streamClose } from '../../src/contract/stream.ts';
import { frame, handshake } from '../fakes/fake-rfb-server.ts';
import {
  clientHandshake,
  type FakeStreamClient,
  keyEvent,
  updateRequest,
} from '../fakes/fake-stream-client.ts';
import {
  type ListeningBroker,
  startListeningBroker,
  ticketFor,
} from '../fakes/listening-broker.ts';
import { until } from '../fakes/until.ts';

const area = Uint8Array.of(0, 0, 0, 0, 0, 2, 0, 1);
const request = Buffer.from(requestOf(area));
/** SetEncodings with Raw, Fence and ContinuousUpdates. */
const encodings = Buffer.from([2, 0, 0, 3, 0, 0, 0, 0, 255, 255, 254, 200, 255, 255, 254, 199]);
const enable = Buffer.from([150, 1, ...area]);

let stage: ListeningBroker;
let client: FakeStreamClient;
beforeEach(async () => {
  stage = await startListeningBroker({});
  const { terminal, sessionId } = await stage.seat('ada');
  const ticket = await ticketFor(terminal, sessionId);
  client = await stage.connect(streamPath(sessionId), { ticket }).opened();
  await client.waitFor(handshake.length);
  client.webSocket.send(Buffer.concat([clientHandshake, encodings, updateRequest]));
  await heard(clientHandshake, encodings, updateRequest);
});
afterEach(() => stage.end());

/** Waits until the guest heard this, and nothing else. */
async function heard(...messages: Buffer[]): Promise<void> {
  const all = Buffer.concat(messages);
  await until('the guest heard all', () => stage.guest.heard.length >= all.length);
  expect(stage.guest.heard).toEqual(all);
  stage.guest.forget();
}

async function received(...messages: Uint8Array[]): Promise<void> {
  const all = Buffer.concat([handshake, ...messages]);
  await client.waitFor(all.length);
  expect(client.received).toEqual(all);
}

/** The answer to a fence, with the flag that noVNC leaves in it. */
function answerTo(id: number): Buffer {
  const answer = Buffer.from(fenceWith(id));
  answer.writeUInt32BE(1, 4);
  return answer;
}

async function begin(): Promise<void> {
  stage.guest.client.write(frame);
  await received(frame, endOfContinuousUpdates);
  client.webSocket.send(enable);
  await heard(request);
}

describe('a guest without continuous updates', () => {
  it('is asked again with each update, and hears nothing of fences', async () => {
    await begin();
    stage.guest.client.write(frame);
    await received(frame, endOfContinuousUpdates, frame, fenceWith(1));
    await heard(request);
    client.webSocket.send(Buffer.concat([answerTo(1), keyEvent]));
    await heard(keyEvent);
  });

  it('is not asked in the midst of what the client says', async () => {
    await begin();
    const clipboard = Buffer.from([6, 0, 0, 0, 0, 0, 0, 3, 97, 98, 99]);
    client.webSocket.send(clipboard.subarray(0, 9));
    await heard(clipboard.subarray(0, 9));
    stage.guest.client.write(frame);
    await received(frame, endOfContinuousUpdates, frame, fenceWith(1));
    client.webSocket.send(clipboard.subarray(9));
    await heard(clipboard.subarray(9), request);
  });

  it('may send much at once, of which the client gets every byte in order', async () => {
    await begin();
    const large = Buffer.alloc(16 + 300 * 300 * 4, 0x5a);
    large.set([0, 0, 0, 1, 0, 0, 0, 0]);
    large.writeUInt16BE(300, 8);
    large.writeUInt16BE(300, 10);
    large.writeInt32BE(0, 12);
    stage.guest.client.write(Buffer.concat([large, frame.subarray(0, 7)]));
    const start = [frame, endOfContinuousUpdates, large, fenceWith(1)] as const;
    await received(...start, frame.subarray(0, 7));
    client.webSocket.send(answerTo(1));
    await heard(request);
    stage.guest.client.write(frame.subarray(7));
    await received(...start, frame, fenceWith(2));
  });

  it('is let go when the client answers a fence that was not sent', async () => {
    await begin();
    client.webSocket.send(answerTo(7));
    expect(await client.closed).toBe(streamClose.protocolError);
  });
});

describe('a guest of QEMU', () => {
  /** Says that it takes key events with scan codes. */
  const accepted = Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 254, 254]);

  it('is kept awake for a while after an input, by keys that there are none of', async () => {
    stage.guest.client.write(accepted);
    await received(accepted, endOfContinuousUpdates);
    stage.clock.pass(wakeForMs);
    client.webSocket.send(keyEvent);
    await heard(keyEvent);
    stage.clock.pass(2 * wakeEveryMs);
    await heard(Buffer.from(noKey), Buffer.from(noKey));
    client.webSocket.send(keyEvent.subarray(0, 5));
    await heard(keyEvent.subarray(0, 5));
    stage.clock.pass(2 * wakeEveryMs);
    client.webSocket.send(keyEvent.subarray(5));
    await heard(keyEvent.subarray(5));
    stage.clock.pass(4 * wakeForMs);
    client.webSocket.send(updateRequest);
    await until('the rest was heard', () => stage.guest.heard.subarray(-10).equals(updateRequest));
    stage.guest.forget();
    stage.clock.pass(4 * wakeForMs);
    client.webSocket.send(updateRequest);
    await heard(updateRequest);
  });
});

describe('a guest with continuous updates of its own', () => {
  it('is left to itself', async () => {
    const own = Buffer.concat([endOfContinuousUpdates, fenceWith(9)]);
    stage.guest.client.write(Buffer.concat([own, frame]));
    await received(own, frame);
    client.webSocket.send(Buffer.concat([enable, answerTo(9)]));
    await heard(enable, answerTo(9));
  });
});

describe('a guest that says what nobody knows', () => {
  it('is asked by the clock, and heard as it is', async () => {
    await begin();
    const unknown = Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 1, 0, 0, 0, 50, 1, 2, 3]);
    stage.guest.client.write(unknown);
    await received(frame, endOfContinuousUpdates, unknown);
    await heard(request);
    stage.clock.pass(30);
    await heard(request);
  });
});
