import { once } from 'node:events';
import { connect } from 'node:net';
import { constants } from 'node:os';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/contract/desktop.ts';
import { isMachineUser } from '../../src/desktops/confinement/machine-users.ts';
import type { Host, Machine } from '../../src/desktops/engine.ts';
import { desktopScript } from '../../src/desktops/os-level/inner-command.ts';
import { builtImage, Fixture, reaches, spec } from './desktops-fixture.ts';
import {
  alive,
  busyProcessorsOf,
  powersOf,
  processesOf,
  processOf,
  sh,
  sizeOf,
  treeOfMachine,
  usageOf,
} from './machine-probe.ts';
import { keys, RfbTypist } from './rfb-typist.ts';

/** What an engine gives; everything else is the same for all of them. */
type Abilities = {
  engine: Engine;
  /** Whether the screen takes the size that its viewer asks for. */
  resizes: boolean;
  suspends: boolean;
  /** Whether it has a machine of its own, with processors, memory and a disk that it sees. */
  ownsHardware: boolean;
  /** Whether this is the guest's own process, of those that the machine is made of. */
  isInner: (argv: readonly string[]) => boolean;
};

const isQemu = (argv: readonly string[]) => argv[0]?.endsWith('qemu-system-x86_64') === true;

const engines: readonly Abilities[] = [
  { engine: 'full', resizes: false, suspends: true, ownsHardware: true, isInner: isQemu },
  { engine: 'para', resizes: true, suspends: true, ownsHardware: true, isInner: isQemu },
  {
    ...{ engine: 'os-level', resizes: true, suspends: false, ownsHardware: false },
    isInner: (argv) => argv[1] === desktopScript,
  },
];

const isOwnUser = (uid: number) => uid === process.getuid?.();

const mebibyte = 1024 ** 2;
const memoryMb = 384;
const homeMb = 64;

