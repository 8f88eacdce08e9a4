import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../../../../../src/contract/errors.ts';
import { type BuildDeps, buildImage } from '../../../../../src/desktops/images/build.ts';
import { type Recipe, readRecipe } from '../../../../../src/desktops/images/recipe.ts';
import { verifyStoredImage } from '../../../../../src/desktops/images/stored-image.ts';
import type { RunTool } from '../../../../../src/desktops/images/tools.ts';
import { scratchFolder } from '../scratch.ts';
import { storeImage } from './manifests.ts';

async function makeRecipe(): Promise<Recipe> {
  const folder = await scratchFolder();
  const rootfs = { suite: 'bookworm', packages: ['dash'], exclude: ['/usr/share/doc/*'] };
  const definition = { name: 'tiny', title: 'Tiny', diskSize: '8M', cmdline: 'quiet', rootfs };
  await writeFile(join(folder, 'recipe.json'), JSON.stringify(definition));
  await mkdir(join(folder, 'rootfs'));
  await writeFile(join(folder, 'rootfs/customize.sh'), '#!/bin/sh\n');
  return await readRecipe(folder);
}

/** Stands in for the real programs: leaves the files that they would leave. */
class FakeTools {
  readonly ran: string[] = [];
  /** Program before which to fail, and how; told once. */
  fault: { program: string; error: Error } | null = null;

  run: RunTool = async (program, args, options) => {
    options?.signal?.throwIfAborted();
    const fault = this.fault?.program === program ? this.fault : null;
    const name = program === 'fakeroot' ? 'fakeroot sh' : program;
    this.ran.push(name);
    if (program === 'mmdebstrap') await writeFile(String(args.at(-1)), 'archive');
    if (fault !== null) {
      this.fault = null;
      throw fault.error;
    }
    if (program === 'sh' || program === 'fakeroot') await this.#assemble(args, options?.onLine);
    if (program === 'qemu-img') await writeFile(String(args.at(-1)), 'qcow2');
    return '';
  };

  async #assemble(args: readonly string[], onLine?: (line: string) => void): Promise<void> {
    const work = String(args.at(-3));
    onLine?.('stage: unpack');
    onLine?.('unpacked: 7');
    onLine?.('stage: filesystem');
    for (const name of ['vmlinux', 'initrd', 'disk.raw']) await writeFile(join(work, name), name);
    onLine?.('stage: root');
    await mkdir(join(work, 'root/etc'), { recursive: true });
    await writeFile(join(work, 'root/etc/issue'), 'hello');
  }
}

async function setUp(deps: Partial<BuildDeps> = {}) {
  const root = join(await scratchFolder(), 'images');
  const tools = new FakeTools();
  const now = () => Date.parse('2026-01-01T00:00:00Z');
  const all = { root, run: tools.run, isRoot: true, now, ...deps };
  return { root, tools, deps: all, recipe: await makeRecipe() };
}

/** Names in the folder of images, with digests cut short. */
async function contents(root: string): Promise<string[]> {
  const names = await readdir(root);
  return names.map((name) => name.replace(/[0-9a-f]{64}/, '…')).toSorted();
}

