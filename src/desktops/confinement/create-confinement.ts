import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CodedError } from '../../contract/errors.ts';
import type { Bind } from './bwrap-args.ts';
import type { ConfinedCommand, Confinement, Reach } from './confinement.ts';
import { findProgram } from './find-program.ts';
import type { RunAs } from './first-process.ts';
import { guestsGroup, MachineUsers, usersOfProcesses } from './machine-users.ts';
import { give, letPass, letRead, ownerOf } from './ownership.ts';
import {
  describeSandbox,
  findSandbox,
  type Sandbox,
  type SandboxOptions,
  sandboxCommand,
} from './sandbox.ts';

export type ConfinementOptions = SandboxOptions & {
  /** Users of the processes of this host; default: those in /proc. */
  running?: () => ReadonlySet<number>;
};

/** How guests are confined on this host; found out at the first use. */
export function createConfinement(options: ConfinementOptions): Confinement {
  const users = new MachineUsers(options.running ?? usersOfProcesses);
  let found: Promise<Sandbox> | null = null;
  const sandboxOf = () => {
    found ??= findSandbox(options);
    return found;
  };
  return {
    async wrap({ program, args }, reach) {
      const path = await findProgram(program, options.searchPath);
      if (path === null) throw new CodedError('tool-missing', { detail: program });
      return confined(await sandboxOf(), [path, ...args], reach, users);
    },
    async release(machineId) {
      users.release(machineId);
    },
  };
}

async function confined(
  sandbox: Sandbox,
  command: [string, ...string[]],
  reach: Reach,
  users: MachineUsers,
): Promise<ConfinedCommand> {
  const how = describeSandbox(sandbox);
  if (sandbox.kind === 'refused') throw new CodedError('sandbox-missing', { detail: how });
  if (sandbox.kind === 'bare') {
    // Without a network namespace, a guest with a network card would reach everything.
    if (reach.proxySocket !== null) throw new CodedError('sandbox-missing', { detail: how });
    const { setpriv } = sandbox;
    return {
      ...split([...(setpriv === null ? [] : [setpriv, '--no-new-privs']), ...command]),
      how,
    };
  }
  if (reach.proxySocket !== null && sandbox.socat === null) {
    throw new CodedError('sandbox-missing', { detail: 'socat leads to the proxy, and is missing' });
  }
  const runAs = sandbox.kind === 'own-users' ? await ownUser(reach, users) : null;
  const plan = {
    ...{ binds: bindsOf(reach, command[0]), runAs },
    ...{ proxySocket: reach.proxySocket, nested: reach.nested ?? false },
  };
  return { ...split([...sandboxCommand(sandbox, plan), ...command]), how };
}

/** Claims the machine's user, and gives it what it may write and read. */
async function ownUser(reach: Reach, users: MachineUsers): Promise<RunAs> {
  const { machineId, writable, readable, devices } = reach;
  const [first] = writable;
  const uid = users.claim(machineId, first === undefined ? null : await ownerOf(first));
  await Promise.all([
    ...writable.map((path) => give(path, uid)),
    ...readable.filter(isNoSystem).map((path) => letRead(path, guestsGroup)),
    ...wayToProxy(reach).map((folder) => letPass(folder, guestsGroup)),
  ]);
  const nodes = await Promise.all(devices.map((path) => stat(path)));
  return { uid, groups: [...new Set([guestsGroup, ...nodes.map(({ gid }) => gid)])] };
}

function bindsOf(reach: Reach, program: string): Bind[] {
  const { writable, readable, devices } = reach;
  return [
    ...writable.map((path): Bind => ({ path, how: 'write' })),
    ...[...readable, ...wayToProxy(reach), program]
      .filter(isNoSystem)
      .map((path): Bind => ({ path, how: 'read' })),
    ...devices.map((path): Bind => ({ path, how: 'device' })),
  ];
}

/** The folder rather than the socket: a broker that takes the machine over makes a new one there. */
function wayToProxy({ writable, proxySocket }: Reach): string[] {
  if (proxySocket === null) return [];
  const folder = dirname(proxySocket);
  return writable.some((path) => `${folder}/`.startsWith(`${path}/`)) ? [] : [folder];
}

/** What is part of the system is there already. */
function isNoSystem(path: string): boolean {
  return !/^\/(usr|bin|sbin|lib\w*)\//.test(path);
}

function split([program, ...args]: string[]): { program: string; args: string[] } {
  return { program: program ?? '', args };
}
