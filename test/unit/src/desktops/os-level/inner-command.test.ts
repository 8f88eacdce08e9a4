import { describe, expect, it } from 'vitest';
import { type InnerPlan, innerArgs } from '../../../../../src/desktops/os-level/inner-command.ts';

const plan: InnerPlan = {
  name: 'porthole-1',
  pidFile: '/data/machines/1/qemu.pid',
  hostname: 'desk-1',
  root: '/images/1/root',
  sockets: '/run/p/1/desk',
  homeMb: 32,
  memoryMb: 256,
  hasProxy: false,
  seccomp: 3,
};

/** The words that follow an option, each time that it is there. */
function wordsAfter(args: string[], option: string, count = 1): string[][] {
  return args.flatMap((arg, at) => (arg === option ? [args.slice(at + 1, at + 1 + count)] : []));
}

describe('the inside of an os-level desktop', () => {
  const args = innerArgs(plan);

  it('has a world of its own', () => {
    for (const kind of ['user', 'pid', 'ipc', 'uts', 'net']) {
      expect(args).toContain(`--unshare-${kind}`);
    }
    expect(wordsAfter(args, '--hostname')).toEqual([['desk-1']]);
    expect(wordsAfter(args, '--uid')).toEqual([['1000']]);
    expect(wordsAfter(args, '--seccomp')).toEqual([['3']]);
    expect(args).toContain('--clearenv');
  });

  it('writes to nothing but memory of a known size, and the folder of its sockets', () => {
    expect(wordsAfter(args, '--bind', 2)).toEqual([['/run/p/1/desk', '/run/porthole/host']]);
    expect(wordsAfter(args, '--ro-bind', 2)).toEqual([['/images/1/root', '/']]);
    const rooms = wordsAfter(args, '--size', 3).map(([bytes, , path]) => [
      path,
      Number(bytes) >> 20,
    ]);
    expect(Object.fromEntries(rooms)).toEqual({
      '/dev/shm': 64,
      '/tmp': 64,
      '/run': 4,
      '/var/log': 4,
      '/home/user': 32,
    });
    expect(wordsAfter(args, '--tmpfs')).toHaveLength(rooms.length);
    expect(wordsAfter(args, '--remount-ro')).toEqual([['/dev']]);
  });

  it('shares the network that it is started in only where that leads to a proxy', () => {
    const open = innerArgs({ ...plan, hasProxy: true });
    expect(open).not.toContain('--unshare-net');
    const variables = (list: string[]) => Object.fromEntries(wordsAfter(list, '--setenv', 2));
    expect(variables(open)).toMatchObject({ https_proxy: 'http://127.0.0.1:3128' });
    expect(variables(args)).toEqual({ PORTHOLE_MEMORY: '256' });
  });

  it('is recognized as QEMU is', () => {
    expect(wordsAfter(args, '-name')).toEqual([['porthole-1']]);
    expect(wordsAfter(args, '-pidfile')).toEqual([['/data/machines/1/qemu.pid']]);
  });
});
