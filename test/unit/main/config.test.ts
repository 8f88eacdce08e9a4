import { chmodSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { readConfig } from '../../../main/config.ts';
import { currentUser } from '../../../main/trusted-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

const path = temporaryFolder();
const user = currentUser();
const read = (argv: string[], env: Record<string, string> = {}) =>
  readConfig({
    argv,
    env: { PORTHOLE_CONFIG_DIR: path('.'), ...env },
    platform: 'linux',
    user,
  });

function launchFile(launch: object): string {
  const file = path('launch.json');
  const complete = { broker: 'https://broker.example', enroll: null, demo: null, ...launch };
  writeFileSync(file, JSON.stringify(complete), { mode: 0o600 });
  return file;
}

function machinePolicy(policy: object): void {
  writeFileSync(path('terminal.json'), JSON.stringify(policy));
  chmodSync(path('terminal.json'), 0o644);
}

it('has defaults for all of it', () => {
  expect(read([])).toEqual({
    launch: null,
    user,
    vault: 'auto',
    forget: null,
    whenVaultUnusable: 'ask',
    enrollFile: path('enroll.json'),
    screenshots: null,
    userData: null,
    sandboxed: true,
  });
});

it('looks for what administrators lay out where such things are', () => {
  expect(readConfig({ argv: [], env: {}, platform: 'linux', user }).enrollFile).toBe(
    '/etc/porthole/enroll.json',
  );
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
  const config = read([], { PORTHOLE_LAUNCH_FILE: launchFile({ vault: 'file' }) });
  expect(config.launch?.broker).toBe('https://broker.example');
  expect(config.vault).toBe('file');
});

it('takes the word of the machine’s administrator before that of the launch file', () => {
  machinePolicy({ vault: 'keychain' });
  const config = read([], { PORTHOLE_LAUNCH_FILE: launchFile({ vault: 'memory' }) });
  expect(config.vault).toBe('keychain');
});

it('does not take the word of just anybody', () => {
  machinePolicy({ vault: 'memory' });
  chmodSync(path('terminal.json'), 0o666);
  expect(() => read([])).toThrow(expect.objectContaining({ code: 'config-unreadable' }));
});

it('asks nobody about memory where a demo runs', () => {
  const demo = { username: 'ada', password: 'secret' };
  const config = read([], { PORTHOLE_LAUNCH_FILE: launchFile({ demo }) });
  expect(config.whenVaultUnusable).toBe('memory');
});

it('takes an empty name of a launch file for none', () => {
  expect(read([], { PORTHOLE_LAUNCH_FILE: '' }).launch).toBeNull();
});
