import { appendFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ConsoleLog } from '../../../../src/desktops/console-log.ts';
import { scratchFolder } from './scratch.ts';

const marker = 'porthole: desktop ready';

describe('the console log', () => {
  it('shows a line that was there before', async () => {
    const { log } = await follow(`boot\n${marker}\nlater\n`);
    await log.seen;
  });

  it('shows a line that comes byte by byte', async () => {
    const { log, path } = await follow('');
    for (const byte of `noise\xff\n${marker}\n`) await appendFile(path, byte, 'latin1');
    await log.seen;
  });

  it('shows a line that lies across two chunks of reading', async () => {
    const { log } = await follow(`${'.'.repeat(64 * 1024 - 10)}${marker}\n`);
    await log.seen;
  });

  it('waits as long as there is only a part of the line', async () => {
    const { log, path } = await follow(marker.slice(0, -1));
    let seen = false;
    void log.seen.then(() => {
      seen = true;
    });
    await appendFile(path, 'x');
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toBe(false);
    await appendFile(path, `\n${marker}`);
    await log.seen;
  });

  it('shows a line that comes in the midst of a flood', async () => {
    const { log, path } = await follow('');
    const flood = `${'flood '.repeat(1000)}\n`.repeat(1500);
    await Promise.all([appendFile(path, flood), appendFile(path, `${marker}\n`)]);
    await appendFile(path, flood);
    await log.seen;
  });

  it('is cut when the guest floods it, and keeps what came last', async () => {
    const { path } = await follow('');
    const line = `${'flood '.repeat(1000)}\n`;
    await appendFile(path, line.repeat(1500));
    await appendFile(path, 'the last line\n');
    const cut = async () => expect((await stat(path)).size).toBeLessThan(2 ** 21);
    await vi.waitFor(cut, { timeout: 20_000 });
    // Not the text itself: a failure would print a megabyte.
    const lines = (await readFile(path, 'utf8')).split('\n');
    expect(lines[0]).toBe('[porthole: the lines before were dropped]');
    expect(lines.at(-2)).toBe('the last line');
  });

  it('tells when it cannot be read', async () => {
    const folder = await scratchFolder();
    expect(() => new ConsoleLog(join(folder, 'missing'), marker)).toThrow('ENOENT');
  });
});

async function follow(text: string) {
  const path = join(await scratchFolder(), 'console.log');
  await writeFile(path, text);
  const log = new ConsoleLog(path, marker);
  onTestFinished(() => log.dispose());
  return { log, path };
}
