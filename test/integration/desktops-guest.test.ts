import { randomUUID } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fitScreen } from '../../src/broker/sessions/screen-fit.ts';
import type { ErrorCode } from '../../src/contract/errors.ts';
import type { Host, Machine } from '../../src/desktops/engine.ts';
import { readyMarker } from '../../src/desktops/images/manifest.ts';
import type { MachineState } from '../../src/desktops/machine-state.ts';
import { builtImage, Fixture, reaches, run, spec } from './desktops-fixture.ts';

describe.each(['full', 'para'] as const)('the built image, %s virtualization', (engine) => {
  let fixture: Fixture;
  let host: Host;
  let machine: Machine;
  const kinds: string[] = [];

  beforeAll(async () => {
    fixture = await Fixture.make();
    host = await fixture.host();
    machine = host.start(spec(builtImage, engine));
    machine.onChange(({ kind }) => kinds.push(kind));
    await reaches(machine, 'running');
  });

  afterAll(async () => {
    await host.dispose();
    await fixture.dispose();
  });

  it('boots, state by state', () => {
    expect(kinds).toEqual(['starting', 'booting', 'running']);
  });

  it('paints a desktop', async () => {
    const { data, width, height } = PNG.sync.read(await machine.picture());
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(480);
    const colours = new Set<number>();
    for (let at = 0; at < data.length; at += 4) colours.add(data.readUInt32BE(at));
    expect(colours.size).toBeGreaterThan(50);
  });

  it('speaks RFB to one viewer after another, and to two at once', async () => {
    const viewers = await Promise.all([rfbGreeting(machine), rfbGreeting(machine)]);
    expect(viewers).toEqual(['RFB 003.008\n', 'RFB 003.008\n']);
  });

  it('has an agent that reads files and runs programs', async () => {
    const agent = machine.agent();
    const cmdline = await agent.readFile('/proc/cmdline');
    expect(cmdline.toString()).toContain(`porthole.engine=${engine}`);
    const word = randomUUID();
    const { exitCode, stdout, stderr } = await agent.run([
      '/bin/sh',
      '-c',
      `echo ${word}; echo no >&2; exit 3`,
    ]);
    expect({ exitCode, stdout: String(stdout), stderr: String(stderr) }).toEqual({
      exitCode: 3,
      stdout: `${word}\n`,
      stderr: 'no\n',
    });
    await expect(agent.readFile('/no/such/file')).rejects.toMatchObject({ code: 'guest-failed' });
    await expect(agent.run(['/no/such/program'])).rejects.toMatchObject({ code: 'guest-failed' });
  });

  it('hands over a file of more than one part as it is', async () => {
    const agent = machine.agent();
    await agent.run(['/bin/sh', '-c', 'seq 1 20000 > /tmp/numbers']);
    const numbers = (await agent.readFile('/tmp/numbers')).toString();
    expect(numbers.length).toBeGreaterThan(100_000);
    expect(numbers.trimEnd().split('\n')).toEqual(
      Array.from({ length: 20_000 }, (_, i) => `${i + 1}`),
    );
  });

  it('fits itself to a dense screen, by its agent', async () => {
    const wish = { width: 1366, height: 700, percent: 200 };
    // Its agent begins after the desktop; a guest that took its time says so when asked again.
    await vi.waitFor(async () => expect((await fitScreen(machine, wish)).fitted).toBe(true), {
      timeout: 60_000,
      interval: 1_000,
    });
    const { width, height } = PNG.sync.read(await machine.picture());
    // What is virtual takes the size that its viewer asks for; a PC's card takes one of whole bytes.
    const taken = engine === 'full' ? [1360, 700] : [1024, 768];
    expect([width, height]).toEqual(taken);
    const asked = 'DISPLAY=:0 XAUTHORITY=/run/porthole/xauthority xrdb -query';
    const { stdout } = await machine.agent().run(['/bin/sh', '-c', asked]);
    expect(String(stdout)).toContain('Xft.dpi:\t192');
  });

  it('has no network', async () => {
    const { stdout } = await machine.agent().run(['/bin/ls', '/sys/class/net']);
    expect(String(stdout).trim()).toBe('lo');
  });

  it('ends when it is switched off from inside, and leaves its logs only', async () => {
    // The guest may be gone before its agent has answered.
    const off = machine
      .agent()
      .run(['/bin/sh', '-c', 'poweroff'])
      .catch(() => undefined);
    await reaches(machine, 'stopped');
    await off;
    expect(machine.state).toEqual({ kind: 'stopped', reason: 'asked' });
    expect(await fixture.held()).toEqual([]);
    expect(await readFile(machine.logs.console, 'utf8')).toContain(readyMarker);
    expect((await stat(machine.logs.console)).mode & 0o777).toBe(0o600);
  });
});