describe.each(engines)('the engine $engine', ({ engine, ...abilities }) => {
  let fixture: Fixture;
  let host: Host;
  let first: Machine;
  let second: Machine;
  const kinds: string[] = [];

  beforeAll(async () => {
    fixture = await Fixture.make();
    host = await fixture.host();
    first = host.start({ ...spec(builtImage, engine), memoryMb, homeMb });
    first.onChange(({ kind }) => kinds.push(kind));
    second = host.start({ ...spec(builtImage, engine), memoryMb, homeMb });
    await Promise.all([reaches(first, 'running'), reaches(second, 'running')]);
  });

  afterAll(async () => {
    await host.dispose();
    expect(await fixture.held()).toEqual([]);
    await fixture.dispose();
  });

  it('creates: state by state, and says that it booted', () => {
    expect(kinds).toEqual(['starting', 'booting', 'running']);
    expect(first.origin).toMatchObject({ kind: 'boot' });
    expect(host.machines()).toEqual([first, second]);
  });

  it('displays: speaks RFB, and has painted a desktop', async () => {
    const typist = await RfbTypist.open(socketOf(first));
    expect(typist.greeting).toMatch(/^RFB 003\.00[78]\n$/);
    typist.dispose();
    const { data, width, height } = PNG.sync.read(await first.picture());
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(480);
    const colours = new Set<number>();
    for (let at = 0; at < data.length; at += 4) colours.add(data.readUInt32BE(at));
    expect(colours.size).toBeGreaterThan(50);
  });

  it('types: what is pressed arrives in the window that has the focus', async () => {
    const typist = await RfbTypist.open(socketOf(first));
    typist.press(keys.control, keys.alt, 't'.charCodeAt(0));
    // Keys that are pressed before the window is there go to another.
    const arrived = async () => {
      typist.type('touch /tmp/typed');
      typist.press(keys.enter);
      return await sh(first, 'ls /tmp');
    };
    await expect.poll(arrived, { interval: 1000, timeout: 60_000 }).toContain('typed');
    typist.dispose();
    expect(await sh(second, 'ls /tmp')).not.toContain('typed');
  });

  it(`resizes: the screen ${abilities.resizes ? 'takes the size' : 'keeps the size'}`, async () => {
    const typist = await RfbTypist.open(socketOf(first));
    const before = await sizeOf(first);
    const wanted = { width: 1152, height: 720 };
    expect(before).not.toEqual(wanted);
    typist.resize(wanted.width, wanted.height);
    if (abilities.resizes) {
      await expect.poll(() => sizeOf(first), { timeout: 30_000 }).toEqual(wanted);
    } else {
      // It answers keys that came after, so that it has read the wish as well.
      typist.type('touch /tmp/after-resize');
      typist.press(keys.enter);
      await expect.poll(() => sh(first, 'ls /tmp'), { timeout: 30_000 }).toContain('after-resize');
      expect(await sizeOf(first)).toEqual(before);
    }
    typist.dispose();
  });

  it('isolates: no process of another is seen, nor of the host', async () => {
    await sh(first, 'sleep 98765 >/dev/null 2>&1 & echo');
    const list = `cat /proc/[0-9]*/cmdline | tr '\\0' ' '`;
    expect(await sh(first, list)).toContain('sleep 98765');
    const seen = await sh(second, list);
    expect(seen).not.toContain('sleep 98765');
    expect(seen).not.toMatch(/vitest|qemu-system|bwrap --unshare/);
    expect(seen).not.toContain(first.spec.id);
  });

  it('isolates: no file of another is seen', async () => {
    const places = ['/tmp', '/home/user', '/run/user', '/var/tmp', '/dev/shm'];
    const written = await sh(
      first,
      `for place in ${places.join(' ')}; do echo x 2>/dev/null >$place/secret-of-first && echo $place; done`,
    );
    expect(written).toContain('/home/user');
    const found = await sh(
      second,
      'find / -xdev -name secret-of-first 2>/dev/null; ls -R /tmp /run',
    );
    expect(found).not.toContain('secret-of-first');
  });

  it('isolates: no port or socket of another is reached', async () => {
    const listen = `
      socket(A, AF_INET, SOCK_STREAM, 0); setsockopt(A, SOL_SOCKET, SO_REUSEADDR, 1);
      bind(A, sockaddr_in(5123, INADDR_ANY)) or die; listen(A, 5) or die;
      socket(B, AF_UNIX, SOCK_STREAM, 0);
      bind(B, pack_sockaddr_un("\\0porthole-test")) or die; listen(B, 5) or die;
      open(F, ">", "/tmp/listening"); close(F); sleep 1000;`;
    await sh(first, `perl -MSocket -e '${listen}' >/dev/null 2>&1 & echo`);
    await expect.poll(() => sh(first, 'ls /tmp'), { timeout: 30_000 }).toContain('listening');
    const reach = `
      socket(A, AF_INET, SOCK_STREAM, 0);
      print "port\\n" if connect(A, sockaddr_in(5123, INADDR_LOOPBACK));
      socket(B, AF_UNIX, SOCK_STREAM, 0);
      print "abstract\\n" if connect(B, pack_sockaddr_un("\\0porthole-test"));
      print "end\\n";`;
    expect(await sh(first, `perl -MSocket -e '${reach}'`)).toBe('port\nabstract\nend\n');
    expect(await sh(second, `perl -MSocket -e '${reach}'`)).toBe('end\n');
    await expect(once(connect(5123, '127.0.0.1'), 'connect')).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    expect(await sh(second, 'ls /sys/class/net /proc/sys/net/ipv4/conf 2>/dev/null')).not.toMatch(
      /eth|ens|enp|wl/,
    );
  });

  it('confines: what runs the guest has a filter of system calls, and no power', async () => {
    const powers = await powersOf(await processOf(first, abilities.isInner));
    expect(powers.length).toBeGreaterThan(0);
    for (const { uids, ...thread } of powers) {
      const none = { seccomp: '2', capabilities: '0000000000000000', noNewPrivileges: '1' };
      expect(thread).toEqual(none);
      // Root gives each machine a user of its own; anybody else has but one to give.
      const isRight = process.getuid?.() === 0 ? isMachineUser : isOwnUser;
      expect(uids.filter((uid) => !isRight(uid))).toEqual([]);
    }
  });

  it('limits: no more processors than it was given, however many programs run', async ({
    skip,
  }) => {
    const { cpu } = host.usage().limits;
    skip(!abilities.ownsHardware && !cpu.includes('by control groups'), cpu);
    const each = 'while :; do :; done >/dev/null 2>&1 & echo $!';
    const loops = await sh(first, `for each in 1 2 3 4; do ${each}; done`);
    const busy = await busyProcessorsOf(first);
    await sh(first, `kill ${loops.trim().split('\n').join(' ')}`);
    // It works at all; more than that is up to what else the host does.
    expect(busy).toBeGreaterThan(0.1);
    expect(busy).toBeLessThan(1.25 * first.spec.cpus);
    if (abilities.ownsHardware) expect(await sh(first, 'nproc')).toBe('1\n');
  });

  it('limits: no more memory than it was given', async () => {
    if (abilities.ownsHardware) {
      const kilobytes = Number(/MemTotal: *(\d+)/.exec(await sh(second, 'cat /proc/meminfo'))?.[1]);
      expect(kilobytes / 1024).toBeGreaterThan(0.75 * memoryMb);
      expect(kilobytes / 1024).toBeLessThanOrEqual(memoryMb);
    }
    // Bite by bite: all at once, a kernel may say no to it before anything is killed.
    const eat = `$| = 1; for (1 .. ${2 * memoryMb}) { push @eaten, "x" x (1 << 20); print "$_\\n" }`;
    const { stdout } = await second
      .agent()
      .run(['/bin/sh', '-c', `perl -e '${eat}'; echo ended by $?`], { timeoutMs: 100_000 });
    const [eaten, end] = String(stdout).trim().split('\n').slice(-2);
    expect(end).toBe(`ended by ${128 + constants.signals.SIGKILL}`);
    expect(Number(eaten)).toBeGreaterThan(memoryMb / 4);
    expect(Number(eaten)).toBeLessThanOrEqual(memoryMb);
    expect(second.state).toEqual({ kind: 'running' });
  });

  it('limits: no more disk than it was given', async () => {
    if (abilities.ownsHardware) {
      const kilobytes = Number((await sh(second, 'df -k / | tail -n 1')).split(/\s+/)[1]);
      expect(kilobytes).toBeLessThanOrEqual(4 * 1024 * 1024);
    } else {
      const { exitCode } = await second
        .agent()
        .run(['/bin/sh', '-c', `head -c ${homeMb + 1}M /dev/zero >/home/user/large`]);
      expect(exitCode).not.toBe(0);
      await sh(second, 'rm /home/user/large');
    }
  });

  it('measures: processors, memory and disk by the figures of the kernel', async () => {
    // Memory is measured in every fifth look alone.
    const pssBytes = () => first.usage()?.pssBytes ?? 0;
    await expect.poll(pssBytes, { timeout: 30_000 }).toBeGreaterThan(10 * mebibyte);
    const usage = await usageOf(first);
    expect(usage.cpuSeconds).toBeGreaterThan(0.1);
    expect(usage.privateBytes).toBeLessThanOrEqual(usage.pssBytes);
    if (abilities.ownsHardware) expect(usage.diskBytes).toBeGreaterThan(0);
    expect(host.usage()).toMatchObject({ machines: 2 });
  });

  it(`suspends: ${abilities.suspends ? 'and goes on as it was' : 'says that it can not'}`, async () => {
    if (!abilities.suspends) {
      await expect(first.suspend()).rejects.toMatchObject({ code: 'suspend-unsupported' });
      expect(first.state).toEqual({ kind: 'running' });
      return;
    }
    await first.suspend();
    expect(first.state).toEqual({ kind: 'suspended' });
    expect(await processesOf(first)).toEqual([]);
    await first.wake();
    expect(first.state).toEqual({ kind: 'running' });
    expect(await sh(first, 'ls /tmp')).toContain('typed');
  });

  it('crashes: its process is killed, which is said, and nothing is left', async () => {
    const tree = await treeOfMachine(second);
    process.kill(await processOf(second, abilities.isInner), 'SIGKILL');
    const { problem } = await reaches(second, 'failed');
    expect(problem).toMatchObject({ code: 'guest-failed' });
    expect(problem.detail).toContain('SIGKILL');
    await expect.poll(() => alive(tree)).toEqual([]);
    expect(await processesOf(second)).toEqual([]);
  });

  it('stops: and nothing is left', async () => {
    const tree = await treeOfMachine(first);
    expect(tree.length).toBeGreaterThan(0);
    await first.stop('asked');
    expect(first.state).toEqual({ kind: 'stopped', reason: 'asked' });
    await expect.poll(() => alive(tree)).toEqual([]);
    expect(await fixture.held()).toEqual([]);
    expect(host.machines()).toEqual([]);
  });
});

function socketOf({ rfbSocket }: Machine): string {
  return rfbSocket ?? expect.unreachable('it runs');
}
