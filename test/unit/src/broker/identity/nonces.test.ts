import { describe, expect, it } from 'vitest';
import { createNonces } from '../../../../../src/broker/identity/nonces.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { startTestBroker } from '../../../../fakes/test-broker.ts';

function start(secret = Buffer.alloc(32, 1)) {
  const clock = new FakeClock();
  return { clock, nonces: createNonces({ secret, clock }) };
}

describe('a nonce', () => {
  it('is good for three minutes or more, and not for much longer', () => {
    const { clock, nonces } = start();
    const nonce = nonces.next();
    expect(nonces.accepts(nonce)).toBe(true);
    clock.pass(180_000);
    expect(nonces.accepts(nonce)).toBe(true);
    clock.pass(60_000);
    expect(nonces.accepts(nonce)).toBe(false);
  });

  it('is of no use to a broker with another secret', () => {
    const { nonces } = start();
    expect(start(Buffer.alloc(32, 2)).nonces.accepts(nonces.next())).toBe(false);
  });

  it.each(['', 'x', 'x'.repeat(43), 'é'.repeat(43)])('is not %j', (text) => {
    expect(start().nonces.accepts(text)).toBe(false);
  });

  it('is the same for the API and for tokens, so that a terminal needs to keep but one', async () => {
    const broker = await startTestBroker();
    const terminal = await broker.terminal();
    const ofTokens = terminal.nonce;
    expect(await terminal.callOnce('getTerminal')).toMatchObject({
      status: 200,
      headers: { 'dpop-nonce': ofTokens },
    });
    await broker.end();
  });
});
