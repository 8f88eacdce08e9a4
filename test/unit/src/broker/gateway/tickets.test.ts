import { describe, expect, it } from 'vitest';
import { createTickets } from '../../../../../src/broker/gateway/tickets.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';

const binding = {
  sessionId: 'session',
  channel: 'screen-1',
  terminalId: 'terminal',
  by: {
    actor: { kind: 'user', id: 'ada', name: 'ada' },
    address: '192.0.2.1',
    terminalId: 'terminal',
  },
} as const;

describe('a ticket', () => {
  it('gives what it is bound to, once', () => {
    const tickets = createTickets(new FakeClock());
    const ticket = tickets.issue(binding);
    expect(ticket).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(tickets.redeem(ticket)).toEqual(binding);
    expect(tickets.redeem(ticket)).toBeNull();
  });

  it('lasts just under 30 seconds', () => {
    const clock = new FakeClock();
    const tickets = createTickets(clock);
    const first = tickets.issue(binding);
    clock.pass(29_999);
    expect(tickets.redeem(first)).toEqual(binding);
    const second = tickets.issue(binding);
    clock.pass(30_000);
    expect(tickets.redeem(second)).toBeNull();
  });

  it('is worth nothing once those of its terminal are void', () => {
    const tickets = createTickets(new FakeClock());
    const ticket = tickets.issue(binding);
    const elsewhere = { ...binding, sessionId: 'another', terminalId: 'elsewhere' };
    const other = tickets.issue(elsewhere);
    tickets.void(binding.terminalId);
    expect(tickets.redeem(ticket)).toBeNull();
    expect(tickets.redeem(other)).toEqual(elsewhere);
  });

  it('takes the place of an earlier one for the same stream', () => {
    const tickets = createTickets(new FakeClock());
    const first = tickets.issue(binding);
    const other = tickets.issue({ ...binding, sessionId: 'another' });
    const sound = tickets.issue({ ...binding, channel: 'sound' });
    tickets.issue(binding);
    expect(tickets.redeem(first)).toBeNull();
    expect(tickets.redeem(sound)).not.toBeNull();
    expect(tickets.redeem(other)).toEqual({ ...binding, sessionId: 'another' });
  });
});
