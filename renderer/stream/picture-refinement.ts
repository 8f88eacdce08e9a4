import type { Disposable } from '../../src/contract/disposable.ts';
import type { Area } from './desktop-rfb.ts';

export type RefinementDeps = {
  /** From here on, nothing but exact pixels may be sent. */
  setExact(exact: boolean): void;
  requestAnew(area: Area): void;
};

/**
 * - exact: every pixel is the desktop's own
 * - inexact: those of the area may be only nearly so
 * - refining: the area was asked for once more, exactly
 */
type State =
  | { kind: 'exact' }
  | { kind: 'inexact'; area: Area; resting: ReturnType<typeof setTimeout> }
  | { kind: 'refining'; area: Area };

/** How long nothing inexact must have come for the picture to be at rest, in milliseconds. */
const restMs = 400;

/** Once a picture rests that was sent inexactly to save time, has it sent again, pixel by pixel. */
export class PictureRefinement implements Disposable {
  readonly #deps: RefinementDeps;
  #state: State = { kind: 'exact' };

  constructor(deps: RefinementDeps) {
    this.#deps = deps;
  }

  drawnInexactly(area: Area): void {
    const before = this.#state;
    if (before.kind === 'inexact') clearTimeout(before.resting);
    this.#state = {
      kind: 'inexact',
      area: before.kind === 'exact' ? area : around(before.area, area),
      resting: setTimeout(() => this.#refine(), restMs),
    };
    // What was on its way when exact pixels were asked for.
    if (before.kind === 'refining') this.#deps.setExact(false);
  }

  /** An update is complete, with rectangles of so many pixels in all. */
  updated(pixels: number): void {
    if (this.#state.kind !== 'refining') return;
    const { width, height } = this.#state.area;
    // A smaller one is of something that has changed meanwhile.
    if (pixels < width * height) return;
    this.#state = { kind: 'exact' };
    this.#deps.setExact(false);
  }

  /** The screen has another size, and all of it will be sent. */
  forget(): void {
    const before = this.#state;
    this.dispose();
    if (before.kind === 'refining') this.#deps.setExact(false);
  }

  dispose(): void {
    if (this.#state.kind === 'inexact') clearTimeout(this.#state.resting);
    this.#state = { kind: 'exact' };
  }

  #refine(): void {
    if (this.#state.kind !== 'inexact') return;
    const { area } = this.#state;
    this.#state = { kind: 'refining', area };
    this.#deps.setExact(true);
    this.#deps.requestAnew(area);
  }
}

/** The smallest rectangle around both. */
function around(one: Area, other: Area): Area {
  const x = Math.min(one.x, other.x);
  const y = Math.min(one.y, other.y);
  const right = Math.max(one.x + one.width, other.x + other.width);
  const bottom = Math.max(one.y + one.height, other.y + other.height);
  return { x, y, width: right - x, height: bottom - y };
}
