import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Accelerator } from '../../contract/desktop.ts';
import type { KeyboardLayout } from '../../contract/keyboard.ts';
import { qemuVersionOf } from './qemu-version.ts';

/** What of a host has to be as it was for a guest to go on that was stopped on it. */
export type HostFacts = {
  /** First line of `qemu --version`, with the version of the package. */
  qemu: string;
  accelerator: Accelerator;
  /** Name of the processor, and a digest of its features. */
  cpu: string;
  /** Layout that its guests begin with. */
  keyboard: KeyboardLayout;
};

/** Reads the facts; cheap enough for each clone. The function @throws qemu-missing */
export function hostFactsOf(deps: {
  qemu: string;
  accelerator: Accelerator;
  keyboard: KeyboardLayout;
  searchPath: string;
}): () => Promise<HostFacts> {
  const { accelerator, keyboard } = deps;
  const version = qemuVersionOf(deps.qemu, deps.searchPath);
  let cpu: string | null = null;
  return async () => {
    // It can't change while this process lives: a guest host that moves is booted, or is stopped too.
    cpu ??= cpuOf(await readFile('/proc/cpuinfo', 'utf8'));
    return { qemu: await version(), accelerator, cpu, keyboard };
  };
}

/** Fields of /proc/cpuinfo (proc(5)), as x86 and ARM call them. */
const names = ['model name', 'CPU part'];
const features = ['flags', 'Features'];

/** The first processor of /proc/cpuinfo in a line: those of one host are alike. */
export function cpuOf(cpuinfo: string): string {
  const [first = ''] = cpuinfo.split('\n\n');
  const fields = [...first.matchAll(/^([^:\t]+)\t*: (.*)$/gm)];
  const fieldOf = (wanted: readonly string[]) =>
    fields.find(([, name = '']) => wanted.includes(name))?.[2] ?? 'unknown';
  const digest = createHash('sha256').update(fieldOf(features)).digest('hex').slice(0, 16);
  return `${fieldOf(names)}, features ${digest}`;
}