const skipped = process.getuid?.() !== 0;
const why = skipped ? ' (skipped: mounting a small disk needs root)' : '';

describe.skipIf(skipped)(`when the disk of the host is full${why}`, () => {
  it('a desktop does not begin, and nothing is left of it', async () => {
    await onSmallDisk('64k', async ({ machine, fixture }) => {
      expect((await reaches(machine, 'failed')).problem.code).toBe('disk-full');
      expect(await fixture.held()).toEqual([]);
    });
  });

  it('a desktop that has begun to boot fails', async () => {
    // Holds the overlay as it is made, and not the first cluster that is written into it.
    await onSmallDisk('256k', async ({ machine }) => {
      expect((await reaches(machine, 'failed')).problem).toMatchObject({ code: 'disk-full' });
    });
  });

  it('a desktop in use is held until there is room, and loses nothing', async () => {
    await onSmallDisk('8m', async ({ machine, folder }) => {
      await reaches(machine, 'running');
      const text = 'yes porthole | head -c 16000000';
      const write = `${text} > /home/user/text; sync`;
      await machine.agent().run(['/bin/sh', '-c', `(${write}) > /dev/null 2>&1 &`]);
      await suffers(machine, 'disk-full');
      expect((await machine.picture()).length).toBeGreaterThan(1000);

      await run('mount', ['-o', 'remount,size=64m', folder]);
      const check = `sync; ${text} | cmp - /home/user/text`;
      const { exitCode } = await machine.agent().run(['/bin/sh', '-c', check]);
      expect(exitCode).toBe(0);
      await suffers(machine, null);
    });
  });
});

type SmallDisk = {
  folder: string;
  fixture: Fixture;
  machine: Machine;
};

/** Runs a desktop whose host keeps its data on a disk of this size. */
async function onSmallDisk(size: string, use: (disk: SmallDisk) => Promise<void>): Promise<void> {
  const fixture = await Fixture.make();
  const folder = fixture.dataDir;
  await mkdir(folder);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  const host = await fixture.host();
  try {
    const machine = host.start(spec(builtImage));
    await use({ folder, fixture, machine });
  } finally {
    await host.dispose();
    // The kernel lets go of the files of a process a moment after its end was told.
    await vi.waitFor(() => run('umount', [folder]), { timeout: 10_000, interval: 100 });
    await fixture.dispose();
  }
}

/** Resolves when the machine runs and its disk suffers from that, or with null from nothing. */
async function suffers(machine: Machine, code: ErrorCode | null): Promise<void> {
  const isIt = (state: MachineState) =>
    state.kind === 'running' && (state.problem?.code ?? null) === code;
  const { promise, resolve } = Promise.withResolvers<void>();
  const changes = machine.onChange((state) => isIt(state) && resolve());
  if (isIt(machine.state)) resolve();
  await promise;
  changes.dispose();
}

/** The version that the display server greets with (RFC 6143 section 7.1.1). */
function rfbGreeting(machine: Machine): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(machine.rfbSocket ?? expect.unreachable('it runs'));
    socket.once('data', (greeting) => {
      socket.destroy();
      resolve(greeting.toString());
    });
    socket.once('error', reject);
  });
}
