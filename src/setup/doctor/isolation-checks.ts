import type { Check } from './check.ts';
import {
  probeConfinement,
  probeMerging,
  probeSealing,
  probeUserNamespaces,
  probeWayOut,
} from './isolation.ts';
import { probeLimits } from './limits.ts';
import { probeProgram } from './qemu.ts';

type IsolationDeps = {
  /** Of the user that would run the broker (getuid(2)). */
  uid: number;
  platform: NodeJS.Platform;
  searchPath: string;
  /** How to get a program of the system. */
  install: (command: string) => string;
};

/** What keeps guests apart, and what lets them share. All of it is Linux. */
export function isolationChecks(deps: IsolationDeps): readonly Check[] {
  const { uid, platform, searchPath, install } = deps;
  if (platform !== 'linux') return [];
  const isRoot = uid === 0;
  return [
    {
      name: 'bubblewrap',
      needed: true,
      probe: () => probeProgram('bwrap', searchPath),
      remedy: install('bwrap'),
    },
    {
      name: 'setpriv',
      // Root runs no guest that keeps root's privileges; those of a plain user are few.
      needed: isRoot,
      probe: () => probeProgram('setpriv', searchPath),
      remedy: install('setpriv'),
    },
    {
      name: 'socat',
      needed: false,
      probe: () => probeWayOut(searchPath),
      remedy: `Only desktops with a network need it. ${install('socat')}`,
    },
    {
      name: 'Confinement',
      needed: isRoot,
      probe: () => probeConfinement(deps),
      remedy: namespacesRemedy,
    },
    {
      name: 'User namespaces',
      needed: false,
      probe: () => probeUserNamespaces(searchPath),
      remedy: namespacesRemedy,
    },
    {
      name: 'Sealed memory',
      needed: false,
      probe: () => probeSealing(platform),
      remedy:
        'Without it no desktop is an instant clone: each boots. Linux has it since 3.17; run "npm ci"\n' +
        'where the module that reaches it is missing.',
    },
    {
      name: 'Limits',
      needed: false,
      probe: () => probeLimits(),
      remedy:
        'Without them one desktop can slow the others down. Run the broker as root, or as a service of\n' +
        'systemd with "Delegate=cpu memory pids" (systemd.resource-control(5)).',
    },
    {
      name: 'Merging of pages',
      needed: false,
      probe: () => probeMerging(),
      remedy: 'Clones share the memory of their template without it: nothing has to be done.',
    },
  ];
}

const namespacesRemedy =
  'Allow namespaces: "sysctl user.max_user_namespaces" must not be 0, nor must\n' +
  '"kernel.unprivileged_userns_clone", and "kernel.apparmor_restrict_unprivileged_userns" must not\n' +
  'be 1. In a container, its settings have to allow them as well.';
