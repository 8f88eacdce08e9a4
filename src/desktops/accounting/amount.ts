const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

/** Bytes as a person reads them: `300 MB`, `4.2 GB`. */
export function amount(bytes: number): string {
  const whole = Math.max(0, bytes);
  return whole < GiB ? `${Math.round(whole / MiB)} MB` : `${(whole / GiB).toFixed(1)} GB`;
}
