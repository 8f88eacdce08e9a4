import { EventEmitter } from 'node:events';
import type { App, BrowserWindow } from 'electron';
import { expect, it, vi } from 'vitest';
import { Lifecycle } from '../../../main/lifecycle.ts';

class FakeApp extends EventEmitter {
  first = true;
  quits = 0;
  #telling = false;
  requestSingleInstanceLock() {
    return this.first;
  }
  quit() {
    if (!this.#telling) this.quits += 1;
  }
  /** As Electron does it: microtasks run before it has seen that it is not to quit. */
  async tell(event: string, details: object) {
    this.#telling = true;
    this.emit(event, details);
    await new Promise<void>((resolve) => process.nextTick(resolve));
    await Promise.resolve();
    this.#telling = false;
  }
}

function start() {
  const app = new FakeApp();
  const window = {
    minimized: true,
    focused: false,
    isDestroyed: () => false,
    isMinimized: () => window.minimized,
    restore: () => {
      window.minimized = false;
    },
    focus: () => {
      window.focused = true;
    },
  };
  let finish = () => undefined as unknown;
  const lastWork = new Promise<void>((resolve) => {
    finish = resolve;
  });
  // Both have what Lifecycle touches of them.
  const lifecycle = new Lifecycle(app as unknown as App);
  const run = () => lifecycle.run(window as unknown as BrowserWindow, () => lastWork);
  return { app, window, lifecycle, run, finish: () => finish() };
}

it('is the terminal of its profile, unless there is one', () => {
  const { app, lifecycle } = start();
  expect(lifecycle.claim()).toBe(true);
  app.first = false;
  expect(lifecycle.claim()).toBe(false);
});

it('shows its window when it is started a second time', () => {
  const { app, window, run } = start();
  run();
  app.emit('second-instance');
  expect(window).toMatchObject({ minimized: false, focused: true });
});

it('ends with its window', () => {
  const { app, run } = start();
  run();
  app.emit('window-all-closed');
  expect(app.quits).toBe(1);
});

it('does its last work, then lets go of what was opened, the last first, and ends', async () => {
  const { app, lifecycle, run, finish } = start();
  const gone: string[] = [];
  for (const name of ['terminal', 'calls']) lifecycle.own({ dispose: () => gone.push(name) });
  run();
  const held: string[] = [];
  const quit = (when: string) => app.tell('will-quit', { preventDefault: () => held.push(when) });
  await quit('first');
  await quit('again');
  expect(gone).toEqual([]);
  finish();
  await vi.waitFor(() => expect(app.quits).toBe(1));
  await quit('after');
  expect(held).toEqual(['first', 'again']);
  expect(gone).toEqual(['calls', 'terminal']);
});

it('never goes back to running', () => {
  const { run } = start();
  run();
  expect(run).toThrow('cannot run while running');
});

it('ends, too, when its last work is done at once', async () => {
  const { app, run, finish } = start();
  finish();
  run();
  await app.tell('will-quit', { preventDefault: () => undefined });
  await vi.waitFor(() => expect(app.quits).toBe(1));
});
