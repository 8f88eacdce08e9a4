import { describe, expect, it } from 'vitest';
import { StreamChannel } from '../../../../renderer/stream/stream-channel.ts';

/** What noVNC's Websock looks for by name on an object or its prototype before it takes it. */
const asked = [
  'send',
  'close',
  'binaryType',
  'onerror',
  'onmessage',
  'onopen',
  'protocol',
  'readyState',
];

/** The outside of a WebSocket; a real one is opened in test/e2e/screens. */
class Socket extends EventTarget {
  binaryType = 'blob';
  protocol = 'rfb.porthole.v1';
  readyState = 1;
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly sentData: Uint8Array[] = [];
  closed = 0;

  send(data: Uint8Array): void {
    this.sentData.push(data);
  }

  close(): void {
    this.closed += 1;
  }
}

function open() {
  const socket = new Socket();
  const seen: string[] = [];
  // The channel uses what the stand-in has and nothing else.
  const channel = new StreamChannel(socket as unknown as WebSocket, {
    sent: (data) => seen.push(`sent ${data.byteLength}`),
    received: (length) => seen.push(`received ${length}`),
    closing: () => seen.push('closing'),
    closed: (code) => seen.push(`closed ${code}`),
  });
  return { socket, channel, seen };
}

describe('the channel that noVNC is given', () => {
  it('has what noVNC asks for', () => {
    const { channel } = open();
    const names = [
      ...Object.keys(channel),
      ...Object.getOwnPropertyNames(Object.getPrototypeOf(channel)),
    ];
    expect(names).toEqual(expect.arrayContaining(asked));
  });

  it('hands everything on in both directions, and tells who looks on first', () => {
    const { socket, channel, seen } = open();
    channel.onmessage = ({ data }) => seen.push(`message ${data.byteLength}`);
    socket.onmessage?.(new MessageEvent('message', { data: new ArrayBuffer(5) }));
    channel.send(new Uint8Array(3));
    expect(seen).toEqual(['received 5', 'message 5', 'sent 3']);
    expect(socket.sentData).toHaveLength(1);
    expect([socket.binaryType, channel.protocol, channel.readyState]).toEqual([
      'arraybuffer',
      'rfb.porthole.v1',
      1,
    ]);
  });

  it('gives the last chance to keep the picture before noVNC hears of the close', () => {
    const { socket, channel, seen } = open();
    channel.onclose = () => seen.push('noVNC');
    socket.onclose?.({ code: 4411 });
    expect(seen).toEqual(['closing', 'noVNC', 'closed 4411']);
  });

  it('gives it as well when noVNC closes by itself', () => {
    const { socket, channel, seen } = open();
    channel.close();
    expect(seen).toEqual(['closing']);
    expect(socket.closed).toBe(1);
  });
});
