import type { Disposable } from '../../src/contract/disposable.ts';
import type { DesktopRfb } from './desktop-rfb.ts';
import { watchEdges } from './edge-panning.ts';
import type { ScreenChoice } from './screen-layout.ts';

/** Fits the picture into its element, as it was chosen, and on whatever screen the window is. */
export class ScreenFitting implements Disposable {
  readonly #rfb: DesktopRfb;
  readonly #panning: Disposable;
  readonly #listeners = new AbortController();
  #choice: ScreenChoice;

  constructor(rfb: DesktopRfb, element: HTMLElement, choice: ScreenChoice) {
    this.#rfb = rfb;
    this.#choice = choice;
    const { signal } = this.#listeners;
    this.#panning = watchEdges(element, (right, down) => this.#pan(right, down));
    // A finger moves a picture that is larger than its window; a mouse has the edges for that.
    element.addEventListener('pointerdown', ({ pointerType }) => this.#takeFinger(pointerType), {
      capture: true,
      signal,
    });
    this.#watchPixelRatio();
    this.#show();
  }

  choose(choice: ScreenChoice): void {
    this.#choice = choice;
    this.#show();
  }

  dispose(): void {
    this.#panning.dispose();
    this.#listeners.abort();
  }

  #show(): void {
    const { scaling, density } = this.#choice;
    this.#rfb.show(scaling, density === 'sharp' ? window.devicePixelRatio : 1);
  }

  #pan(right: number, down: number): boolean {
    return this.#rfb.clippingViewport && this.#rfb.pan(right, down);
  }

  #takeFinger(pointerType: string): void {
    this.#rfb.dragViewport = pointerType === 'touch' && this.#rfb.clippingViewport;
  }

  /** A query holds for one ratio: after each change there is another one to watch. */
  #watchPixelRatio(): void {
    const { signal } = this.#listeners;
    if (signal.aborted) return;
    const query = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    const changed = () => {
      this.#show();
      this.#watchPixelRatio();
    };
    query.addEventListener('change', changed, { signal, once: true });
  }
}
