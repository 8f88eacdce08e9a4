import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/contract/clock.ts';
import { isMachineUser } from '../../src/desktops/confinement/machine-users.ts';
import { procTable } from '../../src/desktops/process-table.ts';
import { connectWhenThere } from '../../src/desktops/qemu/connect.ts';
import { QmpClient } from '../../src/desktops/qemu/qmp.ts';
import { ConfinedPlace } from './confined-place.ts';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/** Root confines by users of their own; a plain user by a user namespace, tried as `nobody`. */
const brokers = isRoot
  ? [
      { broker: 'root', uid: 0 },
      { broker: 'a plain user', uid: nobody },
    ]
  : [{ broker: 'a plain user', uid: process.getuid?.() ?? nobody }];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'confined-'));
  await chmod(folder, 0o755);
});

afterAll(() => rm(folder, { recursive: true }));

describe.each(brokers)('a command that $broker confines', ({ uid }) => {
  let place: ConfinedPlace;

  beforeAll(() => {
    place = new ConfinedPlace(folder, uid);
  });

  it('sees its own folder and nobody else’s', async () => {
    const mine = await place.reach('mine');
    const other = await place.reach('other');
    await writeFile(join(other.writable[0] ?? '', 'secret'), 'theirs');
    const { stdout } = await place.sh(
      `echo own >${mine.writable[0]}/file; cat ${mine.writable[0]}/file
      cat ${other.writable[0]}/secret; cat /etc/shadow /etc/passwd; ls /root /home /var /etc/ssh`,
      mine,
    );
    expect(stdout).toBe('own\n');
    expect(await readFile(join(mine.writable[0] ?? '', 'file'), 'utf8')).toBe('own\n');
  });

  it('writes nowhere else', async () => {
    const reach = await place.reach('readonly');
    const readable = join(folder, `readable-${uid}`);
    await mkdir(readable, { mode: 0o700 });
    await writeFile(join(readable, 'file'), 'to be read', { mode: 0o600 });
    await place.own(readable);
    await place.own(join(readable, 'file'));
    const { stdout, stderr } = await place.sh(
      `cat ${readable}/file; for to in ${readable}/file ${readable}/new /new /usr/new /dev/new /proc/sys/kernel/hostname
      do echo x 2>/dev/null >$to && echo "$to was written"; done`,
      { ...reach, readable: [readable] },
    );
    expect({ stdout, stderr }).toEqual({ stdout: 'to be read', stderr: '' });
  });

  it('has no privileges', async () => {
    const { stdout } = await place.sh(
      `id -u; grep -E '^(Cap|NoNewPrivs)' /proc/self/status; env`,
      await place.reach('powerless'),
    );
    const [user, ...lines] = stdout.trim().split('\n');
    if (uid === 0) expect(isMachineUser(Number(user))).toBe(true);
    else expect(Number(user)).toBe(uid);
    expect(lines).toContain('CapEff:\t0000000000000000');
    expect(lines).toContain('CapPrm:\t0000000000000000');
    expect(lines).toContain('CapInh:\t0000000000000000');
    if (uid === 0) expect(lines).toContain('CapBnd:\t0000000000000000');
    expect(lines).toContain('NoNewPrivs:\t1');
    const environment = lines
      .filter((line) => line.includes('='))
      .map((line) => line.split('=')[0]);
    expect(environment.sort()).toEqual(['PATH', 'PWD']);
  });

  it('sees no process, socket or network but its own', async () => {
    const abstract = createServer().listen({ path: '\0porthole-abstract' });
    const tcp = createServer().listen(0, '127.0.0.1');
    await Promise.all([once(abstract, 'listening'), once(tcp, 'listening')]);
    const address = tcp.address();
    const port = typeof address === 'object' ? address?.port : null;
    const { stdout } = await place.sh(
      `cat /proc/[0-9]*/comm
      cat /proc/net/unix | tail -n +2; tail -n +3 /proc/net/dev | cut -d : -f 1
      socat -u /dev/null TCP:127.0.0.1:${port},connect-timeout=2 && echo tcp
      socat -u /dev/null ABSTRACT-CONNECT:porthole-abstract && echo abstract
      kill -0 ${process.pid} && echo signalled; true`,
      await place.reach('alone'),
    );
    abstract.close();
    tcp.close();
    expect(stdout).not.toMatch(/node|vitest|bwrap|tcp|abstract|signalled|@/);
    expect(stdout.trim().split('\n').at(-1)?.trim()).toBe('lo');
  });

  it('is given descriptors 3 and 4', async () => {
    const files = await Promise.all(
      ['memory', 'state'].map(async (name) => {
        const path = join(folder, `${name}-${uid}`);
        await writeFile(path, name);
        return open(path, 'r');
      }),
    );
    const { stdout } = await place.sh(
      'cat <&3; echo; cat /proc/self/fd/4',
      await place.reach('fds'),
      files.map(({ fd }) => fd),
    );
    for (const file of files) await file.close();
    expect(stdout).toBe('memory\nstate');
  });

  it('ends as the command does', async () => {
    const { code } = await place.sh('exit 7', await place.reach('exit'));
    expect(code).toBe(7);
    const killed = await place.sh('kill -9 $$', await place.reach('exit'));
    expect(killed.code).toBe(128 + 9);
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)('leaves nothing when bwrap gets %s', async (signal) => {
    const mark = `9${uid}${signal === 'SIGKILL' ? 1 : 2}`;
    const child = await place.start(
      `sleep 1000.${mark} & setsid sleep 1000.${mark} & echo ready; wait`,
      await place.reach('killed'),
    );
    await once(child.stdout ?? expect.unreachable(), 'data');
    expect(await processesWith(`1000.${mark}`)).not.toEqual([]);
    process.kill(child.pid ?? 0, signal);
    await once(child, 'close');
    await expect.poll(() => processesWith(`1000.${mark}`)).toEqual([]);
  });

  it('leaves nothing when its group is killed before it has begun', async () => {
    const reach = await place.reach('stillborn');
    const mark = `8${uid}`;
    for (let delay = 0; delay < 12; delay += 1) {
      const child = await place.start(`exec sleep 1000.${mark}`, reach);
      await new Promise((resolve) => setTimeout(resolve, delay));
      process.kill(-(child.pid ?? expect.unreachable()), 'SIGKILL');
      await once(child, 'close');
      await expect.poll(() => processesWith(`1000.${mark}`)).toEqual([]);
    }
  });

  it('may make namespaces of its own where it needs them', async () => {
    const { stdout, stderr } = await place.sh(
      `bwrap --unshare-all --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib \\
        --symlink usr/lib64 /lib64 --proc /proc --dev /dev sh -c 'echo /proc/[0-9]*'`,
      { ...(await place.reach('nested')), nested: true },
    );
    expect({ stdout, stderr }).toEqual({ stdout: '/proc/1 /proc/2\n', stderr: '' });
  });

  it('is a QEMU that paints', async () => {
    const reach = await place.reach('qemu');
    const [home = ''] = reach.writable;
    const disk = join(home, 'disk.qcow2');
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '16M']);
    await place.own(disk);
    const child = await place.spawn(
      'qemu-system-x86_64',
      [
        ...['-nodefaults', '-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny'],
        ...['-machine', 'pc', '-m', '32', '-display', 'none', '-vga', 'std'],
        ...['-drive', `file=${disk},if=ide`, '-qmp', `unix:${home}/qmp,server=on,wait=off`],
      ],
      reach,
    );
    const signal = AbortSignal.timeout(30_000);
    const socket = await connectWhenThere(join(home, 'qmp'), { clock: systemClock, signal });
    const qmp = await QmpClient.open(socket, { clock: systemClock, onEvent: () => undefined });
    const filename = join(home, 'picture.ppm');
    await expect
      .poll(
        async () => {
          await qmp.execute('screendump', { filename, format: 'ppm' });
          return new Set((await readFile(filename)).subarray(15)).size;
        },
        { timeout: 30_000 },
      )
      .toBeGreaterThan(1);
    if (uid === 0) expect(isMachineUser((await stat(filename)).uid)).toBe(true);
    await qmp.execute('quit', {});
    await once(child, 'close');
    qmp.dispose();
  });
});

describe('two machines', () => {
  it.runIf(isRoot)('have users of their own, which stay the same for a later broker', async () => {
    const place = new ConfinedPlace(folder, 0);
    const reaches = [await place.reach('one'), await place.reach('two')];
    const users = await Promise.all(
      reaches.map(async (reach) => (await place.sh('id -u', reach)).stdout),
    );
    expect(new Set(users).size).toBe(2);
    const later = new ConfinedPlace(folder, 0);
    expect((await later.sh('id -u', reaches[0] ?? expect.unreachable())).stdout).toBe(users[0]);
  });
});

async function processesWith(word: string): Promise<number[]> {
  const all = await procTable().all();
  return all.filter(({ argv }) => argv.some((arg) => arg.includes(word))).map(({ pid }) => pid);
}
