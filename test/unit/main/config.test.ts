import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { readConfig } from '../../../main/config.ts';
import { temporaryFolder } from './temporary-folder.ts';

const path = temporaryFolder();
const uid = process.getuid?.() ?? null;
const read = (argv: string[], env: Record<string, string> = {}) => readConfig({ argv, env, uid });

function launchFile(launch: object): string {
  const file = path('launch.json');
  const complete = { broker: 'https://broker.example', code: 'ABCD', demo: null, ...launch };
  writeFileSync(file, JSON.stringify(complete), { mode: 0o600 });
  return file;
}

it('has defaults for all of it', () => {
  expect(read([])).toEqual({
    launch: null,
    memoryVault: 'ask',
    screenshots: null,
    userData: null,
    sandboxed: true,
  });
});

it('reads its own switches among those of Chromium and the path of the app', () => {
  const config = read([
    '--no-sandbox',
    '--disable-gpu',
    '--remote-debugging-port=0',
    'some/app',
    '--screenshots=shots',
    '--user-data-dir=profile',
  ]);
  expect(config).toMatchObject({
    screenshots: resolve('shots'),
    userData: resolve('profile'),
    sandboxed: false,
  });
});

it.each(['--screenshots', '--screenshots='])('takes %s for no folder', (argument) => {
  expect(read([argument]).screenshots).toBeNull();
});

it('reads the launch file that the environment names', () => {
  const config = read([], { PORTHOLE_LAUNCH_FILE: launchFile({}) });
  expect(config.launch?.code).toBe('ABCD');
  expect(config.memoryVault).toBe('ask');
});

it('asks nobody about memory where a demo runs or the policy allows it', () => {
  const demo = { username: 'ada', password: 'secret' };
  expect(read([], { PORTHOLE_LAUNCH_FILE: launchFile({ demo }) }).memoryVault).toBe('allow');
  const policy = launchFile({ memoryVault: 'allow' });
  expect(read([], { PORTHOLE_LAUNCH_FILE: policy }).memoryVault).toBe('allow');
});

it('takes an empty name of a launch file for none', () => {
  expect(read([], { PORTHOLE_LAUNCH_FILE: '' }).launch).toBeNull();
});
