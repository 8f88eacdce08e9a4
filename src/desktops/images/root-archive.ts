import { access, chmod, cp, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '../../contract/errors.ts';
import { errnoOf } from './file-error.ts';
import { PackageProgress, type PackageStep } from './package-progress.ts';
import type { Recipe } from './recipe.ts';
import type { RunTool } from './tools.ts';

type RootArchive = {
  recipe: Recipe;
  /** The folder of all images, where the archive is kept by its digest. */
  root: string;
  /** Folder for what is not finished yet, in the same file system. */
  work: string;
  run: RunTool;
  isRoot: boolean;
  onStep: (step: PackageStep) => void;
};

/**
 * The Debian packages of the recipe, installed, as one tar archive: by far the longest part of a
 * build, so it is kept as soon as it is whole.
 * @returns its path
 * @throws tool-missing, packages-unreachable, disk-full, command-failed
 */
export async function rootArchive(options: RootArchive): Promise<string> {
  const { recipe, root, work } = options;
  const archive = join(root, `.rootfs-${recipe.rootfsDigest}.tar`);
  if (await exists(archive)) return archive;
  const unfinished = join(work, 'rootfs.tar');
  const hooks = await readableCopy(join(recipe.directory, 'rootfs'));
  try {
    await install(options, hooks, unfinished);
  } finally {
    await rm(hooks, { recursive: true });
  }
  await rename(unfinished, archive);
  await removeOtherArchives(root, archive);
  return archive;
}

async function install(
  { recipe, work, run, isRoot, onStep }: RootArchive,
  hooks: string,
  output: string,
): Promise<void> {
  const { suite, packages, exclude } = recipe.rootfs;
  const args = [
    '--verbose',
    '--variant=essential',
    `--include=${packages.join(',')}`,
    '--aptopt=APT::Install-Recommends "false"',
    '--aptopt=Acquire::Retries "3"',
    ...exclude.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
    `--customize-hook=${join(hooks, 'customize.sh')}`,
    suite,
    output,
  ];
  const progress = new PackageProgress();
  const onLine = (line: string) => {
    const step = progress.read(line);
    if (step !== null) onStep(step);
  };
  // /tmp may be small, but a plain user's build runs under other user ids, which may enter no other.
  const env = isRoot ? { TMPDIR: work } : {};
  await run('mmdebstrap', args, { env, onLine }).catch((error: unknown) => {
    throw isUnreachable(error) ? new CodedError('packages-unreachable', { cause: error }) : error;
  });
}

/** The hooks run under user ids that may not be allowed into the checkout. */
async function readableCopy(folder: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'porthole-hooks-'));
  await cp(folder, copy, { recursive: true });
  await chmod(copy, 0o755);
  return copy;
}

/** One is worth its space, for the next change of the recipe; more are not. */
async function removeOtherArchives(root: string, current: string): Promise<void> {
  for (const name of await readdir(root)) {
    const file = join(root, name);
    if (/^\.rootfs-[0-9a-f]{64}\.tar$/.test(name) && file !== current) await rm(file);
  }
}

/** What apt says of servers that it cannot find, reach or get files from. */
const networkTrouble =
  /Could not (?:resolve|connect)|Temporary failure|Unable to (?:connect|fetch)|Failed to fetch|timed out/i;

function isUnreachable(error: unknown): boolean {
  return (
    error instanceof CodedError &&
    error.code === 'command-failed' &&
    networkTrouble.test(error.message)
  );
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
