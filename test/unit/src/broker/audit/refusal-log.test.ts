import { describe, expect, it } from 'vitest';
import { nobodyAt } from '../../../../../src/broker/audit/actor.ts';
import { createRefusalLog, type Refusal } from '../../../../../src/broker/audit/refusal-log.ts';
import type { AuditEntry } from '../../../../../src/contract/audit.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';

const refusal: Refusal = {
  code: 'proof-invalid',
  route: 'listDesktops',
  by: nobodyAt('192.0.2.1'),
};
const kiosk = { kind: 'terminal', id: 'kiosk', name: 'In the hall' } as const;

function logged(isFull: () => boolean = () => false) {
  const clock = new FakeClock();
  const entries: AuditEntry[] = [];
  const faults: unknown[] = [];
  const log = createRefusalLog({
    audit: {
      append: async (entry) => {
        if (isFull()) throw new Error('disk full');
        entries.push(entry);
        return { ...entry, number: entries.length, at: '', previous: '', hash: '' };
      },
    },
    clock,
    onFault: (error) => faults.push(error),
    entriesEach: 2,
    addresses: 3,
  });
  return { clock, entries, faults, log };
}

describe('refused requests', () => {
  it('are told of one by one, with who asked for what', async () => {
    const { entries, log } = logged();
    log.note(refusal);
    const by = { actor: kiosk, address: '192.0.2.1', terminalId: 'kiosk' };
    log.note({ ...refusal, code: 'permission-missing', by });
    await log.dispose();
    expect(entries).toEqual([
      {
        action: 'request.refused',
        actor: { kind: 'nobody', id: '', name: '' },
        target: { kind: 'route', id: 'listDesktops', name: 'listDesktops' },
        address: '192.0.2.1',
        terminalId: null,
        outcome: 'refused',
        code: 'proof-invalid',
        detail: {},
      },
      expect.objectContaining({
        actor: kiosk,
        terminalId: 'kiosk',
        code: 'permission-missing',
      }),
    ]);
  });

  it('are summed up when there are too many from one address, until the minute is over', async () => {
    const { clock, entries, log } = logged();
    for (let sent = 0; sent < 1_000; sent += 1) log.note(refusal);
    clock.pass(59_999);
    log.note(refusal);
    expect(clock.pending).toBe(1);
    clock.pass(1);
    log.note(refusal);
    await log.dispose();
    expect(entries.map(({ code, detail }) => [code, detail])).toEqual([
      ['proof-invalid', {}],
      ['proof-invalid', {}],
      [null, { more: 999 }],
      ['proof-invalid', {}],
    ]);
    expect(entries[2]?.address).toBe(refusal.by.address);
  });

  it('from many addresses are told apart up to a bound, and then counted as one', async () => {
    const { clock, entries, log } = logged();
    for (let host = 0; host < 100; host += 1) {
      log.note({ ...refusal, by: nobodyAt(`192.0.2.${host}`) });
    }
    clock.pass(60_000);
    await log.dispose();
    expect(entries).toHaveLength(3 + 2 + 1);
    expect(entries.at(-1)).toMatchObject({ address: null, detail: { more: 95 } });
  });

  it('leave nothing behind when the broker ends', async () => {
    const { clock, entries, log } = logged();
    for (let sent = 0; sent < 5; sent += 1) log.note(refusal);
    await log.dispose();
    expect(entries.at(-1)).toMatchObject({ detail: { more: 3 } });
    expect(clock.pending).toBe(0);
    await log.dispose();
    expect(entries).toHaveLength(3);
  });

  it('that cannot be written down are a fault, and the next ones are written all the same', async () => {
    let full = true;
    const { entries, faults, log } = logged(() => full);
    log.note(refusal);
    await log.dispose();
    full = false;
    log.note(refusal);
    await log.dispose();
    expect(faults).toEqual([new Error('disk full')]);
    expect(entries).toHaveLength(1);
  });
});
