import type { Preferences, Scaling } from '../../src/contract/ipc.ts';

export type ScreenChoice = Pick<Preferences, 'scaling' | 'density'>;

export type Size = { width: number; height: number };

/** All that decides how large a desktop's picture is shown. */
export type ScreenSituation = {
  scaling: Scaling;
  /** In pixels of the desktop. */
  guest: Size;
  /** What the window has for the picture, in CSS pixels. */
  room: Size;
  /** Device pixels in a CSS pixel. */
  devicePixelRatio: number;
  /** Pixels that the desktop should have in each CSS pixel, where it takes the window's size. */
  density: number;
};

export type ScreenLayout = {
  /** CSS pixels in a pixel of the desktop. */
  scale: number;
  /** Whether each pixel is shown as a square, rather than smoothed. */
  isPixelated: boolean;
};

/** A desktop may round the size that it is asked for; a margin of a few pixels blurs nothing. */
const widestMargin = 16;

/** The size that a desktop has to have to fill the room. */
export function wantedSize({ room, density }: Pick<ScreenSituation, 'room' | 'density'>): Size {
  return { width: Math.floor(room.width * density), height: Math.floor(room.height * density) };
}

export function layOut(situation: ScreenSituation): ScreenLayout {
  const { scaling, guest, devicePixelRatio, density } = situation;
  switch (scaling) {
    case 'follow':
      return smooth(hasTakenSize(situation) ? 1 / density : fitting(situation));
    case 'fit':
      return smooth(fitting(situation));
    case 'actual':
      return smooth(1 / devicePixelRatio);
    case 'multiples': {
      const times = Math.floor(fitting(situation) * devicePixelRatio);
      // A desktop that is larger than the window has no whole multiple that fits.
      if (times < 1 || guest.width === 0) return smooth(fitting(situation));
      return { scale: times / devicePixelRatio, isPixelated: true };
    }
  }
}

function smooth(scale: number): ScreenLayout {
  return { scale, isPixelated: false };
}

export function hasTakenSize(situation: Omit<ScreenSituation, 'scaling'>): boolean {
  const wanted = wantedSize(situation);
  const margins = [wanted.width - situation.guest.width, wanted.height - situation.guest.height];
  return margins.every((margin) => margin >= 0 && margin < widestMargin);
}

function fitting({ guest, room }: ScreenSituation): number {
  if (guest.width === 0 || guest.height === 0) return 0;
  return Math.min(room.width / guest.width, room.height / guest.height);
}
