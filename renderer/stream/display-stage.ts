import type { Disposable } from '../../src/contract/disposable.ts';
import type { StreamReport } from '../../src/contract/ipc.ts';
import type { StreamGrant } from '../../src/contract/terminal.ts';
import { type FitGuest, GuestScreen } from './guest-screen.ts';
import type { LinkQuality } from './link-quality.ts';
import { RemoteDisplay } from './remote-display.ts';
import type { ScreenChoice } from './screen-layout.ts';
import { watchSessionKeyboard } from './session-keyboard.ts';
import type { StreamFigures } from './stream-counter.ts';

export type DisplayStageDeps = {
  container: HTMLElement;
  label: string;
  screen: ScreenChoice;
  fitGuest: FitGuest;
  onReport(report: StreamReport): void;
  onStale(stale: boolean): void;
  onQuality(quality: LinkQuality): void;
  onChord(): void;
};

/**
 * Where the pictures of one session are shown, one connection after the other. Between two of them
 * the last frame stays, and it goes when the first frame of the next one is on the screen.
 */
export class DisplayStage implements Disposable {
  readonly #deps: DisplayStageDeps;
  readonly #keyboard: Disposable;
  readonly #guest: GuestScreen;
  #display: RemoteDisplay | null = null;
  #host: HTMLElement | null = null;
  #still: HTMLCanvasElement | null = null;
  #grant = 0;
  #screen: ScreenChoice;

  constructor(deps: DisplayStageDeps) {
    this.#deps = deps;
    this.#screen = deps.screen;
    this.#guest = new GuestScreen(deps.fitGuest);
    this.#keyboard = watchSessionKeyboard(deps.container, {
      onChord: deps.onChord,
      onDelete: () => this.#display?.sendDelete(),
    });
  }

  /** Opens a grant once; a grant seen before is left alone. */
  open(grant: StreamGrant): void {
    if (grant.number <= this.#grant) return;
    this.#grant = grant.number;
    this.#keep(this.#display?.takeFrame() ?? null);
    this.#leave();
    const host = document.createElement('div');
    host.className = 'stage-display';
    this.#host = host;
    this.#deps.container.append(host);
    this.#display = new RemoteDisplay({
      target: host,
      grant,
      label: this.#deps.label,
      screen: this.#screen,
      guest: this.#guest,
      onLive: () => this.#live(grant.number),
      onStale: (stale) => this.#deps.onStale(stale),
      onClosed: (code, lastFrame) => this.#closed(grant.number, code, lastFrame),
      onQuality: this.#deps.onQuality,
    });
  }

  /** For this connection and those to come. */
  choose(screen: ScreenChoice): void {
    this.#screen = screen;
    this.#display?.choose(screen);
  }

  focus(): void {
    this.#display?.focus();
  }

  /** Takes the keyboard unless somebody is using the toolbar or a dialog. */
  claimFocus(): void {
    const active = document.activeElement;
    // What has become inert keeps the focus until the next frame, and nobody can be using it.
    if (active === null || active === document.body || active.closest('[inert]') !== null) {
      this.focus();
    }
  }

  sendCtrlAltDel(): void {
    this.#display?.sendCtrlAltDel();
  }

  takeFigures(): StreamFigures | null {
    return this.#display?.takeFigures() ?? null;
  }

  dispose(): void {
    this.#keyboard.dispose();
    this.#leave();
    this.#still?.remove();
  }

  #live(grant: number): void {
    this.#still?.remove();
    this.#still = null;
    this.claimFocus();
    // What was said of the stream before is over with it.
    this.#deps.onStale(false);
    this.#deps.onReport({ kind: 'live', grant });
  }

  #closed(grant: number, code: number, lastFrame: HTMLCanvasElement | null): void {
    this.#keep(lastFrame);
    this.#leave();
    this.#deps.onReport({ kind: 'closed', grant, code });
  }

  #keep(frame: HTMLCanvasElement | null): void {
    if (frame === null) return;
    frame.className = 'stage-still';
    this.#still?.remove();
    this.#still = frame;
    this.#deps.container.append(frame);
  }

  #leave(): void {
    this.#display?.dispose();
    this.#display = null;
    this.#host?.remove();
    this.#host = null;
  }
}
