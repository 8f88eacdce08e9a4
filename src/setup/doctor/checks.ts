import { CodedError } from '../../contract/errors.ts';
import { probeAccelerator } from '../../desktops/accelerator.ts';
import { aptLine } from '../debian.mjs';
import { findElectron } from '../electron-runtime.ts';
import { readyGuestImage } from '../guest-image.ts';
import type { Locations } from '../locations.ts';
import type { Progress } from '../progress.mjs';
import type { Check, Finding } from './check.ts';
import { probeElectron, probeElectronLibraries } from './electron.ts';
import { probeKeychain } from './keychain.ts';
import { probeDisk, probeDisplay, probeMemory } from './machine.ts';
import { locate, probeProgram } from './qemu.ts';

export type DoctorDeps = {
  env: Readonly<Record<string, string | undefined>>;
  locations: Locations;
  progress: Progress;
};

const qemu = 'qemu-system-x86_64';

/** What Porthole needs of a machine, and what to do where it is missing. */
export function createChecks({ env, locations, progress }: DoctorDeps): readonly Check[] {
  const { root, cache, brokerData } = locations;
  const searchPath = env.PATH ?? '';
  const electron = () =>
    findElectron({ env, root, cache, network: 'forbidden', progress, now: Date.now });
  return [
    {
      name: 'Node.js',
      needed: true,
      probe: async () => ({ ok: true, found: `${process.version} at ${process.execPath}` }),
      remedy: 'Run "npm ci": it brings the version that Porthole is tested with.',
    },
    {
      name: 'Memory',
      needed: true,
      probe: probeMemory,
      remedy: 'Close programs, or give the machine more: 2 GiB free run one desktop.',
    },
    {
      name: 'Disk for images',
      needed: true,
      probe: () => probeDisk(cache),
      remedy: 'Free some space, or set XDG_CACHE_HOME to a folder on a larger disk.',
    },
    {
      name: 'Disk for desktops',
      needed: true,
      probe: () => probeDisk(brokerData),
      remedy: 'Free some space, or set XDG_DATA_HOME to a folder on a larger disk.',
    },
    {
      name: 'QEMU',
      needed: true,
      probe: () => probeProgram(qemu, searchPath),
      remedy: installLine('qemu-system-x86'),
    },
    {
      name: 'qemu-img',
      needed: true,
      probe: () => probeProgram('qemu-img', searchPath),
      remedy: installLine('qemu-utils'),
    },
    {
      name: 'Accelerator',
      needed: true,
      probe: () => probeAcceleration(searchPath, cache),
      remedy: 'Install QEMU first; then run this again.',
    },
    {
      name: 'Guest image',
      needed: true,
      probe: () => probeImage({ root, cache, progress }),
      remedy: 'Run "npx porthole image build".',
    },
    {
      name: 'Electron',
      needed: true,
      probe: () => probeElectron(electron),
      remedy: 'Run "npm start": it fetches one.',
    },
    {
      name: 'Electron libraries',
      needed: true,
      probe: () => probeElectronLibraries(electron),
      remedy: installLine('libgtk-3-0', 'libnss3', 'libasound2', 'libgbm1', 'libxss1', 'libxtst6'),
    },
    {
      name: 'Keychain',
      needed: false,
      probe: () => probeKeychain(env),
      remedy:
        'Without it a terminal has to be enrolled anew after each restart. In a desktop session,\n' +
        `run: ${installLine('gnome-keyring', 'libsecret-1-0')}`,
    },
    {
      name: 'Display',
      needed: false,
      probe: () => probeDisplay(env),
      remedy: 'Start in a desktop session, or run "npm start -- --headless" for pictures instead.',
    },
    {
      name: 'Headless display',
      needed: false,
      probe: () => probeXvfb(searchPath),
      remedy: installLine('xvfb'),
    },
  ];
}

function installLine(...names: [string, ...string[]]): string {
  return process.platform === 'linux' ? aptLine(names) : `Install ${names.join(', ')}.`;
}

async function probeAcceleration(searchPath: string, cache: string): Promise<Finding> {
  const path = locate(qemu, searchPath);
  if (path === null) throw new CodedError('qemu-missing');
  const { accelerator, proof } = await probeAccelerator({ qemu: path, cacheDir: cache });
  return { ok: true, found: `${accelerator}: ${proof}` };
}

async function probeImage(deps: {
  root: string;
  cache: string;
  progress: Progress;
}): Promise<Finding> {
  const { signal } = new AbortController();
  const { dir, manifest } = await readyGuestImage({ ...deps, offline: true, signal });
  return { ok: true, found: `${manifest.name}, its checksums are right, in ${dir}` };
}

/** Xvfb has no switch that tells its version. */
async function probeXvfb(searchPath: string): Promise<Finding> {
  const path = locate('Xvfb', searchPath);
  return path === null
    ? { ok: false, found: 'Xvfb is not on the PATH' }
    : { ok: true, found: `Xvfb at ${path}` };
}
