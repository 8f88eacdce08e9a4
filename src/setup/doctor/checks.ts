import { CodedError } from '../../contract/errors.ts';
import { probeAccelerator } from '../../desktops/accelerator.ts';
import { aptLine, namesToInstall } from '../debian.mjs';
import { findElectron } from '../electron-runtime.ts';
import { readyGuestImage } from '../guest-image.ts';
import type { Locations } from '../locations.ts';
import type { Progress } from '../progress.mjs';
import { packagesFor, type SystemPackage, systemPackages } from '../system-packages.mjs';
import { probeBrokerCertificate } from './broker-certificate.ts';
import type { Check, Finding } from './check.ts';
import { probeElectron, probeElectronLibraries } from './electron.ts';
import { isolationChecks } from './isolation-checks.ts';
import { probeKeychain } from './keychain.ts';
import { probeDisk, probeDisplay, probeMemory } from './machine.ts';
import { locate, probeProgram } from './qemu.ts';
import { probeVault } from './vault.ts';

type DoctorDeps = {
  env: Readonly<Record<string, string | undefined>>;
  /** Of the user that runs this (getuid(2)). */
  uid: number;
  locations: Locations;
  progress: Progress;
  /** File of the certificate that a broker shows here; null where none was ever started. */
  brokerCertificate: string | null;
};

const qemu = 'qemu-system-x86_64';

/** What Porthole needs of a machine, and what to do where it is missing. */
export function createChecks(deps: DoctorDeps): readonly Check[] {
  const { env, uid, locations, progress, brokerCertificate } = deps;
  const { root, cache, brokerData } = locations;
  const searchPath = env.PATH ?? '';
  const installLine = createInstallLine();
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
      remedy: installLine(programs(qemu)),
    },
    {
      name: 'qemu-img',
      needed: true,
      probe: () => probeProgram('qemu-img', searchPath),
      remedy: installLine(programs('qemu-img')),
    },
    {
      name: 'Accelerator',
      needed: true,
      probe: () => probeAcceleration(searchPath, cache),
      remedy: 'Install QEMU first; then run this again.',
    },
    ...isolationChecks({
      uid,
      platform: process.platform,
      searchPath,
      install: (command) => installLine(programs(command)),
    }),
    {
      name: 'Guest image',
      needed: true,
      probe: () => probeImage({ root, cache, progress }),
      remedy: 'Run "npx porthole image build".',
    },
    ...(brokerCertificate === null ? [] : [certificateCheck(brokerCertificate)]),
    {
      name: 'Electron',
      needed: true,
      probe: () => probeElectron(electron),
      remedy: env.ELECTRON_OVERRIDE_DIST_PATH
        ? 'Unset ELECTRON_OVERRIDE_DIST_PATH, or set it to the folder that an Electron is in.'
        : 'Run "npm start": it fetches one.',
    },
    {
      name: 'Electron libraries',
      needed: true,
      probe: () => probeElectronLibraries(electron),
      remedy: installLine(libraries()),
    },
    {
      name: 'Keychain',
      needed: false,
      probe: () => probeKeychain(env),
      remedy:
        'Without it a terminal keeps its secret in an encrypted file. In a desktop session,\n' +
        `run: ${installLine([...programs('gnome-keyring-daemon'), ...library('libsecret-1-0')])}`,
    },
    {
      name: 'Vault',
      needed: false,
      probe: () => probeVault(env, () => probeKeychain(env)),
      remedy:
        'Unlock the keychain, or name another vault in terminal.json: {"vault": "file"} keeps the\n' +
        'secret of the terminal in a file that is encrypted by a key bound to the machine.',
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
      remedy: installLine(programs('Xvfb')),
    },
  ];
}

function certificateCheck(file: string): Check {
  return {
    name: 'Broker certificate',
    needed: false,
    probe: () => probeBrokerCertificate(file, Date.now()),
    remedy:
      'A broker renews its own when it runs: start it, and look at its log. One that it was given is\n' +
      'renewed where it came from. Terminals stop when it has run out.',
  };
}

type Rows = readonly SystemPackage[];

function programs(command: string): Rows {
  return systemPackages.filter((row) => row.command === command);
}

function library(name: string): Rows {
  return systemPackages.filter(({ debian }) => debian.includes(name));
}

/** What has no program of its own that could be looked for. */
function libraries(): Rows {
  return packagesFor(new Set(['terminal'])).filter(({ command }) => command === undefined);
}

/** Names differ between releases; apt is asked for all of them at once, since it takes its time. */
function createInstallLine(): (rows: Rows) => string {
  const known = namesToInstall(systemPackages);
  const names = new Map(systemPackages.map((row, index) => [row, known[index] ?? row.debian[0]]));
  return (rows) => {
    const wanted = rows.map((row) => names.get(row) ?? row.debian[0]);
    return process.platform === 'linux' ? aptLine(wanted) : `Install ${wanted.join(', ')}.`;
  };
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
