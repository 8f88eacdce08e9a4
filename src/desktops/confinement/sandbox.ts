import { runCommand } from '../command.ts';
import { bwrapArgs, type SandboxPlan } from './bwrap-args.ts';
import { findProgram } from './find-program.ts';
import { capabilitiesNeeded, firstProcessCommand, type RunAs } from './first-process.ts';
import { guestsGroup, userNumbers } from './machine-users.ts';
import { readSystemView, type SystemEntry } from './system-view.ts';

export type SandboxOptions = {
  /** Of the broker (getuid(2)); null on systems that have none. */
  uid: number | null;
  platform: NodeJS.Platform;
  /** Folders where programs are looked for (PATH). */
  searchPath: string;
};

/** How guests can be confined on this host. `why` and `missing` are sentences for people. */
export type Sandbox =
  /** Namespaces by root's power, and a user for each machine. */
  | ({ kind: 'own-users' } & Namespaces)
  /** Namespaces by a user namespace; the user is the broker's. */
  | ({ kind: 'user-namespace' } & Namespaces)
  /** Only what the guest's own program does for itself. */
  | { kind: 'bare'; setpriv: string | null; missing: string }
  /** Root must not run guests like that. */
  | { kind: 'refused'; missing: string };

type Namespaces = { bwrap: string; setpriv: string; socat: string | null; system: SystemEntry[] };

/** Looks, and tries it. */
export async function findSandbox({ uid, platform, searchPath }: SandboxOptions): Promise<Sandbox> {
  if (platform !== 'linux') {
    return { kind: 'bare', setpriv: null, missing: 'namespaces are known on Linux only' };
  }
  const find = (name: string) => findProgram(name, searchPath);
  const [bwrap, setpriv, socat] = await Promise.all(['bwrap', 'setpriv', 'socat'].map(find));
  const without = (missing: string): Sandbox =>
    uid === 0 ? { kind: 'refused', missing } : { kind: 'bare', setpriv: setpriv ?? null, missing };
  if (!bwrap) return without('there is no bubblewrap (bwrap)');
  if (!setpriv) return without('there is no setpriv');
  const sandbox: Confining = {
    kind: uid === 0 ? 'own-users' : 'user-namespace',
    ...{ bwrap, setpriv, socat: socat ?? null, system: await readSystemView() },
  };
  const fault = await faultOf(sandbox);
  return fault === null ? sandbox : without(`bubblewrap does not work: ${fault}`);
}

type Confining = Extract<Sandbox, { kind: 'own-users' | 'user-namespace' }>;

/** A command that runs another in the sandbox; the other's words are to follow. */
export function sandboxCommand(
  sandbox: Confining,
  plan: { binds: SandboxPlan['binds']; runAs: RunAs; proxySocket: string | null; nested: boolean },
): string[] {
  const { bwrap, setpriv, system } = sandbox;
  const power: SandboxPlan['power'] =
    plan.runAs === null
      ? { kind: 'user-namespace' }
      : { kind: 'root', capabilities: capabilitiesNeeded(plan) };
  return [
    bwrap,
    ...bwrapArgs({ power, system, binds: plan.binds }),
    ...firstProcessCommand({ setpriv, ...plan }),
  ];
}

/** Containers and some distributions forbid namespaces, which only shows when they are made. */
async function faultOf(sandbox: Confining): Promise<string | null> {
  const runAs =
    sandbox.kind === 'own-users' ? { uid: userNumbers.from, groups: [guestsGroup] } : null;
  const [program = '', ...args] = sandboxCommand(sandbox, {
    ...{ binds: [], runAs, proxySocket: null, nested: false },
  });
  const { exitCode, stderr } = await runCommand(program, [...args, 'true'], { timeoutMs: 10_000 });
  return exitCode === 0 ? null : stderr.trim() || `exit code ${exitCode}`;
}

/** What confines guests here, in a sentence. */
export function describeSandbox(sandbox: Sandbox): string {
  switch (sandbox.kind) {
    case 'own-users':
      return 'in namespaces, with a user of its own and no privileges';
    case 'user-namespace':
      return "in namespaces, with the broker's user and no privileges";
    case 'bare':
      return `with the rights of the broker's user, since ${sandbox.missing}`;
    case 'refused':
      return `not at all, since ${sandbox.missing}, and root must not run it unconfined`;
  }
}
