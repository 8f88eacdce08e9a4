import type { Disposable } from '../../src/contract/disposable.ts';
import { streamClose } from '../../src/contract/stream.ts';
import type { StreamGrant } from '../../src/contract/terminal.ts';
import { DesktopRfb } from './desktop-rfb.ts';
import { whenPainted } from './first-frame.ts';
import type { GuestScreen } from './guest-screen.ts';
import { LinkMeter } from './link-meter.ts';
import {
  initialRating,
  type LinkQuality,
  type LinkRating,
  pictureSettings,
  rateLink,
} from './link-quality.ts';
import { PictureRefinement } from './picture-refinement.ts';
import { probeRequest } from './probe-request.ts';
import { ScreenFitting } from './screen-fitting.ts';
import type { ScreenChoice } from './screen-layout.ts';
import { copyCanvas } from './still-picture.ts';
import { StreamChannel } from './stream-channel.ts';
import { StreamCounter, type StreamFigures } from './stream-counter.ts';
import { StreamLiveness } from './stream-liveness.ts';

export type RemoteDisplayDeps = {
  /** Filled by the picture; emptied again when the connection is over. */
  target: HTMLElement;
  grant: StreamGrant;
  /** What a screen reader calls the picture. */
  label: string;
  screen: ScreenChoice;
  guest: GuestScreen;
  onLive(): void;
  /** Told at each change: whether the desktop owes an answer, so that the picture may be old. */
  onStale(stale: boolean): void;
  /** The WebSocket close code, and the last frame if there was any. Called at most once. */
  onClosed(code: number, lastFrame: HTMLCanvasElement | null): void;
  onQuality(quality: LinkQuality): void;
};

const measureEveryMs = 2_000;

/**
 * QEMU looks at a guest's screen ever less often while nothing moves, and a request for a picture
 * does not count: the first one would take 80 ms rather than 30. Any input does (ui/vnc.c,
 * protocol_client_msg), and to let go of a key that nobody holds means nothing to the guest.
 */
const wakingKey = [0xffe1, 'ShiftLeft', false] as const;

const deleteKey = [0xffff, 'Delete'] as const;

/** RFC 6455 section 7.1.5: what a WebSocket says of a connection that just went away. */
const lostWithoutClose = 1006;

/** One connection to one desktop, for one grant. When it is over, it is over: make another. */
export class RemoteDisplay implements Disposable {
  readonly #deps: RemoteDisplayDeps;
  readonly #channel: StreamChannel;
  readonly #rfb: DesktopRfb;
  readonly #fitting: ScreenFitting;
  readonly #refinement: PictureRefinement;
  readonly #meter = new LinkMeter();
  readonly #counter = new StreamCounter(performance.now());
  readonly #firstFrame: Disposable;
  readonly #measuring: ReturnType<typeof setInterval>;
  /** From the first frame on: until then the machine watches the time. */
  #liveness: StreamLiveness | null = null;
  #rating: LinkRating = initialRating;
  #live = false;
  #over = false;
  /** noVNC itself gave up on what it was sent. */
  #garbled = false;
  #lastFrame: HTMLCanvasElement | null = null;

