import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../contract/clock.ts';
import type { Accelerator } from '../../contract/desktop.ts';
import { CodedError } from '../../contract/errors.ts';
import { accelArgs } from '../qemu/args.ts';
import { probeExitCode, probeSector } from './probe-sector.ts';

export type ProbeRun = {
  /** `stalled`: ended by us at the limit. `broken`: QEMU ended in another way than it should. */
  outcome: 'finished' | 'stalled' | 'broken';
  elapsedMs: number;
  /** The letters that the guest wrote; see probeStages. */
  reached: string;
  /** QEMU's last words; empty when it had none. */
  detail: string;
};

/** Runs the test guest once, and leaves nothing behind. @throws qemu-missing */
export async function runProbe(
  qemu: string,
  accelerator: Accelerator,
  { limitMs, clock }: { limitMs: number; clock: Clock },
): Promise<ProbeRun> {
  const folder = await mkdtemp(join(tmpdir(), 'porthole-probe-'));
  try {
    const floppy = join(folder, 'floppy.img');
    await writeFile(floppy, probeSector());
    return await runGuest(qemu, probeArgs(accelerator, floppy), { limitMs, clock });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function probeArgs(accelerator: Accelerator, floppy: string): string[] {
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-nic', 'none', '-m', '256M'],
    ...['-machine', 'pc', ...accelArgs(accelerator)],
    ...['-chardev', 'stdio,id=letters', '-device', 'isa-debugcon,chardev=letters,iobase=0xe9'],
    ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=1'],
    // The folder is ours, and its name has no comma.
    ...['-drive', `file=${floppy},format=raw,if=floppy,readonly=on`, '-boot', 'order=a'],
  ];
}

function runGuest(
  qemu: string,
  args: string[],
  { limitMs, clock }: { limitMs: number; clock: Clock },
): Promise<ProbeRun> {
  const begin = clock.now();
  return new Promise((resolve, reject) => {
    const child = spawn(qemu, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let letters = '';
    let messages = '';
    let stalled = false;
    child.stdout.on('data', (chunk: Buffer) => {
      letters += chunk.toString('latin1');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      messages += chunk.toString();
    });
    const limit = clock.after(limitMs, () => {
      stalled = true;
      child.kill('SIGKILL');
    });
    child.once('error', (cause) => {
      limit.dispose();
      reject(new CodedError('qemu-missing', { detail: qemu, cause }));
    });
    child.once('close', (code) => {
      limit.dispose();
      resolve({
        outcome: stalled ? 'stalled' : code === probeExitCode ? 'finished' : 'broken',
        elapsedMs: clock.now() - begin,
        reached: letters,
        detail: messages.trim().split('\n').at(-1) ?? '',
      });
    });
  });
}
