import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/contract/clock.ts';
import { procTable } from '../../src/desktops/process-table.ts';
import { endAbandonedCaptures } from '../../src/desktops/templates/abandoned.ts';
import { scratchFolder } from '../unit/src/desktops/scratch.ts';

/** A process that looks like QEMU with its pid file there. */
function stray(pidFile: string) {
  const child = spawn('sh', ['-c', 'sleep 60; :', 'qemu', '-pidfile', pidFile]);
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

it('ends the guests of the dead, and nobody else’s', async () => {
  const root = await scratchFolder();
  const { pid: dead } = spawnSync('true');
  const abandoned = stray(join(root, `.capturing-${dead}-abc`, 'guest/qemu.pid'));
  const others = [
    stray(join(root, `.capturing-${process.pid}-abc`, 'guest/qemu.pid')),
    stray(join(`${root}-other`, `.capturing-${dead}-abc`, 'guest/qemu.pid')),
    stray('/data/machines/1/qemu.pid'),
  ];
  await Promise.all([abandoned, ...others].map((child) => once(child, 'spawn')));
  const end = once(abandoned, 'exit');
  await endAbandonedCaptures(root, { clock: systemClock, processes: procTable() });
  expect(await end).toEqual([null, 'SIGKILL']);
  expect(others.map(({ exitCode, signalCode }) => exitCode ?? signalCode)).toEqual([
    null,
    null,
    null,
  ]);
});
