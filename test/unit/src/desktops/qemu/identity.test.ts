import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  identityLine,
  introduce,
  macOf,
  newMachineId,
  onIdentityPort,
} from '../../../../../src/desktops/qemu/identity.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { scratchFolder } from '../scratch.ts';

const id = '8a7c1a52-2b1f-4b7e-9d5e-0c7b4d1f3a90';
const identity = { hostname: 'desk-7', machineId: newMachineId(id), mac: macOf(id) };

describe('an identity', () => {
  it('is one line', () => {
    const line = identityLine(identity, {
      now: 1_790_000_000_125,
      seed: Buffer.from('abcd', 'hex'),
    });
    expect(line).toBe(
      'name=desk-7 machine-id=8a7c1a522b1f4b7e9d5e0c7b4d1f3a90 mac=02:8a:7c:1a:52:2b time=1790000000.125 seed=abcd\n',
    );
  });

  it('leaves a guest what it has', () => {
    const line = identityLine(
      { hostname: 'desk-7', machineId: null, mac: null },
      { now: 0, seed: Buffer.alloc(1) },
    );
    expect(line).toBe('name=desk-7 mac=none time=0.000 seed=00\n');
  });

  it('has an address that is locally administered, and nobody else has', () => {
    const first = Number.parseInt(macOf(id).slice(0, 2), 16);
    expect(first & 0b11).toBe(0b10);
    expect(macOf(id)).not.toBe(macOf(id.replace('2b1f', '2c1f')));
  });
});

describe('a guest that is introduced', () => {
  it('goes on after it was told, and is waited for', async () => {
    const guest = await listen();
    const events: string[] = [];
    const done = guest
      .introduce(async () => {
        events.push('goes on');
      })
      .then(() => events.push('ready'));
    const { socket, line } = await guest.told();
    expect(line).toMatch(/^name=desk-7 machine-id=8a7c.* seed=[0-9a-f]{128}$/);
    expect(events).toEqual(['goes on']);
    socket.write('noise\nready name=another\nready na');
    socket.write('me=desk-7\n');
    await done;
    expect(events).toEqual(['goes on', 'ready']);
  });

  it.each<[string, (guest: Awaited<ReturnType<typeof listen>>, socket: Socket) => void, RegExp]>([
    ['says nothing', ({ clock }) => clock.pass(10_000), /does not take/],
    ['never ends its line', (_, socket) => socket.write('x'.repeat(5000)), /endless/],
    ['hangs up', (_, socket) => socket.destroy(), /closed/],
  ])('is given up when it %s', async (_, misbehave, words) => {
    const guest = await listen();
    const done = guest.introduce(async () => undefined);
    const failed = expect(done).rejects.toMatchObject({
      code: 'guest-failed',
      detail: expect.stringMatching(words),
    });
    misbehave(guest, (await guest.told()).socket);
    await failed;
  });

  it('is given up when it hung up before it was told', async () => {
    const guest = await listen();
    const done = onIdentityPort(guest.path, async (port) => {
      port.destroy();
      await introduce(port, identity, async () => undefined, guest.limits);
    });
    await expect(done).rejects.toMatchObject({ detail: 'its identity port closed' });
  });

  it('is given up when it is not wanted any more', async () => {
    const guest = await listen();
    const done = guest.introduce(async () => undefined);
    const failed = expect(done).rejects.toThrow('enough');
    await guest.told();
    guest.abort(new Error('enough'));
    await failed;
  });

  it('is not there', async () => {
    const port = onIdentityPort('/nowhere/identity', async () => undefined);
    await expect(port).rejects.toMatchObject({ detail: 'no identity port' });
  });
});

/** The guest's end of the port. */
async function listen() {
  const path = join(await scratchFolder(), 'identity');
  const { promise, resolve } = Promise.withResolvers<{ socket: Socket; line: string }>();
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data) => resolve({ socket, line: data.toString().trim() }));
  });
  await new Promise<void>((listening) => server.listen(path, listening));
  onTestFinished(() => void server.close());
  const clock = new FakeClock();
  const over = new AbortController();
  const limits = { clock, signal: over.signal, timeoutMs: 10_000 };
  return {
    clock,
    told: () => promise,
    abort: (reason: unknown) => over.abort(reason),
    path,
    limits,
    introduce: (goOn: () => Promise<void>) =>
      onIdentityPort(path, (port) => introduce(port, identity, goOn, limits)),
  };
}
