import { describe, expect, it } from 'vitest';
import { RoomWait } from '../../../../../src/desktops/qemu/room-wait.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { silentLog } from '../silent-log.ts';

describe('a guest held for want of room', () => {
  it('goes on after a while, once for all the writes that failed', () => {
    const { clock, wait, tries } = start();
    wait.begin();
    wait.begin();
    clock.pass(4999);
    expect(tries.count).toBe(0);
    clock.pass(1);
    expect(tries.count).toBe(1);
    clock.pass(60_000);
    expect(tries.count).toBe(1);
  });

  it('is held again when the write fails again', () => {
    const { clock, wait, tries } = start();
    wait.begin();
    clock.pass(5000);
    wait.begin();
    clock.pass(5000);
    expect(tries.count).toBe(2);
  });

  it('is left alone at the end', () => {
    const { clock, wait, tries } = start();
    wait.begin();
    wait.dispose();
    clock.pass(60_000);
    expect(tries.count).toBe(0);
  });
});

function start() {
  const clock = new FakeClock();
  const tries = { count: 0 };
  const goOn = async () => {
    tries.count += 1;
    throw new Error('refused, as QEMU may');
  };
  return { clock, tries, wait: new RoomWait({ clock, goOn, log: silentLog }) };
}
