import { describe, expect, it } from 'vitest';
import { probeRequest } from '../../../../renderer/stream/probe-request.ts';
import { createRfbClientParser } from '../../../../src/broker/gateway/rfb-client-parser.ts';

const greeting = [...Buffer.from('RFB 003.008\n'), 1, 1];

describe('the probe of a silent stream', () => {
  it('asks for one pixel, changed or not', () => {
    expect([...probeRequest()]).toEqual([3, 0, 0, 0, 0, 0, 0, 1, 0, 1]);
  });

  it('passes the gateway as one whole message that is nobody’s input', () => {
    const parser = createRfbClientParser({
      withholdsFlow: () => true,
      hasExtendedMouse: () => false,
      reach: 'all',
    });
    parser.push(Uint8Array.from(greeting));
    expect(parser.push(probeRequest()).activity).toBe('none');
    const keyEvent = Uint8Array.of(4, 1, 0, 0, 0, 0, 0, 0x61);
    expect(parser.push(keyEvent).activity).toBe('input');
  });
});
