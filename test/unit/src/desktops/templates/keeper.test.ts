import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../../../../../src/contract/errors.ts';
import { foundationOf } from '../../../../../src/desktops/templates/foundation.ts';
import type { Templates } from '../../../../../src/desktops/templates/template.ts';
import { registeredManifest } from '../images/manifests.ts';
import { scratchFolder } from '../scratch.ts';
import { facts, image, kind, scratchKeeper, storeTemplate } from './scratch-templates.ts';

const foundation = foundationOf(kind, image, facts);

async function idOf(templates: Templates): Promise<string> {
  const found = await templates.find(kind);
  return 'template' in found ? found.template.id : found.reason;
}

describe('find', () => {
  it('says that there is none, and makes none', async () => {
    const { keeper, orders } = await scratchKeeper();
    expect(await keeper.find(kind)).toEqual({ reason: 'no template of it was made yet' });
    expect(await keeper.state(kind)).toEqual({
      kind: 'none',
      reason: 'no template of it was made yet',
    });
    expect(orders).toEqual([]);
  });

  it('gives the newest that fits, with the files that its clones need', async () => {
    const root = await scratchFolder();
    await storeTemplate(root, foundation, { created: '2025-01-01T00:00:00.000Z' });
    const id = await storeTemplate(root, foundation, { created: '2025-03-01T00:00:00.000Z' });
    const { keeper, sealer } = await scratchKeeper({ root });
    expect(await keeper.find(kind)).toEqual({
      template: {
        id,
        memory: [...sealer.open][0],
        stateFile: join(root, id, 'state'),
        blankOverlay: join(root, id, 'blank.qcow2'),
        readFiles: [join(root, id, 'disk.qcow2'), '/images/a/disk.raw'],
      },
    });
    expect(await keeper.state(kind)).toEqual({ kind: 'ready', id });
    expect(sealer.open.size).toBe(1);
  });

  it('verifies once for all who ask at the same time', async () => {
    const root = await scratchFolder();
    const id = await storeTemplate(root, foundation);
    const { keeper, sealer } = await scratchKeeper({ root });
    expect(await Promise.all([idOf(keeper), idOf(keeper), idOf(keeper)])).toEqual([id, id, id]);
    expect(sealer.open.size).toBe(1);
  });

  it('refuses one with a file that has changed, and takes the one before', async () => {
    const root = await scratchFolder();
    const good = await storeTemplate(root, foundation, { created: '2025-01-01T00:00:00.000Z' });
    const bad = await storeTemplate(root, foundation, { created: '2025-03-01T00:00:00.000Z' });
    await writeFile(join(root, bad, 'memory'), `memory of ${good}`);
    const { keeper, sealer } = await scratchKeeper({ root });
    expect(await idOf(keeper)).toBe(good);
    expect(await readdir(root)).toEqual([good]);
    expect(sealer.open.size).toBe(1);
  });

  it('notices that QEMU was upgraded below it', async () => {
    const { keeper, host, root } = await scratchKeeper();
    await keeper.prepare(kind);
    host.facts = { ...facts, qemu: 'QEMU 8' };
    const reason = "its template can't be used: it was made with another QEMU: QEMU 7.2";
    expect(await keeper.find(kind)).toEqual({ reason });
    expect(await readdir(root)).toEqual([]);
    expect(await keeper.prepare(kind)).toMatchObject({ kind: 'ready' });
  });

  it('notices that its files are gone', async () => {
    const { keeper, root } = await scratchKeeper();
    await keeper.prepare(kind);
    const [id = ''] = await readdir(root);
    await rm(join(root, id), { recursive: true });
    const reason = "its template can't be used: memory is missing";
    expect(await keeper.find(kind)).toEqual({ reason });
    expect(await keeper.find(kind)).toEqual({ reason });
  });

  it.each([
    ['registered', { kind: 'registered', ready: 'marker' }],
    ['shown by its first frame', { kind: 'published', ready: 'first-frame' }],
  ] as const)('refuses an image that is %s', async (_, part) => {
    const { keeper, host, orders } = await scratchKeeper();
    host.images = [{ ...image, manifest: registeredManifest({ ...part, name: 'a' }) }];
    const reason = "the image can't be told who it is after a clone";
    expect(await keeper.find(kind)).toEqual({ reason });
    expect(await keeper.prepare(kind)).toEqual({ kind: 'none', reason });
    expect(orders).toEqual([]);
  });

  it('says that the image is unknown', async () => {
    const { keeper } = await scratchKeeper();
    const { reason } = { reason: '', ...(await keeper.find({ ...kind, image: 'b' })) };
    expect(reason).toMatch(/image/);
  });
});

