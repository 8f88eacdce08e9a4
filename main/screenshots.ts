import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WebContents } from 'electron';
import type { TerminalState } from '../src/contract/terminal.ts';
import type { Log } from './log.ts';

/** What a picture is taken of; `paint` resolves when the page shows the state it was given last. */
export type Camera = { paint(): Promise<void>; capture(): Promise<Uint8Array> };

/**
 * Writes `NN-<state>.png` after each change of the kind of state, for machines that nobody looks
 * at. Pictures are taken one after the other; states that pass while one is taken are left out.
 */
export class Screenshots {
  readonly #deps: { dir: string; camera: Camera; log: Log };
  #wanted: string | null = null;
  #last: string | null = null;
  #count = 0;
  #taking: Promise<void> | null = null;

  constructor(deps: { dir: string; camera: Camera; log: Log }) {
    this.#deps = deps;
    mkdirSync(deps.dir, { recursive: true });
  }

  follow(state: TerminalState): void {
    const name = nameOf(state);
    if (name === this.#last) return;
    this.#last = name;
    this.#wanted = name;
    this.#taking ??= this.#takeAll().finally(() => {
      this.#taking = null;
    });
  }

  /** Resolves when no picture is being taken any more. */
  async settled(): Promise<void> {
    await this.#taking;
  }

  async #takeAll(): Promise<void> {
    while (this.#wanted !== null) {
      const name = this.#wanted;
      this.#wanted = null;
      await this.#take(name);
    }
  }

  async #take(name: string): Promise<void> {
    const { dir, camera, log } = this.#deps;
    try {
      await camera.paint();
      const number = String(++this.#count).padStart(2, '0');
      const file = join(dir, `${number}-${name}.png`);
      // Whoever watches the folder finds whole pictures only.
      writeFileSync(`${file}.new`, await camera.capture());
      renameSync(`${file}.new`, file);
      log({ level: 'info', message: 'screenshot', file });
    } catch (error) {
      // A window that closes while its picture is taken is no fault of the terminal.
      log({ level: 'warn', message: 'no screenshot', state: name, error });
    }
  }
}

/** A stream whose first frame is there looks nothing like one that waits for it. */
function nameOf(state: TerminalState): string {
  return state.kind === 'streaming' && state.live ? 'streaming-live' : state.kind;
}

/**
 * Resolves in the page once it has come to rest: its finite animations are over, and its document
 * did not change for ten frames. A page that never rests is taken as it is after five seconds.
 */
const atRest = `new Promise((resolve) => {
  let still = 0;
  let frames = 0;
  const observer = new MutationObserver(() => { still = 0; });
  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  const isMoving = () => document.getAnimations().some(
    (animation) => animation.playState === 'running'
      && animation.effect?.getComputedTiming().endTime !== Infinity,
  );
  const look = () => {
    frames += 1;
    still = isMoving() ? 0 : still + 1;
    if (still < 10 && frames < 300) return requestAnimationFrame(look);
    observer.disconnect();
    resolve();
  };
  requestAnimationFrame(look);
})`;

export function cameraOf(page: WebContents): Camera {
  return {
    async paint() {
      await page.executeJavaScript(atRest);
    },
    async capture() {
      return (await page.capturePage()).toPNG();
    },
  };
}
