import RFB, { type RawChannel } from '@novnc/novnc';
import type { Scaling } from '../../src/contract/ipc.ts';
import { hasTakenSize, layOut, type ScreenSituation, wantedSize } from './screen-layout.ts';

/** A part of the desktop's screen, in its pixels. */
export type Area = { x: number; y: number; width: number; height: number };

export type DesktopRfbObserver = {
  /** What was drawn here is only nearly what the desktop has there: a JPEG picture. */
  drawnInexactly(area: Area): void;
  /** An update is on the screen, with rectangles of so many pixels in all. */
  updated(pixels: number): void;
  resized(): void;
};

/**
 * noVNC's client with what it has no settings for: the pixels of the device in place of those of
 * CSS, and more ways to lay the picture out. It steps in where noVNC's own methods call each other
 * (named in novnc.d.ts); the version is pinned, and each of these is tested against it.
 */
export class DesktopRfb extends RFB {
  readonly #observer: DesktopRfbObserver;
  #scaling: Scaling = 'follow';
  #density = 1;
  #swapsRedAndBlue = false;
  #drawnPixels = 0;

  constructor(target: HTMLElement, channel: RawChannel, observer: DesktopRfbObserver) {
    super(target, channel, { shared: true });
    this.#observer = observer;
    const display = this._display;
    const drawPicture = display.imageRect.bind(display);
    display.imageRect = (x, y, width, height, mime, bytes) => {
      if (mime === 'image/jpeg') observer.drawnInexactly({ x, y, width, height });
      drawPicture(x, y, width, height, mime, bytes);
    };
  }

  /** @param density pixels that the desktop should have in each CSS pixel of the window */
  show(scaling: Scaling, density: number): void {
    this.#scaling = scaling;
    this.#density = density;
    this.resizeSession = scaling === 'follow';
    this.clipViewport = scaling === 'actual';
    this.layOut();
  }

  /** Anew, for what noVNC does not notice by itself: another number of device pixels. */
  layOut(): void {
    this._updateClip();
    this._updateScale();
    this._requestRemoteResize();
  }

  /** Whether the desktop has the size of the window. */
  get hasTakenSize(): boolean {
    return hasTakenSize(this.#situation());
  }

  /**
   * Moves the window over a picture that is larger, by pixels of the desktop, and not beyond it.
   * @returns whether it has moved
   */
  pan(right: number, down: number): boolean {
    const display = this._display;
    const before = { x: display.absX(0), y: display.absY(0) };
    display.viewportChangePos(right, down);
    return display.absX(0) !== before.x || display.absY(0) !== before.y;
  }

  /** Asks for a part of the screen, whether or not it has changed. */
  requestAnew({ x, y, width, height }: Area): void {
    RFB.messages.fbUpdateRequest(this._sock, false, x, y, width, height);
  }

  /** Tells the desktop once more how its picture is wanted. */
  restateEncodings(): void {
    if (this._rfbConnectionState === 'connected') this._sendEncodings();
  }

  /** What noVNC clips the picture to and asks a desktop to be, in pixels of the desktop. */
  protected override _screenSize(): { w: number; h: number } {
    const situation = this.#situation();
    const density = this.#scaling === 'follow' ? this.#density : situation.devicePixelRatio;
    const { width, height } = wantedSize({ room: situation.room, density });
    return { w: width, h: height };
  }

  protected override _updateScale(): void {
    const { scale, isPixelated } = layOut(this.#situation());
    this._display.scale = scale;
    this._canvas.style.imageRendering = isPixelated ? 'pixelated' : 'auto';
    this._fixScrollbars();
  }

  /**
   * noVNC 1.7.0 reads the shape of a pointer as blue, green and red, and has asked for red, green
   * and blue (its `pixelFormat`).
   */
  protected override _handleCursor(): boolean {
    this.#swapsRedAndBlue = true;
    try {
      return super._handleCursor();
    } finally {
      this.#swapsRedAndBlue = false;
    }
  }

  protected override _updateCursor(
    rgba: Uint8Array | number[],
    hotX: number,
    hotY: number,
    width: number,
    height: number,
  ): void {
    const shape = this.#swapsRedAndBlue ? withRedAndBlueSwapped(rgba) : rgba;
    super._updateCursor(shape, hotX, hotY, width, height);
  }

  protected override _resize(width: number, height: number): void {
    super._resize(width, height);
    this.#observer.resized();
  }

  protected override _handleDataRect(): boolean {
    const { width, height } = this._FBU;
    const isDone = super._handleDataRect();
    if (isDone) this.#drawnPixels += width * height;
    return isDone;
  }

  protected override _framebufferUpdate(): boolean {
    const isDone = super._framebufferUpdate();
    if (isDone) {
      const pixels = this.#drawnPixels;
      this.#drawnPixels = 0;
      this.#observer.updated(pixels);
    }
    return isDone;
  }

  #situation(): ScreenSituation {
    const { width, height } = this._screen.getBoundingClientRect();
    return {
      scaling: this.#scaling,
      guest: { width: this._fbWidth, height: this._fbHeight },
      room: { width, height },
      devicePixelRatio: window.devicePixelRatio,
      density: this.#density,
    };
  }
}

function withRedAndBlueSwapped(rgba: ArrayLike<number>): Uint8Array {
  const swapped = Uint8Array.from(rgba);
  for (let at = 0; at + 2 < swapped.length; at += 4) {
    const red = swapped[at + 2] ?? 0;
    swapped[at + 2] = swapped[at] ?? 0;
    swapped[at] = red;
  }
  return swapped;
}
