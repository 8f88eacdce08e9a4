import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../main/log.ts';
import { SettingsStore } from '../../../main/settings.ts';
import { temporaryFolder } from './temporary-folder.ts';

const path = temporaryFolder();
const bounds = { x: 10, y: 20, width: 900, height: 600, maximized: false };

function open() {
  const log: LogEntry[] = [];
  const file = path('profile', 'settings.json');
  return { log, file, store: new SettingsStore({ file, log: (e) => log.push(e), now: () => 42 }) };
}

it('has defaults before anything was chosen', () => {
  const { store, log } = open();
  expect(store.preferences).toEqual({
    language: null,
    theme: null,
    scaling: 'follow',
    density: 'even',
  });
  expect(store.window).toBeNull();
  expect(log).toEqual([]);
});

it('remembers both across a restart, in a file that only this user can read', () => {
  const { store, file } = open();
  store.setPreferences({ language: 'ar', theme: 'dark', scaling: 'follow', density: 'even' });
  store.setWindow(bounds);
  const { store: again } = open();
  expect(again.preferences).toEqual({
    language: 'ar',
    theme: 'dark',
    scaling: 'follow',
    density: 'even',
  });
  expect(again.window).toEqual(bounds);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(path('profile'))).toEqual(['settings.json']);
});

it('reads what a version wrote that knew of no scaling', () => {
  mkdirSync(path('profile'));
  const old = { preferences: { language: 'ar', theme: 'dark' }, window: bounds };
  writeFileSync(path('profile', 'settings.json'), JSON.stringify(old));
  const { store, log } = open();
  expect(store.preferences).toEqual({ ...old.preferences, scaling: 'follow', density: 'even' });
  expect(store.window).toEqual(bounds);
  expect(log).toEqual([]);
});

describe('a damaged file', () => {
  it.each(['', '{', 'null', '[]', '{"preferences":{}}', '{"preferences":{"language":"xx"}}'])(
    'of %j is set aside whole, and said so',
    (text) => {
      mkdirSync(path('profile'));
      writeFileSync(path('profile', 'settings.json'), text);
      const { store, log, file } = open();
      expect(store.preferences).toEqual({
        language: null,
        theme: null,
        scaling: 'follow',
        density: 'even',
      });
      expect(readFileSync(`${file}.damaged-42`, 'utf8')).toBe(text);
      expect(log).toEqual([expect.objectContaining({ level: 'warn' })]);
      store.setPreferences({ language: 'en', theme: null, scaling: 'follow', density: 'even' });
      expect(open().store.preferences.language).toBe('en');
    },
  );
});

it('goes on with what it knows when the file can be neither read nor written', () => {
  mkdirSync(path('profile', 'settings.json'), { recursive: true });
  const { store, log } = open();
  store.setPreferences({ language: 'en', theme: 'light', scaling: 'follow', density: 'even' });
  expect(store.preferences).toEqual({
    language: 'en',
    theme: 'light',
    scaling: 'follow',
    density: 'even',
  });
  expect(log.map(({ level }) => level)).toEqual(['warn', 'warn']);
  expect(readdirSync(path('profile'))).toEqual(['settings.json']);
});
