import { InvalidArgumentError } from 'commander';
import type { ImageVersion } from '../../contract/image.ts';
import { tableText } from './table.ts';

/** Versions as a table; the current one is marked. */
export function versionsText(versions: readonly Omit<ImageVersion, 'dependents'>[]): string {
  const rows = versions.map(({ version, kind, created, bytes, current, notes }) => {
    const size = `${Math.ceil(bytes / 1024 ** 2)} MiB`;
    return [`${version}${current ? ' *' : ''}`, kind, size, created.slice(0, 10), notes];
  });
  return tableText(['VERSION', 'KIND', 'SIZE', 'CREATED', 'NOTES'], rows);
}

/** For an argument that takes the number of a version. */
export function versionNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('This takes a whole number.');
}
