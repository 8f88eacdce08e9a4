import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PictureRefinement } from '../../../../renderer/stream/picture-refinement.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const corner = { x: 0, y: 0, width: 10, height: 10 };
const other = { x: 40, y: 20, width: 10, height: 10 };
const both = { x: 0, y: 0, width: 50, height: 30 };

function watch() {
  const seen: unknown[] = [];
  const refinement = new PictureRefinement({
    setExact: (exact) => seen.push(exact ? 'exact' : 'as rated'),
    requestAnew: (area) => seen.push(area),
  });
  return { refinement, seen };
}

describe('a picture that was sent inexactly', () => {
  it('is asked for once more when it rests, as one area, and once', () => {
    const { refinement, seen } = watch();
    refinement.drawnInexactly(corner);
    vi.advanceTimersByTime(399);
    refinement.drawnInexactly(other);
    vi.advanceTimersByTime(399);
    expect(seen).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(seen).toEqual(['exact', both]);
    vi.advanceTimersByTime(60_000);
    expect(seen).toHaveLength(2);
  });

  it('is sent as before once all of the area is there', () => {
    const { refinement, seen } = watch();
    refinement.drawnInexactly(corner);
    vi.advanceTimersByTime(400);
    // A clock that has moved on meanwhile.
    refinement.updated(20);
    expect(seen).toEqual(['exact', corner]);
    refinement.updated(100);
    expect(seen).toEqual(['exact', corner, 'as rated']);
    refinement.updated(100);
    expect(seen).toHaveLength(3);
  });

  it('is asked for again when something inexact was still on its way', () => {
    const { refinement, seen } = watch();
    refinement.drawnInexactly(corner);
    vi.advanceTimersByTime(400);
    refinement.drawnInexactly(other);
    vi.advanceTimersByTime(400);
    expect(seen).toEqual(['exact', corner, 'as rated', 'exact', both]);
  });

  it('is not asked for in a size that it no longer has', () => {
    const { refinement, seen } = watch();
    refinement.drawnInexactly(corner);
    refinement.forget();
    expect(vi.getTimerCount()).toBe(0);
    refinement.drawnInexactly(other);
    vi.advanceTimersByTime(400);
    expect(seen).toEqual(['exact', other]);
    refinement.forget();
    expect(seen).toEqual(['exact', other, 'as rated']);
  });

  it('is nobody’s concern when the connection is over', () => {
    const { refinement } = watch();
    refinement.drawnInexactly(corner);
    refinement.dispose();
    expect(vi.getTimerCount()).toBe(0);
  });
});
