import { readFile } from 'node:fs/promises';
import { runCommand } from '../../desktops/command.ts';
import {
  describeSandbox,
  findSandbox,
  type SandboxOptions,
} from '../../desktops/confinement/sandbox.ts';
import { errnoOf } from '../../desktops/images/file-error.ts';
import { sealing } from '../../desktops/templates/sealed-memory.ts';
import type { Finding } from './check.ts';
import { locate } from './qemu.ts';

const answerLimitMs = 10_000;

/** How a broker of this user would run its guests. */
export async function probeConfinement(options: SandboxOptions): Promise<Finding> {
  const sandbox = await findSandbox(options);
  const ok = sandbox.kind === 'own-users' || sandbox.kind === 'user-namespace';
  return { ok, found: `guests run ${describeSandbox(sandbox)}` };
}

/** Containers and some distributions forbid them, which only shows when one is made. */
export async function probeUserNamespaces(searchPath: string): Promise<Finding> {
  const bwrap = locate('bwrap', searchPath);
  if (bwrap === null) return { ok: false, found: 'not tried, since bwrap is not on the PATH' };
  const args = ['--unshare-user', '--ro-bind', '/', '/', 'true'];
  const { exitCode, stderr } = await runCommand(bwrap, args, { timeoutMs: answerLimitMs });
  if (exitCode === 0) return { ok: true, found: 'this user can make them' };
  return { ok: false, found: stderr.trim().split('\n').at(-1) ?? 'they cannot be made' };
}

/** socat tells its version on several lines, of which none is needed. */
export async function probeWayOut(searchPath: string): Promise<Finding> {
  const path = locate('socat', searchPath);
  return path === null
    ? { ok: false, found: 'socat is not on the PATH' }
    : { ok: true, found: `socat at ${path}` };
}

/** Whether desktops can be clones of one memory that none of them can change. */
export async function probeSealing(platform: NodeJS.Platform): Promise<Finding> {
  const able = await sealing(platform);
  return able.kind === 'possible'
    ? { ok: true, found: 'desktops can be instant clones' }
    : { ok: false, found: able.reason };
}

/**
 * KSM (the kernel's admin guide, mm/ksm). Off is no fault: by how long a write takes, a guest can find
 * out what another has in its memory.
 * @param folder where the kernel tells of it
 */
export async function probeMerging(folder = '/sys/kernel/mm/ksm'): Promise<Finding> {
  try {
    const isOn = (await readFile(`${folder}/run`, 'utf8')).trim() === '1';
    return { ok: true, found: isOn ? 'KSM is on' : 'KSM is off' };
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return { ok: false, found: 'this kernel has no KSM' };
  }
}
