import { chmod, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOfTree, verifiedRoot } from '../../../../../src/desktops/images/root-tree.ts';
import type { StoredImage } from '../../../../../src/desktops/images/stored-image.ts';
import { VerifiedRoots } from '../../../../../src/desktops/os-level/verified-roots.ts';
import { scratchFolder } from '../scratch.ts';
import { registeredManifest } from './manifests.ts';

async function makeTree(): Promise<string> {
  const root = join(await scratchFolder(), 'root');
  await mkdir(join(root, 'etc'), { recursive: true });
  await writeFile(join(root, 'etc/issue'), 'hello');
  await writeFile(join(root, 'etc/motd'), 'hello');
  await symlink('issue', join(root, 'etc/link'));
  return root;
}

describe('the digest of a folder tree', () => {
  it('is the same for the same tree elsewhere, at another time', async () => {
    const [one, other] = await Promise.all([makeTree(), makeTree()]);
    await utimes(join(other, 'etc/issue'), 1, 1);
    expect(await digestOfTree(one)).toEqual(await digestOfTree(other));
    expect((await digestOfTree(one)).files).toBe(4);
  });

  const changes: [string, (root: string) => Promise<unknown>][] = [
    ['a content', (root) => writeFile(join(root, 'etc/issue'), 'hullo')],
    ['a permission', (root) => chmod(join(root, 'etc/issue'), 0o755)],
    ['the permission of a folder', (root) => chmod(join(root, 'etc'), 0o700)],
    ['a name', (root) => rename(join(root, 'etc/motd'), join(root, 'etc/news'))],
    ['one file more', (root) => writeFile(join(root, 'etc/new'), '')],
    ['one file less', (root) => rm(join(root, 'etc/motd'))],
    [
      'the target of a link',
      async (root) => {
        await rm(join(root, 'etc/link'));
        await symlink('motd', join(root, 'etc/link'));
      },
    ],
  ];
  it.each(changes)('shows %s', async (_, change) => {
    const root = await makeTree();
    const before = await digestOfTree(root);
    await change(root);
    expect((await digestOfTree(root)).sha256).not.toBe(before.sha256);
  });
});

describe('the tree of an image', () => {
  async function makeImage(): Promise<StoredImage & { file: string }> {
    const folder = await makeTree();
    const dir = join(folder, '..');
    const root = { folder: 'root' as const, ...(await digestOfTree(folder)) };
    return { dir, manifest: { ...registeredManifest(), root }, file: join(folder, 'etc/issue') };
  }

  it('is given when it is as it was', async () => {
    const image = await makeImage();
    expect(await verifiedRoot(image)).toBe(join(image.dir, 'root'));
  });

  it('is damaged when it has changed, or is not there', async () => {
    const image = await makeImage();
    await writeFile(image.file, 'evil');
    await expect(verifiedRoot(image)).rejects.toMatchObject({ code: 'image-damaged' });
    await rm(join(image.dir, 'root'), { recursive: true });
    await expect(verifiedRoot(image)).rejects.toMatchObject({ code: 'image-damaged' });
    const { root: _, ...manifest } = image.manifest;
    await expect(verifiedRoot({ ...image, manifest })).rejects.toMatchObject({
      code: 'image-damaged',
    });
  });

  it('is looked at once, and again after it was found damaged', async () => {
    const image = await makeImage();
    const roots = new VerifiedRoots();
    const { signal } = new AbortController();
    await writeFile(image.file, 'evil');
    await expect(roots.of(image, signal)).rejects.toMatchObject({ code: 'image-damaged' });
    await writeFile(image.file, 'hello');
    await roots.of(image, signal);
    await writeFile(image.file, 'evil');
    expect(await roots.of(image, signal)).toBe(join(image.dir, 'root'));
    await expect(roots.of(image, AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
  });
});
