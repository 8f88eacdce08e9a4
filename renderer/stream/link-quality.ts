import type { LinkSample } from './link-meter.ts';

/** From worst to best. */
export const linkQualities = ['poor', 'fair', 'good', 'excellent'] as const;
export type LinkQuality = (typeof linkQualities)[number];

/**
 * How the picture is asked for: noVNC's `qualityLevel` and `compressionLevel`, both 0 to 9. Without a
 * quality every pixel comes as it is.
 */
export type PictureSettings = { quality: number | null; compression: number };

const settings: Record<LinkQuality, PictureSettings> = {
  poor: { quality: 1, compression: 9 },
  fair: { quality: 4, compression: 6 },
  good: { quality: null, compression: 2 },
  excellent: { quality: null, compression: 1 },
};

export function pictureSettings(quality: LinkQuality): PictureSettings {
  return settings[quality];
}

/** The rating in force, and how many samples in a row have asked for a change, and which way. */
export type LinkRating = { quality: LinkQuality; trend: 'up' | 'down' | null; streak: number };

export const initialRating: LinkRating = { quality: 'good', trend: null, streak: 0 };

/** A worse link is believed sooner than a better one: a stuttering picture hurts more. */
const samplesNeeded = { up: 4, down: 2 } as const;

const longestRoundTripMs = { excellent: 60, good: 120, fair: 250 } as const;
const leastBytesPerSecond = { excellent: 4e6, good: 1e6, fair: 250e3 } as const;

/** One sample more. Moves one step at a time, and only when the samples agree for long enough. */
export function rateLink(rating: LinkRating, sample: LinkSample): LinkRating {
  const measured = measuredQuality(sample);
  if (measured === null) return rating;
  const now = linkQualities.indexOf(rating.quality);
  const wanted = linkQualities.indexOf(measured);
  if (wanted === now) return { ...rating, trend: null, streak: 0 };

  const trend = wanted > now ? 'up' : 'down';
  const streak = trend === rating.trend ? rating.streak + 1 : 1;
  if (streak < samplesNeeded[trend]) return { ...rating, trend, streak };
  const quality = linkQualities[now + (trend === 'up' ? 1 : -1)] ?? rating.quality;
  return { quality, trend: null, streak: 0 };
}

/** The worse of what round trip and throughput say; null when neither was measured. */
function measuredQuality({ roundTripMs, bytesPerSecond }: LinkSample): LinkQuality | null {
  const ratings = [
    roundTripMs === null ? null : firstOf((level) => roundTripMs <= longestRoundTripMs[level]),
    bytesPerSecond === null
      ? null
      : firstOf((level) => bytesPerSecond >= leastBytesPerSecond[level]),
  ];
  return linkQualities.find((quality) => ratings.includes(quality)) ?? null;
}

function firstOf(holds: (level: 'excellent' | 'good' | 'fair') => boolean): LinkQuality {
  return (['excellent', 'good', 'fair'] as const).find(holds) ?? 'poor';
}
