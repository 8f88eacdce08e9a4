import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../contract/errors.ts';
import { runSuccessfully } from '../desktops/command.ts';
import { buildApp } from './app-build.ts';
import type { ElectronRuntime } from './electron-distribution.ts';
import type { Progress } from './progress.mjs';
import { digestOf, whenChanged } from './source-digest.ts';

type PackageDeps = { root: string; electron: ElectronRuntime; progress: Progress };

/** What electron-builder is asked for, in its own words: `--linux dir`, `--linux deb AppImage`. */
type PackageOrder = {
  targets: readonly string[];
  /** Folder of the result, relative to the checkout. */
  output: string;
  /** Settings on top of electron-builder.yml, as `-c.name=value`. */
  settings: readonly string[];
};

/**
 * Packages for users. @returns the folder of the packages
 * @throws electron-missing where the runtime found is not the pinned one and the order is for more
 *   than the unpacked folder; command-failed
 */
export async function packageApp(deps: PackageDeps, targets: readonly string[]): Promise<string> {
  const forUsers = targets.some((target) => !target.startsWith('-') && target !== 'dir');
  if (forUsers && deps.electron.source === 'registry') {
    const detail = `installers carry the pinned Electron; this is ${deps.electron.line}`;
    throw new CodedError('electron-missing', { detail });
  }
  return build(deps, { targets, output: 'dist', settings: [] });
}

/**
 * The packaged app as the end-to-end tests drive it. It differs from what users get in one fuse:
 * Playwright attaches by `--inspect`, which users' copies ignore.
 * @returns path of the executable
 */
export async function packageForTests(deps: PackageDeps): Promise<string> {
  const output = 'dist/test';
  await build(deps, {
    targets: ['--linux', 'dir'],
    output,
    settings: ['electronFuses.enableNodeCliInspectArguments=true'],
  });
  const executable = join(deps.root, output, 'linux-unpacked/porthole');
  if (!existsSync(executable)) throw new CodedError('command-failed', { detail: executable });
  return executable;
}

async function build(
  { root, electron, progress }: PackageDeps,
  { targets, output, settings }: PackageOrder,
): Promise<string> {
  await buildApp(root, progress);
  const folder = join(root, output);
  const args = [
    ...targets,
    ...['--config', 'electron-builder.yml', '--publish', 'never'],
    ...[
      `electronDist=${electron.dir}`,
      `electronVersion=${electron.version}`,
      `directories.output=${output}`,
      ...settings,
    ].map((setting) => `-c.${setting}`),
  ];
  const sources = ['out', 'assets', 'electron-builder.yml', 'package.json', 'package-lock.json'];
  const stamp = join(folder, '.digest');
  await whenChanged(stamp, digestOf(root, sources, args), async () => {
    const bar = progress.begin('Packaging the app');
    try {
      await removeUnpacked(folder);
      const builder = join(root, 'node_modules/electron-builder/cli.js');
      await runSuccessfully(process.execPath, [builder, ...args], {
        cwd: root,
        env: { ...process.env, ...archivers() },
      });
      bar.done();
    } catch (error) {
      bar.fail();
      throw error;
    }
  });
  return folder;
}

/** electron-builder leaves files of an earlier Electron where the new one has none. */
async function removeUnpacked(folder: string): Promise<void> {
  await rm(join(folder, 'linux-unpacked'), { recursive: true, force: true });
}

/** Debian's 7-Zip spares electron-builder the download of its own. */
function archivers(): Record<string, string> {
  const debians = '/usr/bin/7za';
  return existsSync(debians) ? { ELECTRON_BUILDER_7ZIP_PATH: debians } : {};
}
