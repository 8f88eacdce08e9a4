import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandLine } from '../../../../../src/broker/audit/actor.ts';
import {
  type ScratchAdministration,
  startAdministration,
} from '../../../../fakes/scratch-administration.ts';

let scratch: ScratchAdministration;
let ada: { id: string; username: string };
let desktop: { id: string; name: string };
beforeEach(async () => {
  scratch = await startAdministration();
  ada = await scratch.addUser('ada');
  desktop = await scratch.addPool('Harbour');
});
afterEach(() => scratch.end());

describe('the list of sessions', () => {
  it('goes on where a page of it ended, also among those of one moment', async () => {
    const moments = [5, 7, 7, 7, 9];
    for (const startedAt of moments) await scratch.session(ada, desktop, { startedAt, endedAt: 9 });
    const list = async (before?: string) =>
      scratch.sessionHistory.list({ limit: 2, ...(before === undefined ? {} : { before }) });
    const seen: { id: string; startedAt: string }[] = [];
    for (let page = await list(); page.length > 0; page = await list(page.at(-1)?.id)) {
      expect(page.length).toBeLessThanOrEqual(2);
      seen.push(...page);
    }
    expect(new Set(seen.map(({ id }) => id)).size).toBe(moments.length);
    expect(seen.map(({ startedAt }) => Date.parse(startedAt))).toEqual(moments.toReversed());
    await expect(list(crypto.randomUUID())).rejects.toMatchObject({ code: 'session-not-found' });
  });

  it('forgets what was over long ago, and nothing that still runs', async () => {
    await scratch.session(ada, desktop, { startedAt: 1, endedAt: 10 });
    const later = await scratch.session(ada, desktop, { startedAt: 2, endedAt: 20 });
    const running = await scratch.session(ada, desktop, { startedAt: 1 });
    await scratch.sessionHistory.forgetBefore(20);
    const left = (await scratch.sessionHistory.list({ limit: 10 })).map(({ id }) => id);
    expect(left).toEqual([later, running]);
  });
});

describe('a session that is told to end', () => {
  it('is so once, with an entry in the audit log, and only while it runs', async () => {
    const running = await scratch.session(ada, desktop);
    const over = await scratch.session(ada, desktop, { endedAt: 2 });
    for (const id of [running, running, over]) {
      await scratch.sessionHistory.askToEnd(id, commandLine);
    }
    expect(await scratch.audited('session.ended')).toMatchObject([
      { target: { id: running, name: 'Harbour' }, detail: { username: 'ada' } },
    ]);
    await expect(
      scratch.sessionHistory.askToEnd(crypto.randomUUID(), commandLine),
    ).rejects.toMatchObject({ code: 'session-not-found' });
  });
});
