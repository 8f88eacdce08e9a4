import { type Duplex, duplexPair } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { QmpClient } from '../../../../../src/desktops/qemu/qmp.ts';
import { QmpError } from '../../../../../src/desktops/qemu/qmp-error.ts';
import type { QmpEvent } from '../../../../../src/desktops/qemu/qmp-schema.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { FakeQemu } from './fake-qemu.ts';

describe('a QMP connection', () => {
  it('shakes hands, asks and is answered', async () => {
    const { client, qemu } = await connect();
    const status = client.execute('query-status', {});
    const { id, ...command } = await qemu.command();
    expect(command).toEqual({ execute: 'query-status', arguments: {} });
    qemu.answer(id, { running: true, status: 'running', singlestep: false });
    expect(await status).toEqual({ running: true, status: 'running' });
  });

  it('reads answers that come byte by byte', async () => {
    const { client, qemu } = await connect({ bytewise: true });
    const status = client.execute('query-status', {});
    qemu.answer((await qemu.command()).id, { running: false, status: 'paused – é' });
    expect(await status).toEqual({ running: false, status: 'paused – é' });
  });

  it('matches answers by id, whatever their order, and ignores ones twice given', async () => {
    const { client, qemu } = await connect();
    const first = client.execute('query-status', {});
    const second = client.execute('cont', {});
    const a = await qemu.command();
    const b = await qemu.command();
    qemu.answer(b.id, {});
    qemu.answer(b.id, { twice: true });
    qemu.answer(a.id, { running: true, status: 'running' });
    expect(await second).toEqual({});
    expect(await first).toMatchObject({ running: true });
  });

  it('tells a refusal, and stays usable', async () => {
    const { client, qemu } = await connect();
    const refused = client.execute('cont', {});
    qemu.refuse((await qemu.command()).id, 'no medium');
    await expect(refused).rejects.toMatchObject({ fault: 'refused', code: 'guest-failed' });
    const quit = client.execute('quit', {});
    qemu.answer((await qemu.command()).id, {});
    expect(await quit).toEqual({});
  });

  it('gives up on an answer that never comes, and drops it when it comes late', async () => {
    const { client, qemu, clock } = await connect();
    const status = client.execute('query-status', {});
    const { id } = await qemu.command();
    clock.pass(10_000);
    await expect(status).rejects.toMatchObject({ fault: 'timeout' });
    qemu.answer(id, { running: true, status: 'running' });
    const next = client.execute('cont', {});
    qemu.answer((await qemu.command()).id, {});
    expect(await next).toEqual({});
    expect(clock.pending).toBe(0);
  });

  it('rejects an answer of another form', async () => {
    const { client, qemu } = await connect();
    const status = client.execute('query-status', {});
    qemu.answer((await qemu.command()).id, { running: 'yes' });
    await expect(status).rejects.toMatchObject({ fault: 'protocol' });
  });

  it('hands over the events of its table, also between answers, and no others', async () => {
    const { client, qemu, events } = await connect();
    const cont = client.execute('cont', {});
    const { id } = await qemu.command();
    qemu.event('RTC_CHANGE', { offset: 1 });
    qemu.event('SHUTDOWN', { guest: true, reason: 'guest-shutdown' });
    qemu.answer(id, {});
    await cont;
    expect(events).toEqual([
      { event: 'SHUTDOWN', data: { guest: true, reason: 'guest-shutdown' } },
    ]);
  });

  it.each([
    ['garbage', 'hello?\n'],
    ['JSON that is not QMP', '{"result":1}\n'],
    ['an event of another form', '{"event":"SHUTDOWN","data":{"guest":"me"}}\n'],
    ['a line without end', 'x'.repeat(5 * 1024 * 1024)],
  ])('ends at %s', async (_, text) => {
    const { client, qemu } = await connect();
    const waiting = client.execute('cont', {});
    qemu.say(text);
    await expect(waiting).rejects.toMatchObject({ fault: 'protocol' });
    expect((await client.closed).fault).toBe('protocol');
  });

  it('ends every wait when QEMU goes away, and answers no more', async () => {
    const { client, qemu, clock } = await connect();
    const waiting = [client.execute('cont', {}), client.execute('query-status', {})];
    const ended = Promise.allSettled(waiting);
    qemu.hangUp();
    for (const result of await ended) {
      expect(result).toMatchObject({ status: 'rejected', reason: { fault: 'closed' } });
    }
    await expect(client.execute('cont', {})).rejects.toBeInstanceOf(QmpError);
    expect(clock.pending).toBe(0);
  });

  it('can be closed by us, twice', async () => {
    const { client } = await connect();
    client.dispose();
    client.dispose();
    expect((await client.closed).fault).toBe('closed');
  });

  it('does not wait for a greeting for ever', async () => {
    const clock = new FakeClock();
    const [ours, theirs] = duplexPair();
    const opening = QmpClient.open(ours, { clock, onEvent: () => undefined });
    clock.pass(10_000);
    await expect(opening).rejects.toMatchObject({ fault: 'timeout' });
    expect(ours.destroyed).toBe(true);
    theirs.destroy();
  });
});

async function connect({ bytewise = false } = {}) {
  const clock = new FakeClock();
  const events: QmpEvent[] = [];
  const [ours, theirs]: [Duplex, Duplex] = duplexPair();
  const qemu = new FakeQemu(theirs, { bytewise });
  const opening = QmpClient.open(ours, { clock, onEvent: (event) => events.push(event) });
  qemu.greet();
  qemu.answer((await qemu.command()).id, {});
  return { client: await opening, qemu, clock, events };
}
