import { describe, expect, it } from 'vitest';
import { offersStream, ticketOf } from '../../../../../src/broker/gateway/offered-protocols.ts';
import { streamProtocol, ticketProtocolPrefix } from '../../../../../src/contract/stream.ts';

describe('the subprotocols offered', () => {
  it('hold the ticket, wherever it stands', () => {
    expect(ticketOf(`${streamProtocol}, ${ticketProtocolPrefix}abc`)).toBe('abc');
    expect(ticketOf(`${ticketProtocolPrefix}abc,${streamProtocol}`)).toBe('abc');
  });

  it('hold no ticket, or no single one', () => {
    expect(ticketOf(undefined)).toBeNull();
    expect(ticketOf(streamProtocol)).toBeNull();
    expect(ticketOf(`${ticketProtocolPrefix}a, ${ticketProtocolPrefix}b`)).toBeNull();
  });

  it('are those of our stream, or not', () => {
    expect(offersStream(`x, ${streamProtocol}`)).toBe(true);
    expect(offersStream(`${streamProtocol}x`)).toBe(false);
    expect(offersStream(undefined)).toBe(false);
  });
});
