import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultFolders } from '../../src/broker/folders.ts';
import { ImageLibrary } from '../../src/desktops/images/library.ts';
import { runTool } from '../../src/desktops/images/tools.ts';
import { until } from '../fakes/until.ts';
import { TestBroker } from '../harness/broker.ts';
import { HeadlessTerminal } from '../harness/client.ts';
import { addHarbour } from '../harness/journey.ts';

const { cacheDir } = defaultFolders(process.env, process.getuid?.() ?? 0);
const library = new ImageLibrary({ root: join(cacheDir, 'images'), run: runTool, now: Date.now });
const [image] = (await library.list()).images.filter(({ manifest }) => manifest.kind === 'built');
const missing = image === undefined ? 'the guest image is not built; "npm start" builds it' : null;
if (missing !== null) console.error(`skipped: ${missing}`);

const ada = { username: 'ada', displayName: 'Ada', password: 'correct horse' };
/** Software emulation on a busy machine. */
const bootLimitMs = 240_000;
const run = promisify(execFile);

let broker: TestBroker;
let terminal: HeadlessTerminal;
beforeEach(async () => {
  broker = await TestBroker.start({ limits: { bootTimeoutSeconds: bootLimitMs / 1000 } });
  await addHarbour(broker, [ada]);
  terminal = await HeadlessTerminal.enroll(broker);
  await terminal.signIn(ada);
});
afterEach(async () => {
  await terminal.dispose();
  await broker.dispose();
});

async function admin(...args: string[]): Promise<string> {
  const { dataDir } = broker.folders;
  const cli = resolve('src/setup/cli.ts');
  const { stdout } = await run(process.execPath, [cli, 'admin', '--data-dir', dataDir, ...args]);
  return stdout;
}

/** A desktop whose machine runs; it need not have been painted. */
async function beginSession(): Promise<string> {
  const { desktops } = await terminal.client.call('listDesktops', {});
  const body = { desktopId: desktops[0]?.id ?? '' };
  const { id } = await terminal.client.call('createSession', { body });
  await until('the guest runs', async () => (await broker.guests()).length === 1);
  return id;
}

async function assertEnds(id: string): Promise<void> {
  await until('the guest is gone', async () => (await broker.guests()).length === 0);
  await until('the session is over', async () => {
    const listed = await admin('session', 'list');
    return new RegExp(`^${id} +ada +Harbour +ended `, 'm').test(listed);
  });
}

describe.skipIf(missing !== null)('the command line beside a real broker', () => {
  it(
    'removes a user whose desktop runs, which ends within seconds',
    async () => {
      const { id } = await terminal.startSession();
      expect(await broker.guests()).toHaveLength(1);
      await admin('user', 'remove', 'ada');
      await expect(terminal.client.call('listDesktops', {})).rejects.toMatchObject({
        code: 'not-signed-in',
      });
      await assertEnds(id);
    },
    2 * bootLimitMs,
  );

  it('ends a session within seconds, and leaves its user signed in', async () => {
    const id = await beginSession();
    await admin('session', 'end', id);
    await assertEnds(id);
    const { desktops } = await terminal.client.call('listDesktops', {});
    expect(desktops).toMatchObject([{ name: 'Harbour', session: null }]);
    expect(await admin('audit', 'list', '--actor', 'command-line')).toMatch(
      /command-line {2}– +session\.ended +session Harbour +done/,
    );
  }, 60_000);

  it('removes a pool that is in use only when its sessions may end', async () => {
    const id = await beginSession();
    await expect(admin('pool', 'remove', 'Harbour')).rejects.toMatchObject({
      stderr: expect.stringContaining('[change-conflict]'),
    });
    await admin('pool', 'remove', 'Harbour', '--end-sessions');
    await assertEnds(id);
    expect(await terminal.client.call('listDesktops', {})).toEqual({ desktops: [] });
  }, 60_000);
});
