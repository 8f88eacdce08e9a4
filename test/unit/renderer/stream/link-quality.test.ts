import { describe, expect, it } from 'vitest';
import type { LinkSample } from '../../../../renderer/stream/link-meter.ts';
import {
  initialRating,
  type LinkRating,
  linkQualities,
  pictureSettings,
  rateLink,
} from '../../../../renderer/stream/link-quality.ts';

const excellent: LinkSample = { roundTripMs: 5, bytesPerSecond: 20e6 };
const good: LinkSample = { roundTripMs: 100, bytesPerSecond: null };
const poor: LinkSample = { roundTripMs: 400, bytesPerSecond: null };
const nothing: LinkSample = { roundTripMs: null, bytesPerSecond: null };

function ratingAfter(...samples: LinkSample[]): LinkRating {
  return samples.reduce(rateLink, initialRating);
}

describe('the rating of the link', () => {
  it('goes down after two samples that agree and up after four', () => {
    expect(ratingAfter(poor).quality).toBe('good');
    expect(ratingAfter(poor, poor).quality).toBe('fair');
    expect(ratingAfter(excellent, excellent, excellent).quality).toBe('good');
    expect(ratingAfter(excellent, excellent, excellent, excellent).quality).toBe('excellent');
  });

  it('goes one step at a time', () => {
    expect(ratingAfter(poor, poor, poor, poor).quality).toBe('poor');
    expect(ratingAfter(poor, poor, poor, poor, poor, poor).quality).toBe('poor');
  });

  it('does not swing with a link that swings', () => {
    const swinging = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? poor : excellent));
    expect(ratingAfter(...swinging).quality).toBe('good');
  });

  it('a sample that agrees with the rating starts the count anew', () => {
    expect(ratingAfter(poor, good, poor).quality).toBe('good');
  });

  it('learns nothing from a quiet screen', () => {
    expect(ratingAfter(poor, nothing, nothing, poor).quality).toBe('fair');
    expect(ratingAfter(nothing, nothing, nothing)).toEqual(initialRating);
  });

  it('believes the worse of round trip and throughput', () => {
    const narrow: LinkSample = { roundTripMs: 5, bytesPerSecond: 100e3 };
    expect(ratingAfter(narrow, narrow, narrow, narrow).quality).toBe('poor');
  });

  it('asks for fewer bytes the worse the link is', () => {
    const asked = linkQualities.map(pictureSettings);
    for (const [index, { quality, compression }] of asked.entries()) {
      const better = asked[index + 1];
      if (better === undefined) continue;
      // What comes exactly has more bytes than what comes at any quality.
      expect(quality ?? 10).toBeLessThanOrEqual(better.quality ?? 10);
      expect(compression).toBeGreaterThan(better.compression);
    }
  });

  it('takes every pixel as it is, where the link is good enough', () => {
    const exact = linkQualities.filter((each) => pictureSettings(each).quality === null);
    expect(exact).toEqual(['good', 'excellent']);
  });
});
