/** By how much the values grow from one to the next: linear regression by least squares. */
export function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let together = 0;
  let alone = 0;
  for (const [index, value] of values.entries()) {
    together += (index - middle) * (value - mean);
    alone += (index - middle) ** 2;
  }
  return together / alone;
}
