import { describe, expect, it } from 'vitest';
import { startHeartbeat } from '../../../../../src/broker/gateway/heartbeat.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';

function start() {
  const clock = new FakeClock();
  const happened: string[] = [];
  const heartbeat = startHeartbeat({
    clock,
    ping: () => void happened.push('ping'),
    onSilence: () => void happened.push('silence'),
  });
  return { clock, happened, heartbeat };
}

describe('a heartbeat', () => {
  it('pings each 10 seconds as long as the peer is heard', () => {
    const { clock, happened, heartbeat } = start();
    for (let round = 0; round < 10; round += 1) {
      clock.pass(10_000);
      heartbeat.heard();
    }
    expect(happened).toEqual(Array(10).fill('ping'));
  });

  it('gives a peer up that was not heard through two rounds', () => {
    const { clock, happened } = start();
    clock.pass(30_000);
    expect(happened).toEqual(['ping', 'ping', 'silence']);
  });

  it('leaves no timer behind', () => {
    const { clock, heartbeat } = start();
    clock.pass(10_000);
    heartbeat.dispose();
    heartbeat.dispose();
    expect(clock.pending).toBe(0);
  });
});
