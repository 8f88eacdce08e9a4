import { describe, expect, it } from 'vitest';
import { GuestLedger } from '../../../../../src/desktops/accounting/guest-ledger.ts';

const account = (pid: number) => ({ id: 'a', process: { pid, startTime: pid }, files: [] });
const reading = (cpuSeconds: number, bytes = 0) => ({
  cpuSeconds,
  traffic: { receivedBytes: bytes, sentBytes: bytes * 2 },
  held: null,
});

describe('what a machine has used', () => {
  it('never falls when a process is gone that nobody waited for', () => {
    const ledger = new GuestLedger(account(1));
    ledger.enter(reading(10), 0);
    ledger.enter(reading(8), 2000);
    expect(ledger.usage?.cpuSeconds).toBe(10);
    ledger.enter(reading(9), 4000);
    expect(ledger.usage).toMatchObject({ cpuSeconds: 11, cpus: 0.5 });
  });

  it('goes on with the next process of the machine, whose network is the same', () => {
    const ledger = new GuestLedger(account(1));
    ledger.enter(reading(10, 100), 0);
    ledger.goOnWith(account(1));
    ledger.enter(reading(11, 120), 2000);
    ledger.goOnWith(account(2));
    ledger.enter(reading(12, 130), 4000);
    expect(ledger.usage).toMatchObject({ cpuSeconds: 23, receivedBytes: 130, sentBytes: 260 });
  });

  it('tells no rate from an interval of a few ticks', () => {
    const ledger = new GuestLedger(account(1));
    ledger.enter(reading(10), 0);
    expect(ledger.usage?.cpus).toBe(0);
    ledger.enter(reading(11), 2000);
    expect(ledger.usage?.cpus).toBe(0.5);
    ledger.enter(reading(11.01), 2001);
    expect(ledger.usage?.cpus).toBe(0.5);
    ledger.enter(reading(11.01), 4000);
    expect(ledger.usage?.cpus).toBeCloseTo(0.005);
  });

  it('keeps what was found out with effort until it is found out again', () => {
    const ledger = new GuestLedger(account(1));
    const held = { pssBytes: 3, privateBytes: 2, diskBytes: 1 };
    ledger.enter({ ...reading(1), held }, 0);
    ledger.enter(reading(2), 2000);
    expect(ledger.usage).toMatchObject(held);
  });
});
