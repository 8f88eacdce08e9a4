import { dirname } from 'node:path';
import type { GroupFiles } from '../../../../../src/desktops/accounting/group-files.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** Version 2 of control groups in memory, with the rules that matter here (cgroup-v2 of the kernel). */
export class FakeGroups implements GroupFiles {
  readonly written: [string, string][] = [];
  readonly #root: string;
  /** Processes by group. */
  readonly #members = new Map<string, Set<string>>();
  readonly #enabled = new Map<string, Set<string>>();
  /** What the outermost group has. */
  readonly #offered: readonly string[];
  readonly #readOnly: boolean;

  constructor(root: string, offered: readonly string[], options: { readOnly?: boolean } = {}) {
    this.#root = root;
    this.#offered = offered;
    this.#readOnly = options.readOnly ?? false;
    this.#members.set(root, new Set());
  }

  put(pid: string, group: string): void {
    for (const members of this.#members.values()) members.delete(pid);
    this.#members.get(group)?.add(pid);
  }

  membersOf(group: string): string[] {
    return [...(this.#members.get(group) ?? [])];
  }

  async read(path: string): Promise<string> {
    const group = dirname(path);
    if (!this.#members.has(group)) throw systemError('ENOENT');
    if (path.endsWith('/cgroup.procs')) {
      return this.membersOf(group)
        .map((pid) => `${pid}\n`)
        .join('');
    }
    if (path.endsWith('/cgroup.controllers')) return `${this.#controllersOf(group).join(' ')}\n`;
    throw systemError('ENOENT');
  }

  async write(path: string, text: string): Promise<void> {
    const group = dirname(path);
    if (this.#readOnly) throw systemError('EACCES');
    if (!this.#members.has(group)) throw systemError('ENOENT');
    if (path.endsWith('/cgroup.procs')) {
      if ((this.#enabled.get(group)?.size ?? 0) > 0) throw systemError('EBUSY');
      this.put(text, group);
    } else if (path.endsWith('/cgroup.subtree_control')) {
      this.#enable(group, text.slice(1));
    } else {
      const controller = path.slice(group.length + 1).split('.')[0] ?? '';
      if (!this.#controllersOf(group).includes(controller)) throw systemError('ENOENT');
      this.written.push([path, text]);
    }
  }

  async make(folder: string): Promise<void> {
    if (this.#readOnly) throw systemError('EACCES');
    if (!this.#members.has(folder)) this.#members.set(folder, new Set());
  }

  async remove(folder: string): Promise<void> {
    if (!this.#members.has(folder)) throw systemError('ENOENT');
    const inside = [...this.#members.keys()].some((path) => path.startsWith(`${folder}/`));
    if (inside || this.membersOf(folder).length > 0) throw systemError('EBUSY');
    this.#members.delete(folder);
  }

  async groups(folder: string): Promise<string[]> {
    return [...this.#members.keys()]
      .filter((path) => dirname(path) === folder)
      .map((path) => path.slice(folder.length + 1));
  }

  #enable(group: string, controller: string): void {
    if (!this.#controllersOf(group).includes(controller)) throw systemError('ENOENT');
    if (this.membersOf(group).length > 0) throw systemError('EBUSY');
    const enabled = this.#enabled.get(group) ?? new Set();
    this.#enabled.set(group, enabled.add(controller));
  }

  #controllersOf(group: string): readonly string[] {
    return group === this.#root ? this.#offered : [...(this.#enabled.get(dirname(group)) ?? [])];
  }
}
