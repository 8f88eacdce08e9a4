import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { procTable } from '../../src/desktops/process-table.ts';
import { machineName } from '../../src/desktops/qemu/machine-paths.ts';
import { isBlank } from '../../src/desktops/qemu/screen.ts';
import { until } from '../fakes/until.ts';
import { type Desk, Desks } from './os-level-desk.ts';

/** Host processes of a desktop, from its outermost on. */
async function processesOf(desk: Desk): Promise<number[]> {
  const all = await procTable().all();
  const parents = new Map<number, number>();
  for (const { pid } of all) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    parents.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === desk.guest.identity.pid || isBelow(parents.get(pid)));
  return all.map(({ pid }) => pid).filter(isBelow);
}

async function pssMb(pids: number[]): Promise<number> {
  let kilobytes = 0;
  for (const pid of pids) {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
    kilobytes += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  }
  return Math.round(kilobytes / 1024);
}

describe('an os-level desktop', () => {
  let desks: Desks;
  let alice: Desk;
  let bob: Desk;
  let startMs: number;

  beforeAll(async () => {
    desks = await Desks.make();
    alice = await desks.start({ hostname: 'alice' });
    const begun = performance.now();
    bob = await desks.start({ hostname: 'bob' });
    startMs = Math.round(performance.now() - begun);
  });

  afterAll(async () => {
    await desks.dispose();
  });

  it('is there in a blink, and takes little beside another', async ({ annotate }) => {
    const pss = await pssMb(await processesOf(bob));
    await annotate(`started and painted in ${startMs} ms, ${pss} MB PSS`);
    expect(startMs).toBeLessThan(3000);
    expect(pss).toBeLessThan(80);
  });

  it('paints its screen, in both formats', async () => {
    const ppm = await bob.guest.picture('ppm');
    expect(isBlank(ppm)).toBe(false);
    const { width, height, data } = PNG.sync.read(await bob.guest.picture('png'));
    expect([width, height]).toEqual([1024, 768]);
    const rgb = ppm.subarray(ppm.length - width * height * 3);
    // The clock in the tray may have gone on between the two: this corner holds still.
    for (const channel of [0, 1, 2]) {
      expect(data[(100 * width + 900) * 4 + channel]).toBe(rgb[(100 * width + 900) * 3 + channel]);
    }
  });

  it('is typed into', async () => {
    const viewer = await bob.viewer();
    viewer.press(0xffe3, 0xffe9, 0x74); // Ctrl, Alt, T
    const focused = `xprop -id "$(xprop -root _NET_ACTIVE_WINDOW | sed 's/.* //')" WM_CLASS`;
    const hasTerminal = async () => (await bob.sh(focused)).said.includes('"xterm"');
    await until('a terminal has the focus', hasTerminal, 15_000);
    // What is typed before its shell reads is kept by the terminal line.
    viewer.type('echo typed at $HOSTNAME > seen.txt\n');
    const seen = async () => (await bob.sh('cat /home/user/seen.txt')).said;
    await until('the line was run', async () => (await seen()) === 'typed at bob', 15_000);
    viewer.close();
  });

  it('takes the size of the viewer, and its wallpaper follows', async () => {
    const viewer = await alice.viewer();
    viewer.resize(1360, 850);
    await until('the screen is wider', async () => {
      const { width, height, data } = PNG.sync.read(await alice.guest.picture('png'));
      const corner = (100 * width + 1350) * 4;
      const isPainted = data.subarray(corner, corner + 3).some((colour) => colour > 0);
      return width === 1360 && height === 850 && isPainted;
    });
    viewer.close();
  });

  it('is a plain user of its own host name, root and processes', async () => {
    expect((await bob.sh('id -u; hostname; cat /etc/hostname')).said).toBe('1000\nbob\nbob');
    const [mine, others] = await Promise.all([
      bob.sh('cat /etc/machine-id'),
      alice.sh('cat /etc/machine-id'),
    ]);
    expect(mine.said).toMatch(/^[0-9a-f]{32}$/);
    expect(others.said).not.toBe(mine.said);
    expect((await bob.sh('touch /usr/bin/evil')).said).toContain('Read-only file system');
    expect((await bob.sh(`ls ${desks.folder}`)).said).toContain('No such file');
  });

  it('sees no process, file, socket or network of another', async () => {
    const secret = 'a-secret-of-alice';
    await alice.sh(`echo ${secret} > /tmp/${secret}`);
    await alice.agent.run(['/bin/bash', '-c', `(exec -a ${secret} sleep 1000) > /dev/null 2>&1 &`]);
    expect((await alice.sh('cat /proc/[0-9]*/cmdline')).said).toContain(secret);
    expect((await bob.sh('cat /proc/[0-9]*/cmdline | tr "\\0" " "')).said).not.toContain(secret);
    expect((await bob.sh(`ls /tmp /home/user /dev/shm`)).said).not.toContain(secret);
    expect((await bob.sh('ls /run/porthole/host')).said).toBe('');
    // Abstract sockets belong to the network namespace, and there is no card in it.
    expect((await bob.sh('cat /proc/net/unix')).said).not.toContain(alice.paths.sockets);
    expect((await bob.sh('cat /proc/net/dev | tail -n +3 | cut -d: -f1')).said.trim()).toBe('lo');
    const ids = await Promise.all(
      ['net', 'pid', 'ipc', 'uts', 'user', 'mnt'].map(async (kind) => {
        const [a, b] = await Promise.all(
          [alice, bob].map((desk) => desk.sh(`readlink /proc/self/ns/${kind}`)),
        );
        return a?.said === b?.said;
      }),
    );
    expect(ids).toEqual([false, false, false, false, false, false]);
  });

  it.each([
    ['mount -t tmpfs none /mnt', /permission denied|must be superuser|not permitted/i],
    ['unshare --user true', /not permitted/i],
    ['nsenter --target 1 --mount true', /not permitted/i],
    ['chroot / true', /not permitted/i],
    ['dmesg', /not permitted/i],
    ['perl -e "syscall(101, 16, 2, 0, 0) == -1 or exit; die \\$!"', /not permitted/i],
  ])('refuses %s', async (command, words) => {
    const { exitCode, said } = await bob.sh(command);
    expect(said).toMatch(words);
    expect(exitCode).not.toBe(0);
  });

  it('has a filter of system calls, no privileges, and no way to gain them', async () => {
    const { said } = await bob.sh('cat /proc/self/status');
    expect(said).toMatch(/^Seccomp:\s+2$/m);
    expect(said).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(said).toMatch(/^CapEff:\s+0+$/m);
    expect(said).toMatch(/^CapBnd:\s+0+$/m);
    expect((await bob.sh('find / -xdev -perm /6000 2> /dev/null')).said).toBe('');
  });

  it('can fill neither the memory nor the process table of the host', async () => {
    for (const folder of ['/home/user', '/tmp', '/dev/shm', '/run/user/1000', '/var/log']) {
      const { said } = await bob.sh(
        `head -c 200M /dev/zero > ${folder}/big; wc -c < ${folder}/big; rm ${folder}/big`,
      );
      expect(said, folder).toContain('No space left on device');
    }
    expect((await bob.sh('head -c 9M /dev/zero > /dev/big')).said).toMatch(/read-only|denied/i);
    const forks = 'for i in $(seq 600); do sleep 5 & done; wait';
    expect((await bob.sh(`(${forks}) 2>&1 | head -n 2`)).said).toMatch(
      /resource temporarily|cannot fork/i,
    );
  });

  it('can put nothing in the place of its sockets', async () => {
    const { said } = await bob.sh('cd /run/porthole/host; ln -s ../../rfb rfb; echo more > more');
    expect(said.match(/nonexistent|No such file/gi)).toHaveLength(2);
  });

  it('leaves nothing when it is killed', async () => {
    const carol = await desks.start({ hostname: 'carol' });
    const pids = await processesOf(carol);
    expect(pids.length).toBeGreaterThan(6);
    process.kill(carol.guest.identity.pid, 'SIGKILL');
    await expect(carol.guest.lost).resolves.toContain('SIGKILL');
    const left = async () =>
      (await procTable().all()).filter(({ argv }) => argv.includes(machineName(carol.spec.id)));
    await until('all its processes are gone', async () => (await left()).length === 0);
    const mounts = await readFile('/proc/self/mounts', 'utf8');
    expect(mounts).not.toContain(carol.paths.sockets);
  });

  it('reaches the proxy that is its way out, and nothing else', async () => {
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('from the proxy');
    });
    const frank = await desks.start(
      {
        hostname: 'frank',
        network: { kind: 'allowed', destinations: ['intranet.example:80'] },
      },
      // As the broker's own: only the folder decides who gets there.
      ({ proxy: path }) => once(proxy.listen({ path, writableAll: true }), 'listening'),
    );
    try {
      const { said } = await frank.sh('curl --silent --show-error http://intranet.example/page');
      expect(said).toBe('from the proxy');
      expect(asked).toEqual(['http://intranet.example/page']);
      const around = await frank.sh('curl --silent --show-error --noproxy "*" http://10.0.2.2/');
      expect(around.exitCode).not.toBe(0);
    } finally {
      proxy.close();
    }
  });

  it('shuts down when asked to, and tells that it was not by accident', async () => {
    const dave = await desks.start({ hostname: 'dave' });
    await dave.guest.powerDown();
    await expect(dave.guest.lost).resolves.toContain('exit code 0');
    expect(dave.events).toEqual([{ kind: 'powered-off' }]);
  });

  it('is found again by a broker after this one', async () => {
    const erin = await desks.start({ hostname: 'erin' });
    const found = desks.driver.found(erin.guest.identity, erin.spec, erin.paths);
    const { signal } = new AbortController();
    await found.takeControl({ timeoutMs: 5000, signal }, () => undefined);
    expect(isBlank(await found.picture('ppm'))).toBe(false);
    await found.end();
    expect(await processesOf(erin)).toEqual([]);
  });

  it('keeps nothing on the disk of the host but its logs', async () => {
    const files = await readdir(bob.paths.folder);
    expect(files).toEqual(['console.log']);
  });
});
