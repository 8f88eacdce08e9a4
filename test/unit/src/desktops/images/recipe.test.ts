import { chmod, cp, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Recipe, readRecipe } from '../../../../../src/desktops/images/recipe.ts';
import { scratchFolder } from '../scratch.ts';

const definition = {
  name: 'test-desktop',
  title: 'Test desktop',
  diskSize: '64M',
  cmdline: 'console=ttyS0',
  rootfs: { suite: 'bookworm', packages: ['busybox-static'], exclude: ['/usr/share/doc/*'] },
};

async function makeRecipe(): Promise<string> {
  const folder = await scratchFolder();
  await writeFile(join(folder, 'recipe.json'), JSON.stringify(definition));
  await mkdir(join(folder, 'rootfs'));
  await mkdir(join(folder, 'overlay/etc'), { recursive: true });
  await writeFile(join(folder, 'rootfs/customize.sh'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(join(folder, 'overlay/etc/motd'), 'hello\n');
  return folder;
}

async function afterwards(change: (folder: string) => Promise<void>): Promise<[Recipe, Recipe]> {
  const folder = await makeRecipe();
  const before = await readRecipe(folder);
  await change(folder);
  return [before, await readRecipe(folder)];
}

describe('the digest of a recipe', () => {
  it('depends on nothing but the recipe: not on where it lies, nor on times and umasks', async () => {
    const folder = await makeRecipe();
    const copy = join(await scratchFolder(), 'copy');
    await cp(folder, copy, { recursive: true });
    await chmod(join(copy, 'overlay/etc/motd'), 0o600);
    await chmod(join(copy, 'rootfs/customize.sh'), 0o700);
    const [one, other] = [await readRecipe(folder), await readRecipe(copy)];
    expect(other.digest).toBe(one.digest);
    expect(other.rootfsDigest).toBe(one.rootfsDigest);
    expect(one.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  const changes: [string, (folder: string) => Promise<void>][] = [
    ['content', (folder) => writeFile(join(folder, 'overlay/etc/motd'), 'hello')],
    ['an executable bit', (folder) => chmod(join(folder, 'overlay/etc/motd'), 0o755)],
    ['a name', (folder) => rename(join(folder, 'overlay/etc/motd'), join(folder, 'overlay/motd'))],
    ['a new file', (folder) => writeFile(join(folder, 'overlay/etc/issue'), '')],
  ];
  it.each(changes)('changes with %s, and leaves the root archive', async (_, change) => {
    const [before, after] = await afterwards(change);
    expect(after.digest).not.toBe(before.digest);
    expect(after.rootfsDigest).toBe(before.rootfsDigest);
  });

  it.each([
    ['its packages', { rootfs: { ...definition.rootfs, packages: ['dash'] } }],
    ['its exclusions', { rootfs: { ...definition.rootfs, exclude: [] } }],
  ])('of the root archive changes with %s', async (_, part) => {
    const [before, after] = await afterwards((folder) =>
      writeFile(join(folder, 'recipe.json'), JSON.stringify({ ...definition, ...part })),
    );
    expect(after.digest).not.toBe(before.digest);
    expect(after.rootfsDigest).not.toBe(before.rootfsDigest);
  });

  it('of the root archive changes with its scripts, and not with the kernel arguments', async () => {
    const [scriptBefore, scriptAfter] = await afterwards((folder) =>
      writeFile(join(folder, 'rootfs/customize.sh'), '#!/bin/sh -e\n'),
    );
    expect(scriptAfter.rootfsDigest).not.toBe(scriptBefore.rootfsDigest);
    const [before, after] = await afterwards((folder) =>
      writeFile(join(folder, 'recipe.json'), JSON.stringify({ ...definition, cmdline: 'quiet' })),
    );
    expect(after.rootfsDigest).toBe(before.rootfsDigest);
    expect(after.digest).not.toBe(before.digest);
  });

  it('cannot be fooled by moving bytes from one file to the next', async () => {
    const [one, other] = [await makeRecipe(), await makeRecipe()];
    await writeFile(join(one, 'overlay/a'), 'xoverlay/b');
    await writeFile(join(one, 'overlay/b'), '');
    await writeFile(join(other, 'overlay/a'), 'x');
    await writeFile(join(other, 'overlay/b'), 'overlay/b');
    expect((await readRecipe(one)).digest).not.toBe((await readRecipe(other)).digest);
  });
});

describe('a recipe that cannot be built', () => {
  it.each([
    ['a package that is an option', { rootfs: { ...definition.rootfs, packages: ['--help'] } }],
    ['a name that is a path', { name: '../elsewhere' }],
    ['a line break in the kernel arguments', { cmdline: 'quiet\ninit=/bin/sh' }],
    ['a field that nobody knows', { disksize: '4G' }],
  ])('is refused: %s', async (_, part) => {
    const folder = await makeRecipe();
    await writeFile(join(folder, 'recipe.json'), JSON.stringify({ ...definition, ...part }));
    await expect(readRecipe(folder)).rejects.toThrow();
  });

  it('is refused: a link, which would not be in the digest', async () => {
    const folder = await makeRecipe();
    await symlink('/etc/passwd', join(folder, 'overlay/etc/passwd'));
    await expect(readRecipe(folder)).rejects.toThrow(/passwd/);
  });
});

describe('our own recipe', () => {
  it('is sound', async () => {
    const recipe = await readRecipe(join(import.meta.dirname, '../../../../../assets/guest'));
    expect(recipe.name).toBe('porthole-desktop');
    expect(recipe.rootfs.packages).toEqual(recipe.rootfs.packages.toSorted());
  });
});
