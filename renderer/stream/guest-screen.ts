import type { ScreenWish } from '../../src/contract/broker-api.ts';
import type { Disposable } from '../../src/contract/disposable.ts';
import type { ScreenChoice, Size } from './screen-layout.ts';
import { wantedSize } from './screen-layout.ts';

/** Asks the desktop's own system. Whether it has done so. */
export type FitGuest = (wish: ScreenWish) => Promise<boolean>;

export type GuestSituation = {
  choice: ScreenChoice;
  room: Size;
  devicePixelRatio: number;
  /** Whether the desktop has the size that it was asked for by the stream. */
  hasTakenSize: boolean;
};

/** A window that is being resized is asked for once it keeps its size, in milliseconds. */
const settleMs = 500;
/** A desktop that has just begun may not be able to yet. */
const againMs = 10_000;
const mostTimes = 3;
const [leastPercent, mostPercent] = [100, 400];

/**
 * What the system of a desktop was told of this screen, over all connections of a session: how large
 * its text is to be, and its size where the stream alone can't change that.
 */
export class GuestScreen implements Disposable {
  readonly #fit: FitGuest;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  /** What it was asked last, how often, and whether it did so. */
  #answer: { percent: number; fitted: boolean; times: number } | null = null;

  constructor(fit: FitGuest) {
    this.#fit = fit;
  }

  /** Pixels that the desktop should have in each CSS pixel of the window. */
  density({ choice, devicePixelRatio }: Omit<GuestSituation, 'room' | 'hasTakenSize'>): number {
    if (choice.density === 'sharp') return devicePixelRatio;
    const isScaled = this.#answer?.fitted && this.#answer.percent === percentOf(devicePixelRatio);
    return isScaled ? devicePixelRatio : 1;
  }

  /** Asks once nothing has changed for a while, if there is anything to ask. */
  want(look: () => GuestSituation, onFitted: () => void): void {
    this.#wait(settleMs, look, onFitted);
  }

  dispose(): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
  }

  #wait(ms: number, look: () => GuestSituation, onFitted: () => void): void {
    clearTimeout(this.#waiting);
    const timer = setTimeout(async () => {
      const wish = this.#wishFor(look());
      if (wish === null) return;
      if (await this.#ask(wish)) onFitted();
      // Unless something else is wanted meanwhile.
      else if (this.#waiting === timer) this.#wait(againMs, look, onFitted);
    }, ms);
    this.#waiting = timer;
  }

  #wishFor(situation: GuestSituation): ScreenWish | null {
    const { choice, room, devicePixelRatio, hasTakenSize } = situation;
    if (choice.scaling !== 'follow') return null;
    const percent = choice.density === 'sharp' ? leastPercent : percentOf(devicePixelRatio);
    const isKnown = this.#answer?.percent === percent;
    const isRefused = this.#answer?.fitted === false && this.#answer.times >= mostTimes;
    if (isKnown && (isRefused || (this.#answer?.fitted && hasTakenSize))) return null;
    // What it will have once its text is larger.
    const density = choice.density === 'sharp' ? devicePixelRatio : percent / 100;
    return { ...wantedSize({ room, density }), percent };
  }

  async #ask(wish: ScreenWish): Promise<boolean> {
    const { percent } = wish;
    const before = this.#answer?.percent === percent ? this.#answer.times : 0;
    const fitted = await this.#fit(wish);
    this.#answer = { percent, fitted, times: before + 1 };
    return fitted;
  }
}

function percentOf(devicePixelRatio: number): number {
  return Math.min(mostPercent, Math.max(leastPercent, Math.round(devicePixelRatio * 100)));
}
