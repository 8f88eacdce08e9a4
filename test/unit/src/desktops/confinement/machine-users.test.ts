import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  guestsGroup,
  isMachineUser,
  MachineUsers,
  userNumbers,
  usersOfProcesses,
} from '../../../../../src/desktops/confinement/machine-users.ts';

describe('the users of machines', () => {
  it('are one for each, and the same for as long as it lasts', () => {
    const users = new MachineUsers(() => new Set());
    const ids = Array.from({ length: 200 }, () => randomUUID());
    const claimed = ids.map((id) => users.claim(id, null));
    expect(new Set(claimed).size).toBe(ids.length);
    expect(claimed.every(isMachineUser)).toBe(true);
    expect(ids.map((id) => users.claim(id, null))).toEqual(claimed);
  });

  it('are in a range that nobody gives out', () => {
    expect(userNumbers.from).toBeGreaterThan(1_879_048_191);
    expect(userNumbers.from + userNumbers.count).toBeLessThanOrEqual(2_147_352_576);
    expect(isMachineUser(guestsGroup)).toBe(false);
    expect(isMachineUser(0)).toBe(false);
    expect(isMachineUser(65_534)).toBe(false);
  });

  it('are nobody whose processes run, which may be of another broker', () => {
    const id = randomUUID();
    const first = new MachineUsers(() => new Set()).claim(id, null);
    const second = new MachineUsers(() => new Set([first])).claim(id, null);
    expect(second).toBe(first + 1);
  });

  it('stay whom an earlier broker has chosen, though their processes run', () => {
    const earlier = userNumbers.from + 7;
    const users = new MachineUsers(() => new Set([earlier]));
    expect(users.claim(randomUUID(), earlier)).toBe(earlier);
    expect(users.claim(randomUUID(), earlier)).not.toBe(earlier);
  });

  it.each([0, 1000, guestsGroup])('are never user %i, whoever owns the files', (owner) => {
    const users = new MachineUsers(() => new Set());
    expect(isMachineUser(users.claim(randomUUID(), owner))).toBe(true);
  });

  it('are free again when the machine is over', () => {
    const users = new MachineUsers(() => new Set());
    const earlier = userNumbers.from + 7;
    users.claim('first', earlier);
    users.release('first');
    expect(users.claim('second', earlier)).toBe(earlier);
  });

  it.runIf(process.platform === 'linux')('are looked for in proc', () => {
    expect(usersOfProcesses()).toContain(process.getuid?.());
  });
});
