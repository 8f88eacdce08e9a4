import { describe, expect, it } from 'vitest';
import { type Bind, bwrapArgs } from '../../../../../src/desktops/confinement/bwrap-args.ts';

const power = { kind: 'user-namespace' } as const;

function argsFor(binds: Bind[]): string {
  return bwrapArgs({ power, system: [], binds }).join(' ');
}

describe('the arguments for bwrap', () => {
  it('take every namespace, the whole environment, and the right to write', () => {
    const args = argsFor([]);
    for (const name of ['ipc', 'pid', 'net', 'uts', 'cgroup-try', 'user']) {
      expect(args).toContain(`--unshare-${name}`);
    }
    expect(args).toContain('--clearenv --setenv PATH /usr/bin');
    expect(args).toMatch(/--remount-ro \/dev --remount-ro \/ --$/);
  });

  it('do not tie it to the life of the broker', () => {
    expect(argsFor([])).not.toContain('die-with-parent');
  });

  it('leave root nothing but the capabilities that are named', () => {
    const args = bwrapArgs({
      power: { kind: 'root', capabilities: ['CAP_SETUID'] },
      system: [],
      binds: [],
    }).join(' ');
    expect(args).toContain('--cap-drop ALL --cap-add CAP_SETUID');
    expect(args).not.toContain('--unshare-user');
  });

  it('open the way to what is bound, parents first', () => {
    const args = argsFor([
      { path: '/data/machines/own/disk', how: 'write' },
      { path: '/dev/kvm', how: 'device' },
      { path: '/data/machines', how: 'read' },
    ]);
    expect(args).toContain(
      '--perms 0755 --dir /dev --dev-bind /dev/kvm /dev/kvm ' +
        '--perms 0755 --dir /data --ro-bind /data/machines /data/machines ' +
        '--perms 0755 --dir /data --perms 0755 --dir /data/machines ' +
        '--perms 0755 --dir /data/machines/own --bind /data/machines/own/disk /data/machines/own/disk',
    );
  });

  it('show of the system what is there', () => {
    const args = bwrapArgs({
      power,
      system: [
        { kind: 'read', path: '/usr' },
        { kind: 'link', path: '/lib', target: 'usr/lib' },
      ],
      binds: [],
    }).join(' ');
    expect(args).toContain('--ro-bind /usr /usr --symlink usr/lib /lib');
  });
});
