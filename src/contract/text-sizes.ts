/** Sizes that a person can have the terminal's text in, in per cent of the usual one. */
export const textSizes = [100, 150, 200] as const;
export type TextSize = (typeof textSizes)[number];
