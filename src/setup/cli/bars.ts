/** Eighths of a block, for the end of a bar. */
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;
const levels = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** A share from 0 to 1 as a bar of this many characters, with its number: `███▍······  34 %`. */
export function barText(share: number, width = 30): string {
  const filled = Math.round(clamped(share) * width * eighths.length);
  const whole = Math.floor(filled / eighths.length);
  const end = eighths[filled % eighths.length] ?? '';
  const bar = `${'█'.repeat(whole)}${end}`.padEnd(width, '·');
  return `${bar} ${percent(share).padStart(5)}`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Shares from 0 to 1 as a line of small bars; a gap where there is none. */
export function sparkline(shares: readonly (number | null)[]): string {
  return shares
    .map((share) => {
      if (share === null) return ' ';
      return levels[Math.min(levels.length - 1, Math.floor(clamped(share) * levels.length))];
    })
    .join('');
}

function clamped(share: number): number {
  return Math.min(1, Math.max(0, share));
}
