import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { procTable } from '../../src/desktops/process-table.ts';
import type { ReadyTemplate, Templates } from '../../src/desktops/templates/template.ts';
import {
  readTemplateRecord,
  type TemplateFileName,
  writeTemplateRecord,
} from '../../src/desktops/templates/template-record.ts';
import { until } from '../fakes/until.ts';
import { startClone } from './templates-clone.ts';
import { builtImages, kind, TemplatesPlace } from './templates-fixture.ts';

let place: TemplatesPlace;
/** The template as it was made, for tests that damage it. */
let intact: string;
let id: string;

beforeAll(async () => {
  place = await TemplatesPlace.make();
  const templates = await place.open();
  const [one, other] = await Promise.all([templates.prepare(kind), templates.prepare(kind)]);
  if (one.kind !== 'ready') throw new Error(JSON.stringify(one));
  expect(other).toEqual(one);
  id = one.id;
  await templates.dispose();
  intact = join(place.folder, 'intact');
  await cp(join(place.root, id), intact, { recursive: true });
});

afterAll(() => place.dispose());

/** As it was made; the test may do with it what it likes. */
async function freshCopy(): Promise<string> {
  await rm(place.root, { recursive: true, force: true });
  const folder = join(place.root, id);
  await mkdir(place.root, { mode: 0o700 });
  await cp(intact, folder, { recursive: true });
  return folder;
}

async function opened(options: { inUse?: readonly string[] } = {}): Promise<Templates> {
  const templates = await place.open(options);
  onTestFinished(() => templates.dispose());
  return templates;
}

async function found(templates: Templates): Promise<ReadyTemplate> {
  const answer = await templates.find(kind);
  if ('reason' in answer) throw new Error(answer.reason);
  return answer.template;
}

describe('a template that was made', () => {
  it('was made once, and leaves nothing beside it', async () => {
    expect(await readdir(place.root)).toEqual([id]);
    expect((await readdir(intact)).toSorted()).toEqual(
      ['blank.qcow2', 'disk.qcow2', 'memory', 'state', 'template.json'].toSorted(),
    );
    expect(await readdir(join(place.folder, 'run'))).toEqual([]);
  });

  it('is sparse, and nobody else gets at the memory of its guest', async () => {
    const { mode } = await stat(place.root);
    expect(mode & 0o777).toBe(0o700);
    const { size, blocks } = await stat(join(place.root, id, 'memory'));
    expect(size).toBe(384 * 1024 * 1024);
    expect(blocks * 512).toBeLessThan(size * 0.8);
  });

  it('is verified and found by the next broker, in a moment', async () => {
    await freshCopy();
    const templates = await opened();
    const template = await found(templates);
    expect(template.id).toBe(id);
    expect(await found(templates)).toBe(template);
    expect(await templates.prepare(kind)).toEqual({ kind: 'ready', id });
    const image = await builtImages().find(kind.image);
    expect(template.readFiles).toEqual([
      join(place.root, id, 'disk.qcow2'),
      ...['disk.qcow2', 'vmlinux', 'initrd'].map((name) => join(image.dir, name)),
    ]);
    expect(await templates.readFiles(id)).toEqual(template.readFiles);
  });

  it('becomes guests that go on where it stopped, on disks of their own', async () => {
    await freshCopy();
    const template = await found(await opened());
    const [one, other] = await Promise.all([
      startClone(template, kind),
      startClone(template, kind),
    ]);
    onTestFinished(async () => {
      await one.dispose();
      await other.dispose();
    });
    expect(await one.restore()).toBe('completed');
    expect(await other.restore()).toBe('completed');
    expect((await one.picture()).length).toBeGreaterThan(10_000);
    expect((await other.picture()).length).toBeGreaterThan(10_000);
  });

  it('is none for another kind of machine', async () => {
    await freshCopy();
    const templates = await opened();
    const others: Partial<typeof kind>[] = [
      { memoryMb: 512 },
      { cpus: 2 },
      { engine: 'full' },
      { hasNetwork: true },
    ];
    for (const other of others) {
      const reason = 'no template of it was made yet';
      expect(await templates.find({ ...kind, ...other })).toEqual({ reason });
    }
  });
});

