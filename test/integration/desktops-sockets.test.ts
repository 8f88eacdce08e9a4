import { chmod, lstat } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { guestsGroup } from '../../src/desktops/confinement/machine-users.ts';
import type { Host, Machine } from '../../src/desktops/engine.ts';
import { procTable } from '../../src/desktops/process-table.ts';
import {
  type MachinePaths,
  machinePaths,
  qemuFolder,
} from '../../src/desktops/qemu/machine-paths.ts';
import { emptyImage, Fixture, reaches, run, spec } from './desktops-fixture.ts';

const skipped = process.getuid?.() !== 0;
const why = skipped ? ' (skipped: only root gives each machine a user of its own)' : '';

describe.skipIf(skipped)(`somebody who has broken out of QEMU${why}`, () => {
  let fixture: Fixture;
  let host: Host;
  let machine: Machine;
  let paths: MachinePaths;

  beforeEach(async () => {
    fixture = await Fixture.make();
    host = await fixture.host();
    machine = host.start(spec(emptyImage));
    paths = machinePaths(fixture, machine.spec.id);
    await reaches(machine, 'running');
  });

  afterEach(async () => {
    await host.dispose();
    await fixture.dispose();
  });

  it.each(['inside', 'outside'] as const)(
    'can change nothing about the sockets that the broker uses, from %s the namespaces',
    async (where) => {
      const intruder = await intruderOf(machine, where, fixture);
      for (const path of [paths.rfb, paths.qmp, paths.agent, paths.identity]) {
        const before = await lstat(path);
        await expect(intruder('rm', '-f', path)).rejects.toThrow(/not permitted|denied|Read-only/);
        await expect(intruder('mv', path, `${path}.old`)).rejects.toThrow(/denied|Read-only/);
        await expect(intruder('ln', '-sfT', '/dev/null', path)).rejects.toThrow();
        const after = await lstat(path);
        expect([after.ino, after.isSocket()]).toEqual([before.ino, true]);
      }
      await expect(intruder('mv', qemuFolder(paths), `${paths.sockets}/x`)).rejects.toThrow();
      await expect(intruder('touch', `${paths.sockets}/more`)).rejects.toThrow();
    },
  );

  it("shows no other machine's screen, nor what a link in its own folder leads to", async () => {
    const intruder = await intruderOf(machine, 'inside', fixture);
    const own = qemuFolder(paths);
    await intruder('ln', '-sfT', '/dev/null', `${own}/rfb`);
    expect(await greeting(machine)).toBe('RFB 003.008\n');
    await intruder('ln', '-sfT', '/etc/passwd', `${own}/picture.png`);
    // QEMU can't write it, or writes it elsewhere: nothing of the broker's is read either way.
    await expect(machine.picture()).rejects.toThrow();
    expect((await machine.picture()).subarray(1, 4).toString()).toBe('PNG');
  });

  it('is kept out by the next broker too, which has the same sockets', async () => {
    const { ino } = await lstat(paths.rfb);
    await host.shutDown('leave');
    const intruder = await intruderOf(machine, 'inside', fixture);
    await intruder('ln', '-sfT', '/dev/null', `${qemuFolder(paths)}/rfb`);
    host = await fixture.host();
    const { adopted } = await host.adopt(new Set([machine.spec.id]));
    const [heir = expect.unreachable('it runs')] = adopted;
    expect((await lstat(paths.rfb)).ino).toBe(ino);
    expect(await greeting(heir)).toBe('RFB 003.008\n');
    expect((await heir.picture()).length).toBeGreaterThan(100);
  });
});

/** Runs programs as the user of the machine's QEMU, where it is or on the host itself. */
async function intruderOf(machine: Machine, where: 'inside' | 'outside', fixture: Fixture) {
  const entries = await procTable().all();
  const qemu = entries.find(
    ({ argv }) => argv[0]?.includes('qemu-system') && argv.includes(machine.spec.id),
  );
  const pid = qemu?.pid ?? expect.unreachable('it runs');
  const { uid } = await lstat(`/proc/${pid}`);
  expect(uid).not.toBe(0);
  // Closed to others as a whole; here it is what is inside that counts.
  for (const folder of [fixture.folder, fixture.runtimeDir]) await chmod(folder, 0o711);
  const enter = where === 'inside' ? ['nsenter', '-t', `${pid}`, '-m'] : ['env'];
  const become = [`--reuid=${uid}`, `--regid=${uid}`, `--groups=${guestsGroup}`];
  const [program = '', ...args] = [...enter, 'setpriv', ...become, '--inh-caps=-all'];
  return (...command: string[]) => run(program, [...args, ...command]);
}

/** The version that the display server greets with (RFC 6143 section 7.1.1). */
function greeting(machine: Machine): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(machine.rfbSocket ?? expect.unreachable('it runs'));
    socket.once('data', (words) => {
      socket.destroy();
      resolve(words.toString());
    });
    socket.once('error', reject);
  });
}
