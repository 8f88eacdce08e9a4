import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../main/log.ts';
import { SettingsStore } from '../../../main/settings.ts';
import type { Preferences } from '../../../src/contract/ipc.ts';
import { temporaryFolder } from './temporary-folder.ts';

const path = temporaryFolder();
const untouched: Preferences = {
  language: null,
  theme: null,
  textSize: 100,
  showsFigures: false,
  scaling: 'follow',
  density: 'even',
};
const bounds = { x: 10, y: 20, width: 900, height: 600, maximized: false };

function open() {
  const log: LogEntry[] = [];
  const file = path('profile', 'settings.json');
  return { log, file, store: new SettingsStore({ file, log: (e) => log.push(e), now: () => 42 }) };
}

it('has defaults before anything was chosen', () => {
  const { store, log } = open();
  expect(store.preferences).toEqual(untouched);
  expect(store.window).toBeNull();
  expect(log).toEqual([]);
});

it('remembers both across a restart, in a file that only this user can read', () => {
  const { store, file } = open();
  const chosen = {
    language: 'ar',
    theme: 'dark',
    textSize: 200,
    showsFigures: true,
    scaling: 'fit',
    density: 'even',
  } as const;
  store.setPreferences(chosen);
  store.setWindow(bounds);
  const { store: again } = open();
  expect(again.preferences).toEqual(chosen);
  expect(again.window).toEqual(bounds);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(path('profile'))).toEqual(['settings.json']);
});

it('reads what was remembered before there was a size of the text', () => {
  mkdirSync(path('profile'));
  const before = { preferences: { language: 'ar', theme: 'dark' }, window: bounds };
  writeFileSync(path('profile', 'settings.json'), JSON.stringify(before));
  const { store, log } = open();
  expect(store.preferences).toEqual({ ...untouched, ...before.preferences });
  expect(log).toEqual([]);
});

describe('a damaged file', () => {
  it.each(['', '{', 'null', '[]', '{"preferences":{}}', '{"preferences":{"language":"xx"}}'])(
    'of %j is set aside whole, and said so',
    (text) => {
      mkdirSync(path('profile'));
      writeFileSync(path('profile', 'settings.json'), text);
      const { store, log, file } = open();
      expect(store.preferences).toEqual(untouched);
      expect(readFileSync(`${file}.damaged-42`, 'utf8')).toBe(text);
      expect(log).toEqual([expect.objectContaining({ level: 'warn' })]);
      store.setPreferences({ ...store.preferences, language: 'en' });
      expect(open().store.preferences.language).toBe('en');
    },
  );
});

it('goes on with what it knows when the file can be neither read nor written', () => {
  mkdirSync(path('profile', 'settings.json'), { recursive: true });
  const { store, log } = open();
  store.setPreferences({ ...untouched, language: 'en', theme: 'light' });
  expect(store.preferences).toEqual({ ...untouched, language: 'en', theme: 'light' });
  expect(log.map(({ level }) => level)).toEqual(['warn', 'warn']);
  expect(readdirSync(path('profile'))).toEqual(['settings.json']);
});
