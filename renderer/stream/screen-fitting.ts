import type { Disposable } from '../../src/contract/disposable.ts';
import type { DesktopRfb } from './desktop-rfb.ts';
import { watchEdges } from './edge-panning.ts';
import type { GuestScreen } from './guest-screen.ts';
import type { ScreenChoice } from './screen-layout.ts';

export type ScreenFittingDeps = {
  rfb: DesktopRfb;
  element: HTMLElement;
  guest: GuestScreen;
  choice: ScreenChoice;
};

/** Fits the picture into its element, as it was chosen, and on whatever screen the window is. */
export class ScreenFitting implements Disposable {
  readonly #deps: Omit<ScreenFittingDeps, 'choice'>;
  readonly #panning: Disposable;
  readonly #listeners = new AbortController();
  readonly #resizes = new ResizeObserver(() => this.#askGuest());
  #choice: ScreenChoice;
  #live = false;

  constructor({ choice, ...deps }: ScreenFittingDeps) {
    this.#deps = deps;
    this.#choice = choice;
    const { element } = deps;
    const { signal } = this.#listeners;
    this.#panning = watchEdges(element, (right, down) => this.#pan(right, down));
    // A finger moves a picture that is larger than its window; a mouse has the edges for that.
    element.addEventListener('pointerdown', ({ pointerType }) => this.#takeFinger(pointerType), {
      capture: true,
      signal,
    });
    this.#resizes.observe(element);
    this.#watchPixelRatio();
    this.#show();
  }

  choose(choice: ScreenChoice): void {
    this.#choice = choice;
    this.#show();
    this.#askGuest();
  }

  /** The picture is there, so that the desktop's system may be asked. */
  begin(): void {
    this.#live = true;
    this.#askGuest();
  }

  dispose(): void {
    this.#panning.dispose();
    this.#resizes.disconnect();
    this.#listeners.abort();
    this.#deps.guest.dispose();
  }

  #show(): void {
    const { rfb, guest } = this.#deps;
    const { devicePixelRatio } = window;
    rfb.show(this.#choice.scaling, guest.density({ choice: this.#choice, devicePixelRatio }));
  }

  #askGuest(): void {
    if (!this.#live) return;
    const { element, guest, rfb } = this.#deps;
    const look = () => {
      const { width, height } = element.getBoundingClientRect();
      const { hasTakenSize } = rfb;
      const { devicePixelRatio } = window;
      return { choice: this.#choice, room: { width, height }, devicePixelRatio, hasTakenSize };
    };
    guest.want(look, () => this.#listeners.signal.aborted || this.#show());
  }

  #pan(right: number, down: number): boolean {
    const { rfb } = this.#deps;
    return rfb.clippingViewport && rfb.pan(right, down);
  }

  #takeFinger(pointerType: string): void {
    const { rfb } = this.#deps;
    rfb.dragViewport = pointerType === 'touch' && rfb.clippingViewport;
  }

  /** A query holds for one ratio: after each change there is another one to watch. */
  #watchPixelRatio(): void {
    const { signal } = this.#listeners;
    if (signal.aborted) return;
    const query = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    const changed = () => {
      this.#show();
      this.#askGuest();
      this.#watchPixelRatio();
    };
    query.addEventListener('change', changed, { signal, once: true });
  }
}
