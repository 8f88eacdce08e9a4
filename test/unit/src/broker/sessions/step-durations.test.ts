import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createStepDurations,
  medianOf,
} from '../../../../../src/broker/sessions/step-durations.ts';
import { openStore, type Store } from '../../../../../src/broker/store/store.ts';
import { storePlace } from '../../../../fakes/store-place.ts';

describe('the median', () => {
  it.each([
    [[], null],
    [[4], 4],
    [[9, 1], 5],
    [[3, 100, 1], 3],
    [[4, 1, 2, 100], 3],
  ])('of %j is %j', (values, median) => {
    expect(medianOf(values)).toBe(median);
  });
});

describe('step durations', () => {
  let store: Store;
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'durations-'));
    store = await openStore(await storePlace(folder));
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  it('are learnt from the last ten boots of the same engine and image', async () => {
    const { db } = store;
    await db
      .insertInto('users')
      .values({
        id: 'u',
        username: 'u',
        display_name: 'u',
        kind: 'person',
        password_hash: '-',
        identity_provider: null,
        subject: null,
        totp_secret: null,
        totp_step: null,
        totp_required: 0,
        disabled_at: null,
        created_at: 0,
      })
      .execute();
    await db
      .insertInto('sessions')
      .values({
        id: 's',
        machine_id: null,
        user_id: 'u',
        username: 'u',
        desktop_id: 'd',
        desktop_name: 'd',
        engine: 'para',
        image: 'a',
        terminal_id: null,
        state: 'ended',
        revision: 0,
        started_at: 0,
        expires_at: 0,
        used_at: 0,
        ended_at: 0,
        end_asked_at: null,
        accelerator: null,
        problem: null,
        console_log: null,
        qemu_log: null,
      })
      .execute();
    const durations = createStepDurations({ db });
    const boot = { sessionId: 's', engine: 'para', image: 'a', name: 'booting' } as const;
    for (let round = 0; round < 5; round += 1) await durations.record({ ...boot, durationMs: 9e9 });
    for (let ms = 1; ms <= 10; ms += 1) await durations.record({ ...boot, durationMs: ms });
    await durations.record({ ...boot, image: 'b', durationMs: 77 });
    expect(await durations.expected('para', 'a')).toEqual({ booting: 5.5 });
    expect(await durations.expected('para', 'b')).toEqual({ booting: 77 });
    expect(await durations.expected('full', 'a')).toEqual({});
  });
});