describe('building an image', () => {
  it('leaves a whole image under the digest of its recipe, and the root archive', async () => {
    const { root, tools, deps, recipe } = await setUp();
    const fractions: number[] = [];
    const image = await buildImage(deps, recipe, {
      onProgress: ({ fraction }) => fractions.push(fraction),
    });
    expect(tools.ran).toEqual(['mmdebstrap', 'sh', 'qemu-img']);
    expect(basename(image.dir)).toBe(recipe.digest);
    expect(await contents(root)).toEqual(['.rootfs-….tar', '…']);
    expect((await readdir(image.dir)).toSorted()).toEqual([
      'disk.qcow2',
      'initrd',
      'manifest.json',
      'root',
      'vmlinux',
    ]);
    await verifyStoredImage(image);
    expect(image.manifest).toMatchObject({
      name: 'tiny',
      kind: 'built',
      ready: 'marker',
      boot: { kind: 'kernel', cmdline: 'quiet' },
      created: '2026-01-01T00:00:00.000Z',
    });
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(fractions.at(-1)).toBeCloseTo(1, 10);
  });

  it('does nothing when it is there', async () => {
    const { tools, deps, recipe } = await setUp();
    const first = await buildImage(deps, recipe);
    tools.ran.length = 0;
    expect(await buildImage(deps, recipe)).toEqual(first);
    expect(tools.ran).toEqual([]);
  });

  it('pretends to be root where it is not', async () => {
    const { tools, deps, recipe } = await setUp({ isRoot: false });
    await buildImage(deps, recipe);
    expect(tools.ran).toEqual(['mmdebstrap', 'fakeroot sh', 'qemu-img']);
  });

  it.each(['mmdebstrap', 'sh', 'qemu-img'])(
    'leaves nothing that looks finished when %s fails, and builds it the next time',
    async (program) => {
      const { root, tools, deps, recipe } = await setUp();
      tools.fault = { program, error: new CodedError('command-failed') };
      await expect(buildImage(deps, recipe)).rejects.toMatchObject({ code: 'command-failed' });
      const archive = program === 'mmdebstrap' ? [] : ['.rootfs-….tar'];
      expect(await contents(root)).toEqual(archive);

      tools.ran.length = 0;
      await buildImage(deps, recipe);
      expect(tools.ran.includes('mmdebstrap')).toBe(program === 'mmdebstrap');
      expect(await contents(root)).toEqual(['.rootfs-….tar', '…']);
    },
  );

  it('keeps the root archive of the latest recipe only', async () => {
    const { root, deps, recipe } = await setUp();
    await buildImage(deps, recipe);
    await writeFile(join(recipe.directory, 'rootfs/customize.sh'), '#!/bin/sh -eu\n');
    const changed = await readRecipe(recipe.directory);
    await buildImage(deps, changed);
    expect(await contents(root)).toEqual(['.rootfs-….tar', '…', '…']);
    expect(await readdir(root)).toContain(`.rootfs-${changed.rootfsDigest}.tar`);
  });

  it('keeps the build before, and removes those before that, but no image of another kind', async () => {
    const { root, deps, recipe } = await setUp();
    const own = await storeImage(root, { name: 'tiny', created: '2025-01-01T00:00:00.000Z' });
    const other = await storeImage(root, { kind: 'built', name: 'other' });
    const builds: string[] = [];
    for (const day of [1, 2, 3]) {
      await writeFile(join(recipe.directory, 'assemble.sh'), `echo ${day}\n`);
      const changed = await readRecipe(recipe.directory);
      const now = () => Date.parse(`2026-01-0${day}T00:00:00Z`);
      await buildImage({ ...deps, now }, changed);
      builds.push(changed.digest);
    }
    const [, second, third] = builds;
    expect((await readdir(root)).filter((name) => !name.startsWith('.')).toSorted()).toEqual(
      [own.manifest.id, other.manifest.id, second, third].toSorted(),
    );
  });

  it('takes the image of another build that was quicker', async () => {
    const { root, tools, deps, recipe } = await setUp();
    const slow = new FakeTools();
    const run: RunTool = async (program, args, options) => {
      // At the last program of ours the other one is complete.
      if (program === 'qemu-img') await buildImage({ ...deps, run: tools.run }, recipe);
      return await slow.run(program, args, options);
    };
    const image = await buildImage({ ...deps, run, now: () => 0 }, recipe);
    expect(image.manifest.created).toBe('2026-01-01T00:00:00.000Z');
    expect(await contents(root)).toEqual(['.rootfs-….tar', '…']);
  });

  it('says so when the packages cannot be fetched', async () => {
    const { tools, deps, recipe } = await setUp();
    const detail = "mmdebstrap: Err:1 http://deb.debian.org Temporary failure resolving 'deb'";
    tools.fault = { program: 'mmdebstrap', error: new CodedError('command-failed', { detail }) };
    await expect(buildImage(deps, recipe)).rejects.toMatchObject({ code: 'packages-unreachable' });
  });

  it('ends with the reason when it is stopped', async () => {
    const { root, deps, recipe } = await setUp();
    const stop = new AbortController();
    const building = buildImage(deps, recipe, {
      signal: stop.signal,
      onProgress: ({ stage }) => {
        if (stage === 'filesystem') stop.abort(new Error('enough'));
      },
    });
    await expect(building).rejects.toThrow('enough');
    expect(await contents(root)).toEqual(['.rootfs-….tar']);
  });

  it('does not touch an image that lost its manifest, and says which', async () => {
    const { root, deps, recipe } = await setUp();
    const image = await buildImage(deps, recipe);
    await writeFile(join(image.dir, 'manifest.json'), '{');
    const building = buildImage(deps, recipe);
    await expect(building).rejects.toMatchObject({
      code: 'image-damaged',
      detail: expect.stringContaining(join(image.dir, 'manifest.json')),
    });
    expect(await readFile(join(root, recipe.digest, 'manifest.json'), 'utf8')).toBe('{');
  });
});