  constructor(deps: RemoteDisplayDeps) {
    this.#deps = deps;
    this.#channel = this.#openChannel();
    this.#refinement = new PictureRefinement({
      setExact: (exact) => {
        this.#channel.isExact = exact || this.#isLossless;
        this.#rfb.restateEncodings();
      },
      requestAnew: (area) => this.#rfb.requestAnew(area),
    });
    this.#rfb = new DesktopRfb(deps.target, this.#channel, {
      drawnInexactly: (area) => this.#refinement.drawnInexactly(area),
      updated: (pixels) => this.#refinement.updated(pixels),
      resized: () => this.#refinement.forget(),
    });
    this.#rfb.background = 'transparent';
    this.#fitting = new ScreenFitting({
      ...{ rfb: this.#rfb, element: deps.target, guest: deps.guest, choice: deps.screen },
    });
    this.#rfb.showDotCursor = true;
    this.#rfb.addEventListener('credentialsrequired', () => {
      // The ticket was the credential; a desktop that asks for more is not one of ours.
      this.#garbled = true;
      this.#rfb.disconnect();
    });
    this.#rfb.addEventListener('connect', () => this.#rfb.sendKey(...wakingKey));
    this.#rfb.addEventListener('disconnect', ({ detail }) => {
      const closedByPeer = this.#channel.readyState === WebSocket.CLOSED;
      if (!detail.clean && !closedByPeer) this.#garbled = true;
    });
    this.#makeAccessible();
    this.#applyQuality();
    this.#firstFrame = whenPainted(
      () => this.#canvas,
      () => this.#begin(),
    );
    this.#measuring = setInterval(() => this.#measure(), measureEveryMs);
  }

  focus(): void {
    this.#rfb.focus({ preventScroll: true });
  }

  sendCtrlAltDel(): void {
    if (!this.#deps.target.inert) this.#rfb.sendCtrlAltDel();
  }

  choose(screen: ScreenChoice): void {
    this.#fitting.choose(screen);
  }

  /** Del alone, beside what is held already. */
  sendDelete(): void {
    this.#rfb.sendKey(...deleteKey);
  }

  /** A copy of what is on the screen, or was last; null when nothing ever was. */
  takeFrame(): HTMLCanvasElement | null {
    this.#keepLastFrame();
    return this.#lastFrame;
  }

  /** What was carried since the last time, and a probe for the next; null while nothing is live. */
  takeFigures(): StreamFigures | null {
    if (this.#liveness === null || this.#deps.target.inert) return null;
    const now = performance.now();
    const figures = this.#counter.take(now);
    if (this.#counter.mayProbe(now)) this.#channel.send(probeRequest());
    return { ...figures, roundTripMs: figures.roundTripMs ?? this.#meter.sample().roundTripMs };
  }

  dispose(): void {
    if (this.#over) return;
    this.#end();
    this.#rfb.disconnect();
  }

  get #isLossless(): boolean {
    return pictureSettings(this.#rating.quality).quality === null;
  }

  get #canvas(): HTMLCanvasElement | null {
    return this.#deps.target.querySelector('canvas');
  }

  #openChannel(): StreamChannel {
    const { url, protocols } = this.#deps.grant;
    return new StreamChannel(new WebSocket(url, protocols), {
      sent: (data) => {
        this.#meter.sent(data, performance.now());
        this.#counter.sent(data, performance.now());
      },
      received: (byteLength) => {
        this.#meter.received(byteLength, performance.now());
        this.#counter.received(byteLength, performance.now());
        this.#liveness?.received();
      },
      closing: () => this.#keepLastFrame(),
      closed: (code) => this.#close(code),
    });
  }

  #makeAccessible(): void {
    const canvas = this.#canvas;
    if (canvas === null) return;
    canvas.tabIndex = 0;
    canvas.setAttribute('role', 'application');
    canvas.setAttribute('aria-label', this.#deps.label);
  }

  #begin(): void {
    this.#live = true;
    this.#fitting.begin();
    this.#liveness = new StreamLiveness({
      probe: () => this.#channel.send(probeRequest()),
      onStale: (stale) => this.#setStale(stale),
      onLost: () => this.#lose(),
    });
    this.#deps.onLive();
  }

  /** Nobody should type into a picture that may be an old one: it takes no input meanwhile. */
  #setStale(stale: boolean): void {
    const { target, onStale } = this.#deps;
    // What loses the focus lets go of the keys that are held.
    if (stale) this.#canvas?.blur();
    target.inert = stale;
    onStale(stale);
  }

  /** The close handshake would wait for an answer as well, so nobody waits for it. */
  #lose(): void {
    this.#keepLastFrame();
    this.#end();
    this.#rfb.disconnect();
    this.#deps.onClosed(lostWithoutClose, this.#lastFrame);
  }

  #keepLastFrame(): void {
    const canvas = this.#canvas;
    if (this.#live && canvas !== null) this.#lastFrame = copyCanvas(canvas) ?? this.#lastFrame;
  }

  #close(code: number): void {
    if (this.#over) return;
    this.#end();
    // A broker that closes says why; when noVNC gave up first, the code of the close means nothing.
    const reason = this.#garbled && code < 4000 ? streamClose.protocolError : code;
    this.#deps.onClosed(reason, this.#lastFrame);
  }

  #end(): void {
    this.#over = true;
    this.#liveness?.dispose();
    this.#liveness = null;
    this.#fitting.dispose();
    this.#refinement.dispose();
    this.#firstFrame.dispose();
    clearInterval(this.#measuring);
  }

  #measure(): void {
    const before = this.#rating.quality;
    this.#rating = rateLink(this.#rating, this.#meter.sample());
    if (this.#rating.quality !== before) this.#applyQuality();
  }

  #applyQuality(): void {
    const { quality, compression } = pictureSettings(this.#rating.quality);
    this.#channel.isExact = this.#isLossless;
    if (quality !== null) this.#rfb.qualityLevel = quality;
    this.#rfb.compressionLevel = compression;
    this.#deps.onQuality(this.#rating.quality);
  }
}
