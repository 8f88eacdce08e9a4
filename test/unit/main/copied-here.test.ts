import { EventEmitter } from 'node:events';
import type { BrowserWindow } from 'electron';
import { expect, it } from 'vitest';
import { CopiedHere } from '../../../main/copied-here.ts';

/** A window and a clipboard, as far as CopiedHere looks at them. */
function setUp() {
  let text = 'of another program';
  let focused = false;
  const clipboard = {
    readText: async () => text,
    clear: () => {
      text = '';
    },
  };
  /** As where the system has no second one that works. */
  const failing = { readText: () => Promise.reject(new Error('no')), clear: () => undefined };
  let destroyed = false;
  const window = Object.assign(new EventEmitter(), {
    isFocused: () => focused,
    isDestroyed: () => destroyed,
  });
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    copied: new CopiedHere({
      clipboards: [failing, clipboard],
      window: window as unknown as BrowserWindow,
      log: () => undefined,
    }),
    copy: (next: string) => {
      text = next;
    },
    text: () => text,
    listeners: () =>
      ['focus', 'blur', 'close'].reduce((sum, name) => sum + window.listenerCount(name), 0),
    close: () => {
      window.emit('close');
      destroyed = true;
    },
    focus: async (now: boolean) => {
      focused = now;
      window.emit(now ? 'focus' : 'blur');
      await settled();
    },
  };
}

it('clears what was copied while the window had the keyboard', async () => {
  const { copied, copy, text, focus } = setUp();
  await focus(true);
  copy('of the user');
  await copied.clear();
  expect(text()).toBe('');
});

it('clears it later too, from another window', async () => {
  const { copied, copy, text, focus } = setUp();
  await focus(true);
  copy('of the user');
  await focus(false);
  await copied.clear();
  expect(text()).toBe('');
});

it('clears it after the window was closed', async () => {
  const { copied, copy, text, focus, close } = setUp();
  await focus(true);
  copy('of the user');
  close();
  await copied.clear();
  expect(text()).toBe('');
});

it('leaves what other programs put there', async () => {
  const { copied, copy, text, focus } = setUp();
  await copied.clear();
  expect(text()).toBe('of another program');
  await focus(true);
  copy('of the user');
  await focus(false);
  copy('of yet another program');
  await copied.clear();
  expect(text()).toBe('of yet another program');
});

it('lets go of the window', () => {
  const { copied, listeners } = setUp();
  expect(listeners()).toBe(3);
  copied.dispose();
  expect(listeners()).toBe(0);
});