describe('prepare', () => {
  it('makes one for all who ask, and find says meanwhile that it is being made', async () => {
    const captured = Promise.withResolvers<void>();
    const root = await scratchFolder();
    const { keeper, orders } = await scratchKeeper({
      root,
      capture: async (order) => {
        await captured.promise;
        return await storeTemplate(root, order.foundation);
      },
    });
    const asked = [keeper.prepare(kind), keeper.prepare(kind), keeper.prepare(kind)];
    await expect.poll(() => orders.length).toBe(1);
    expect(await keeper.find(kind)).toEqual({ reason: 'its template is being made' });
    expect(await keeper.state(kind)).toEqual({ kind: 'capturing' });
    captured.resolve();
    const [first, ...others] = await Promise.all(asked);
    expect(first).toMatchObject({ kind: 'ready' });
    expect(others).toEqual([first, first]);
    expect(await keeper.prepare(kind)).toEqual(first);
    expect(orders).toHaveLength(1);
  });

  it('makes one at a time', async () => {
    let running = 0;
    let most = 0;
    const root = await scratchFolder();
    const { keeper, orders } = await scratchKeeper({
      root,
      capture: async (order) => {
        running += 1;
        most = Math.max(most, running);
        const id = await storeTemplate(root, order.foundation);
        running -= 1;
        return id;
      },
    });
    const sizes = [64, 128, 256];
    await Promise.all(sizes.map((memoryMb) => keeper.prepare({ ...kind, memoryMb })));
    expect(orders.map(({ memoryMb }) => memoryMb).toSorted((a, b) => a - b)).toEqual(sizes);
    expect(most).toBe(1);
  });

  it('says why it failed, and tries again when asked again', async () => {
    const root = await scratchFolder();
    let isFull = true;
    const { keeper } = await scratchKeeper({
      root,
      capture: async (order) => {
        if (isFull) throw new CodedError('disk-full');
        return await storeTemplate(root, order.foundation);
      },
    });
    const failed = { kind: 'failed', problem: new CodedError('disk-full').problem };
    expect(await keeper.prepare(kind)).toEqual(failed);
    expect(await keeper.state(kind)).toEqual(failed);
    expect(await keeper.find(kind)).toEqual({
      reason: `its template could not be made: ${failed.problem.message}`,
    });
    isFull = false;
    expect(await keeper.prepare(kind)).toMatchObject({ kind: 'ready' });
  });

  it('does not try an image again whose guest has nothing that listens', async () => {
    const { keeper, orders } = await scratchKeeper({ capture: async () => null });
    const none = { kind: 'none', reason: "the image can't be told who it is after a clone" };
    expect(await keeper.prepare(kind)).toEqual(none);
    expect(await keeper.prepare(kind)).toEqual(none);
    expect(orders).toHaveLength(1);
  });
});

describe('prune', () => {
  it('removes what is of images that are gone, of another host, or unreadable', async () => {
    const { keeper, root, host } = await scratchKeeper();
    const good = await storeTemplate(root, foundation);
    await storeTemplate(root, { ...foundation, image: 'another' });
    await storeTemplate(root, { ...foundation, cpu: 'another' });
    await writeFile(join(root, await storeTemplate(root, foundation), 'template.json'), '');
    await keeper.prune();
    expect(await readdir(root)).toEqual([good]);
    host.images = [];
    await keeper.prune();
    expect(await readdir(root)).toEqual([]);
  });

  it('spares those that disks are backed by', async () => {
    const root = await scratchFolder();
    const id = await storeTemplate(root, { ...foundation, qemu: 'another' });
    const { keeper } = await scratchKeeper({ root, inUse: [id] });
    await keeper.prune();
    expect(await readdir(root)).toEqual([id]);
    expect(await keeper.readFiles(id)).toEqual([
      join(root, id, 'disk.qcow2'),
      '/images/a/disk.raw',
    ]);
    expect(await keeper.readFiles('another')).toBe(null);
  });

  it('lets their memory go a minute later, since a clone may just have been given it', async () => {
    const { keeper, host, sealer, clock } = await scratchKeeper();
    await keeper.prepare(kind);
    host.facts = { ...facts, cpu: 'another' };
    await keeper.prune();
    clock.pass(59_000);
    expect(sealer.open.size).toBe(1);
    clock.pass(1_000);
    expect(sealer.open.size).toBe(0);
  });
});

describe('dispose', () => {
  it('lets all memory go, and gives out no more', async () => {
    const { keeper, host, sealer, clock } = await scratchKeeper();
    await keeper.prepare(kind);
    host.facts = { ...facts, cpu: 'another' };
    await keeper.prepare(kind);
    expect(sealer.open.size).toBe(2);
    await keeper.dispose();
    await keeper.dispose();
    expect(sealer.open.size).toBe(0);
    expect(clock.pending).toBe(0);
    expect(await keeper.find(kind)).toEqual({ reason: 'the host shuts down' });
  });

  it('breaks a capture off, and waits for its end', async () => {
    let isOver = false;
    const { keeper, orders } = await scratchKeeper({
      capture: async (_, { signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        isOver = true;
        throw signal.reason;
      },
    });
    const made = keeper.prepare(kind);
    const next = keeper.prepare({ ...kind, memoryMb: 128 });
    await expect.poll(() => orders.length).toBe(1);
    await keeper.dispose();
    expect(isOver).toBe(true);
    expect(await made).toMatchObject({ kind: 'failed' });
    expect((await next).kind).not.toBe('ready');
    expect(orders).toHaveLength(1);
  });
});
