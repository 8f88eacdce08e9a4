/** Such as `48 MiB`, rounded up: what takes room shows. */
export function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 ** 2)} MiB`;
}
