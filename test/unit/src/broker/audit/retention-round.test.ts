import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandLine } from '../../../../../src/broker/audit/actor.ts';
import { keepAuditDays } from '../../../../../src/broker/audit/retention-round.ts';
import { auditEntry } from '../../../../fakes/audit-entry.ts';
import {
  type ScratchAdministration,
  startAdministration,
} from '../../../../fakes/scratch-administration.ts';

const dayMs = 24 * 60 * 60 * 1000;

let scratch: ScratchAdministration;
let faults: unknown[];
beforeEach(async () => {
  scratch = await startAdministration();
  faults = [];
});
afterEach(() => scratch.end());

function keep(days: number) {
  const { audit, clock } = scratch;
  const log = { error: (fault: unknown) => void faults.push(fault) };
  return keepAuditDays({ audit, clock, log, days });
}

async function write(events: number): Promise<void> {
  for (let event = 0; event < events; event += 1) await scratch.audit.append(auditEntry());
}

const actions = async () =>
  (await scratch.audit.list({ limit: 100 })).map(({ action, actor }) => `${actor.kind} ${action}`);

describe('old entries of the audit log', () => {
  it('are removed each day by the broker itself', async () => {
    await write(3);
    const first = keep(10);
    await first.dispose();
    expect(await actions()).toHaveLength(3);
    const second = keep(10);
    scratch.clock.pass(10 * dayMs + 1);
    await second.dispose();
    expect(await actions()).toEqual(['broker audit.pruned']);
    expect(await scratch.audit.verify()).toMatchObject({ sound: true, events: 1 });
    expect(faults).toEqual([]);
  });

  it('stay where the log is not as it was written', async () => {
    await write(3);
    await sql`update audit_start set hash = ${'f'.repeat(64)}`.execute(scratch.db);
    scratch.clock.pass(20 * dayMs);
    await keep(10).dispose();
    expect(await actions()).toHaveLength(3);
    expect(faults).toEqual([{ code: 'audit-broken', brokenAt: 1 }]);
  });

  it('stay for ever where that is wanted', async () => {
    await write(3);
    scratch.clock.pass(1_000 * dayMs);
    await keep(0).dispose();
    expect(await actions()).toHaveLength(3);
  });

  it('go a few at a time when there are many, and are told of once', async () => {
    await write(1_101);
    scratch.clock.pass(1);
    expect(await scratch.audit.prune(scratch.clock.now(), commandLine)).toBe(1_101);
    const [told, ...others] = await scratch.audit.list({ limit: 100 });
    expect(told).toMatchObject({ action: 'audit.pruned', detail: { events: 1_101 } });
    expect(others).toEqual([]);
    expect(await scratch.audit.verify()).toMatchObject({ sound: true, events: 1 });
  });

  it('are not those of days to come', async () => {
    await write(1);
    const tomorrow = scratch.clock.now() + dayMs;
    await expect(scratch.audit.prune(tomorrow, commandLine)).rejects.toMatchObject({
      code: 'change-conflict',
    });
    expect(await actions()).toHaveLength(1);
  });
});
