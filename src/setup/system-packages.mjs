/**
 * What Porthole needs of the operating system, by purpose. `debian` names the package, with other
 * names that releases of Debian and Ubuntu have for it; `command` is a program of it, by which it is
 * also found where it was installed in another way.
 *
 * @typedef {'compile' | 'image' | 'desktop' | 'terminal' | 'headless' | 'keyring' | 'package' | 'test'} Purpose
 * @typedef {{ purpose: Purpose, debian: readonly [string, ...string[]], command?: string, why: string }} SystemPackage
 */

/** @type {readonly SystemPackage[]} */
export const systemPackages = [
  // keytar is compiled on installation: it has no prebuilt binary in the registry.
  { purpose: 'compile', debian: ['g++'], command: 'g++', why: 'compiles the keychain module' },
  { purpose: 'compile', debian: ['make'], command: 'make', why: 'compiles the keychain module' },
  { purpose: 'compile', debian: ['python3'], command: 'python3', why: 'runs node-gyp' },
  {
    purpose: 'compile',
    debian: ['pkg-config', 'pkgconf'],
    command: 'pkg-config',
    why: 'finds libsecret',
  },
  { purpose: 'compile', debian: ['libsecret-1-dev'], why: 'the keychain module is built on it' },

  {
    purpose: 'image',
    debian: ['mmdebstrap'],
    command: 'mmdebstrap',
    why: 'builds the guest image',
  },
  {
    purpose: 'image',
    debian: ['fakeroot'],
    command: 'fakeroot',
    why: 'builds the image without root',
  },
  {
    purpose: 'image',
    debian: ['e2fsprogs'],
    command: 'mke2fs',
    why: 'makes the disk of the image',
  },
  {
    purpose: 'image',
    debian: ['debian-archive-keyring'],
    why: 'verifies the packages of the image',
  },
  {
    purpose: 'image',
    debian: ['uidmap'],
    command: 'newuidmap',
    why: 'builds the image without root',
  },

  {
    purpose: 'desktop',
    debian: ['qemu-system-x86'],
    command: 'qemu-system-x86_64',
    why: 'runs the desktops',
  },
  {
    purpose: 'desktop',
    debian: ['qemu-utils'],
    command: 'qemu-img',
    why: 'makes the disks of the desktops',
  },
  { purpose: 'desktop', debian: ['bubblewrap'], command: 'bwrap', why: 'confines the desktops' },
  {
    purpose: 'desktop',
    debian: ['util-linux'],
    command: 'setpriv',
    why: 'takes all privileges from the desktops',
  },
  {
    purpose: 'desktop',
    debian: ['socat'],
    command: 'socat',
    why: 'the way of desktops to the proxy',
  },

  // What the Electron binary is linked against, by `ldd`, less what these bring themselves.
  {
    purpose: 'terminal',
    debian: ['libgtk-3-0', 'libgtk-3-0t64'],
    why: 'Electron is linked against it',
  },
  { purpose: 'terminal', debian: ['libnss3'], why: 'Electron is linked against it' },
  {
    purpose: 'terminal',
    debian: ['libasound2', 'libasound2t64'],
    why: 'Electron is linked against it',
  },
  { purpose: 'terminal', debian: ['libgbm1'], why: 'Electron is linked against it' },
  { purpose: 'terminal', debian: ['libxss1'], why: 'Electron loads it' },
  { purpose: 'terminal', debian: ['libxtst6'], why: 'Electron loads it' },
  { purpose: 'terminal', debian: ['libsecret-1-0'], why: 'reaches the keychain' },
  { purpose: 'terminal', debian: ['fonts-dejavu-core'], why: 'letters of right-to-left languages' },
  { purpose: 'terminal', debian: ['unzip'], command: 'unzip', why: 'unpacks the Electron runtime' },

  {
    purpose: 'headless',
    debian: ['xvfb'],
    command: 'Xvfb',
    why: 'a display on a machine without one',
  },

  { purpose: 'package', debian: ['p7zip-full', '7zip'], command: '7za', why: 'packs installers' },

  {
    purpose: 'test',
    debian: ['chromium', 'chromium-browser'],
    command: 'chromium',
    why: 'tests the screens',
  },
  {
    purpose: 'keyring',
    debian: ['dbus'],
    command: 'dbus-run-session',
    why: 'a session bus for the keychain tests',
  },
  {
    purpose: 'keyring',
    debian: ['gnome-keyring'],
    command: 'gnome-keyring-daemon',
    why: 'a keychain for the tests',
  },
  { purpose: 'test', debian: ['iproute2'], command: 'ip', why: 'cuts and slows networks in tests' },
  {
    purpose: 'test',
    debian: ['websockify'],
    command: 'websockify',
    why: 'what the gateway is measured against',
  },
  { purpose: 'test', debian: ['postgresql'], why: 'the other database that a broker may use' },
  { purpose: 'test', debian: ['procps'], command: 'ps', why: 'counts processes in tests' },
];

/**
 * @param {ReadonlySet<Purpose>} purposes
 * @returns {readonly SystemPackage[]}
 */
export function packagesFor(purposes) {
  return systemPackages.filter((row) => purposes.has(row.purpose));
}

/**
 * @param {readonly SystemPackage[]} rows
 * @param {{ isInstalled: (name: string) => boolean, hasCommand: (command: string) => boolean }} found
 * @returns {readonly SystemPackage[]}
 */
export function missingOf(rows, { isInstalled, hasCommand }) {
  return rows.filter(
    (row) =>
      !row.debian.some(isInstalled) && !(row.command !== undefined && hasCommand(row.command)),
  );
}
