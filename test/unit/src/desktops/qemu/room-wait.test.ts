import { describe, expect, it } from 'vitest';
import { RoomWait, type RoomWaitDeps } from '../../../../../src/desktops/qemu/room-wait.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { silentLog } from '../silent-log.ts';

describe('a guest held for want of room', () => {
  it('goes on after a while, once for all the writes that failed', () => {
    const { clock, wait, seen } = start();
    wait.begin();
    wait.begin();
    clock.pass(4999);
    expect(seen.tries).toBe(0);
    clock.pass(1);
    expect(seen.tries).toBe(1);
    clock.pass(60_000);
    expect(seen.tries).toBe(1);
  });

  it('is held again when the write fails again, and has room once none does', () => {
    const { clock, wait, seen } = start();
    wait.begin();
    clock.pass(5000);
    clock.pass(999);
    wait.begin();
    clock.pass(5000);
    expect(seen).toEqual({ tries: 2, rooms: 0 });
    clock.pass(1000);
    expect(seen).toEqual({ tries: 2, rooms: 1 });
    wait.begin();
    clock.pass(6000);
    expect(seen).toEqual({ tries: 3, rooms: 2 });
  });

  it('is tried again when QEMU refuses', async () => {
    const { clock, wait, seen } = start({
      goOn: async () => {
        seen.tries += 1;
        throw new Error('refused');
      },
    });
    wait.begin();
    clock.pass(5000);
    await Promise.resolve();
    clock.pass(5000);
    expect(seen).toEqual({ tries: 2, rooms: 0 });
  });

  it('stands still while somebody else holds it', () => {
    let free = false;
    const { clock, wait, seen } = start({ mayGoOn: () => free });
    wait.begin();
    clock.pass(20_000);
    expect(seen).toEqual({ tries: 0, rooms: 0 });
    free = true;
    clock.pass(6000);
    expect(seen).toEqual({ tries: 1, rooms: 1 });
  });

  it('is left alone at the end', () => {
    const { clock, wait, seen } = start();
    wait.begin();
    wait.dispose();
    clock.pass(60_000);
    expect(seen.tries).toBe(0);
  });
});

function start(changes: Partial<RoomWaitDeps> = {}) {
  const clock = new FakeClock();
  const seen = { tries: 0, rooms: 0 };
  const wait = new RoomWait({
    clock,
    log: silentLog,
    goOn: async () => {
      seen.tries += 1;
    },
    mayGoOn: () => true,
    onRoom: () => {
      seen.rooms += 1;
    },
    ...changes,
  });
  return { clock, seen, wait };
}
