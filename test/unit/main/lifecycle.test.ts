import { EventEmitter } from 'node:events';
import type { App, BrowserWindow } from 'electron';
import { expect, it } from 'vitest';
import { Lifecycle } from '../../../main/lifecycle.ts';

class FakeApp extends EventEmitter {
  first = true;
  quits = 0;
  requestSingleInstanceLock() {
    return this.first;
  }
  quit() {
    this.quits += 1;
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
  // Both have what Lifecycle touches of them.
  const lifecycle = new Lifecycle(app as unknown as App);
  return { app, window, lifecycle, run: () => lifecycle.run(window as unknown as BrowserWindow) };
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

it('lets go of what was opened once, the last first', () => {
  const { app, lifecycle, run } = start();
  const gone: string[] = [];
  for (const name of ['terminal', 'calls']) lifecycle.own({ dispose: () => gone.push(name) });
  run();
  app.emit('will-quit');
  app.emit('will-quit');
  expect(gone).toEqual(['calls', 'terminal']);
});

it('never goes back to running', () => {
  const { run } = start();
  run();
  expect(run).toThrow('cannot run while running');
});
