import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Actor, commandLine } from '../../../../../src/broker/audit/actor.ts';
import {
  type ScratchAdministration,
  startAdministration,
} from '../../../../fakes/scratch-administration.ts';

let scratch: ScratchAdministration;
beforeEach(async () => {
  scratch = await startAdministration();
});
afterEach(() => scratch.end());

const idOf = (letter: string) => letter.repeat(43);

function create(change: { uses?: number; groupId?: string } = {}) {
  const token = { label: 'Hall', groupId: null, uses: 1, expiresInSeconds: 3_600 };
  return scratch.enrollmentTokens.create({ ...token, ...change }, commandLine);
}

async function redeem(token: string, id: string): Promise<void> {
  const by: Actor = {
    actor: { kind: 'terminal', id, name: id },
    address: '192.0.2.9',
    terminalId: id,
  };
  const machine = { model: 'Thin 1', version: '1.2.3', vault: 'file' } as const;
  const terminal = { id, name: 'Desk', address: '192.0.2.9', ...machine };
  await scratch.enrollmentTokens.redeem(token, terminal, by);
}

async function usesLeft(): Promise<number | undefined> {
  return (await scratch.enrollmentTokens.list())[0]?.usesLeft;
}

describe('an enrollment token', () => {
  it('is told once, and never stored or listed', async () => {
    const { token, ...listed } = await create();
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await scratch.enrollmentTokens.list()).toEqual([listed]);
    const rows = await scratch.db.selectFrom('enrollment_tokens').selectAll().execute();
    const log = await scratch.audit.list({ limit: 100 });
    expect(JSON.stringify([rows, log])).not.toContain(token);
  });

  it('enrolls as many terminals as it may, into its group', async () => {
    const group = await scratch.terminalGroups.create('Hall', commandLine);
    const { token } = await create({ uses: 2, groupId: group.id });
    await redeem(token, idOf('A'));
    await redeem(token, idOf('B'));
    await expect(redeem(token, idOf('C'))).rejects.toMatchObject({
      code: 'enrollment-token-used-up',
    });
    expect(await scratch.terminals.list()).toMatchObject([
      { id: idOf('A'), group: { name: 'Hall' }, enrolledBy: 'Hall', vault: 'file' },
      { id: idOf('B'), group: { name: 'Hall' } },
    ]);
    expect(await scratch.audited('terminal.enrolled')).toMatchObject([
      { actor: { kind: 'terminal', id: idOf('B') }, detail: { enrolledBy: 'Hall' } },
      { actor: { kind: 'terminal', id: idOf('A') } },
    ]);
  });

  it('takes one use of a terminal that asks again, also when that was the last', async () => {
    const { token } = await create();
    await redeem(token, idOf('A'));
    await redeem(token, idOf('A'));
    expect(await usesLeft()).toBe(0);
    expect(await scratch.audited('terminal.enrolled')).toHaveLength(1);
  });

  it('takes a use of a terminal that enrolled by another token of the same label', async () => {
    const [first, second] = [await create(), await create()];
    await redeem(first.token, idOf('A'));
    await redeem(second.token, idOf('A'));
    const left = (await scratch.enrollmentTokens.list()).map(({ usesLeft: uses }) => uses);
    expect(left).toEqual([0, 0]);
    await expect(redeem(second.token, idOf('B'))).rejects.toMatchObject({
      code: 'enrollment-token-used-up',
    });
  });

  it('takes another use of one that was revoked in between', async () => {
    const { token } = await create({ uses: 2 });
    await redeem(token, idOf('A'));
    await scratch.terminals.revoke(idOf('A'), commandLine);
    await redeem(token, idOf('A'));
    expect(await usesLeft()).toBe(0);
    expect(await scratch.terminals.isRegistered(idOf('A'))).toBe(true);
  });

  it('takes its uses one by one when many ask at once', async () => {
    const { token } = await create({ uses: 3 });
    const letters = ['A', 'B', 'C', 'D', 'E', 'F'];
    const results = await Promise.allSettled(letters.map((letter) => redeem(token, idOf(letter))));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await scratch.terminals.list()).toHaveLength(3);
    expect(await usesLeft()).toBe(0);
  });

  it('is refused when it is unknown, revoked or over', async () => {
    const [revoked, { token }] = [await create(), await create()];
    await scratch.enrollmentTokens.revoke(revoked.id, commandLine);
    await scratch.enrollmentTokens.revoke(revoked.id, commandLine);
    expect(await scratch.audited('enrollment-token.revoked')).toHaveLength(1);
    for (const wrong of ['unknown', revoked.token]) {
      await expect(redeem(wrong, idOf('A'))).rejects.toMatchObject({
        code: 'enrollment-token-wrong',
      });
    }
    scratch.clock.pass(3_600_000);
    await expect(redeem(token, idOf('A'))).rejects.toMatchObject({
      code: 'enrollment-token-expired',
    });
    expect(await scratch.terminals.list()).toEqual([]);
  });

  it('needs a group that is there, and can be revoked only if it is', async () => {
    const nowhere = crypto.randomUUID();
    await expect(create({ groupId: nowhere })).rejects.toMatchObject({ code: 'invalid-request' });
    await expect(scratch.enrollmentTokens.revoke(nowhere, commandLine)).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});