describe('a template that is not as it was', () => {
  const damage = async (folder: string, name: TemplateFileName) => {
    const file = await open(join(folder, name), 'r+');
    const { size } = await file.stat();
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, size >> 1);
    byte.writeUInt8(byte.readUInt8(0) ^ 1, 0);
    await file.write(byte, 0, 1, size >> 1);
    await file.close();
  };

  it.each(['memory', 'state', 'disk.qcow2', 'blank.qcow2'] as const)(
    'is not used and goes when a bit of %s is another',
    async (name) => {
      await damage(await freshCopy(), name);
      const reason = `its template can't be used: ${name} has changed`;
      expect(await (await opened()).find(kind)).toEqual({ reason });
      expect(await readdir(place.root)).toEqual([]);
    },
  );

  it('is not used and goes when QEMU is another', async () => {
    const folder = await freshCopy();
    const record = await readTemplateRecord(folder);
    const foundation = { ...record.foundation, qemu: 'QEMU emulator version 6.0' };
    await writeTemplateRecord(folder, { ...record, foundation });
    const reason =
      "its template can't be used: it was made with another QEMU: QEMU emulator version 6.0";
    expect(await (await opened()).find(kind)).toEqual({ reason });
    expect(await readdir(place.root)).toEqual([]);
  });

  it('goes when its record cannot be read', async () => {
    await writeFile(join(await freshCopy(), 'template.json'), '{');
    expect(await (await opened()).find(kind)).toHaveProperty('reason');
    expect(await readdir(place.root)).toEqual([]);
  });

  it('stays for the sake of a guest whose disk is backed by it', async () => {
    await damage(await freshCopy(), 'memory');
    const templates = await opened({ inUse: [id] });
    expect(await templates.find(kind)).toHaveProperty('reason');
    expect(await readdir(place.root)).toEqual([id]);
    expect(await templates.readFiles(id)).toContain(join(place.root, id, 'disk.qcow2'));
  });

  it('is missed at once when it was removed in use, and its guests run on', async () => {
    const folder = await freshCopy();
    const templates = await opened();
    const clone = await startClone(await found(templates), kind);
    onTestFinished(() => clone.dispose());
    await clone.restore();
    await rm(folder, { recursive: true });
    expect(await templates.find(kind)).toEqual({
      reason: "its template can't be used: memory is missing",
    });
    expect(await templates.readFiles(id)).toBe(null);
    expect((await clone.picture()).length).toBeGreaterThan(10_000);
  });

  it('is made anew when asked for', async () => {
    await damage(await freshCopy(), 'disk.qcow2');
    const templates = await opened();
    const made = await templates.prepare(kind);
    expect(made).toMatchObject({ kind: 'ready' });
    expect(await readdir(place.root)).toEqual([(await found(templates)).id]);
    expect(made).not.toMatchObject({ id });
  });
});

it('is not made of a guest that does not say that it listens', async () => {
  const other = await TemplatesPlace.make();
  onTestFinished(() => other.dispose());
  // No guest settles in no time.
  const templates = await other.open({ settleTimeoutMs: 0 });
  onTestFinished(() => templates.dispose());
  expect(await templates.prepare(kind)).toEqual({
    kind: 'none',
    reason: "the image can't be told who it is after a clone",
  });
  expect(await readdir(other.root)).toEqual([]);
  expect(await guestsIn(other)).toEqual([]);
});

describe('a capture whose broker is killed', () => {
  it('leaves a guest and a draft, which count for nothing and go', async () => {
    const doomed = await TemplatesPlace.make();
    onTestFinished(() => doomed.dispose());
    await killAt('"booting"', doomed);
    expect(await draftsIn(doomed)).toHaveLength(1);
    await until('its guest runs alone', async () => (await guestsIn(doomed)).length > 0);

    const templates = await doomed.open();
    onTestFinished(() => templates.dispose());
    expect(await guestsIn(doomed)).toEqual([]);
    expect(await readdir(doomed.root)).toEqual([]);
    expect(await readdir(join(doomed.folder, 'run'))).toEqual([]);
    expect(await templates.find(kind)).toEqual({ reason: 'no template of it was made yet' });
  });

  it('leaves a capture of a broker that lives alone', async () => {
    const shared = await TemplatesPlace.make();
    onTestFinished(() => shared.dispose());
    const first = await shared.open();
    const making = first.prepare(kind);
    await until('it boots', async () => (await guestsIn(shared)).length > 0);
    const second = await shared.open();
    expect(await guestsIn(shared)).not.toEqual([]);
    expect(await draftsIn(shared)).toHaveLength(1);
    await second.dispose();
    // And the end of the first ends its guest.
    await first.dispose();
    expect(await making).toMatchObject({ kind: 'failed' });
    expect(await guestsIn(shared)).toEqual([]);
    expect(await readdir(shared.root)).toEqual([]);
  });
});

async function killAt(stage: string, { folder }: TemplatesPlace): Promise<void> {
  const script = join(import.meta.dirname, 'templates-doomed-capture.ts');
  const child: ChildProcess = spawn(process.execPath, [script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new Error('no output');
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes(stage)) break;
  }
  await until('QEMU runs', async () => (await guestsIn({ folder })).length > 0);
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function guestsIn({ folder }: { folder: string }): Promise<number[]> {
  const all = await procTable().all();
  return all
    .filter(
      ({ argv }) => argv[0]?.includes('qemu-system') && argv.some((word) => word.includes(folder)),
    )
    .map(({ pid }) => pid);
}

async function draftsIn({ root }: TemplatesPlace): Promise<string[]> {
  return (await readdir(root)).filter((name) => name.startsWith('.capturing-'));
}
