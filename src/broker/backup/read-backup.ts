import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { CodedError } from '../../contract/errors.ts';
import { migrationNames } from '../store/migrate.ts';
import {
  type BackupHeader,
  type BackupKeyFile,
  type BackupLine,
  type BackupRow,
  lineSchema,
} from './format.ts';

/** Names of the columns of each table, in order. */
export type Columns = ReadonlyMap<string, string>;

/**
 * What is in a backup, the header first, as it comes. That all of it is as it was written shows at the
 * end: until then nothing of it may have an effect that cannot be undone.
 * @throws backup-damaged, with the line
 */
export async function* readBackup(
  file: string,
  columns: Columns,
): AsyncIterable<BackupHeader | BackupRow | BackupKeyFile> {
  const digest = createHash('sha256');
  let number = 0;
  let last: BackupLine | null = null;
  try {
    for await (const text of textLines(file)) {
      number += 1;
      if (last !== null && 'sha256' in last) throw new Error('it goes on after its end');
      const line = lineSchema.parse(JSON.parse(text));
      if ('format' in line !== (number === 1)) throw new Error('this is no header');
      if ('sha256' in line) assertSame(line.sha256, digest.digest('hex'));
      else digest.update(`${text}\n`);
      if ('migrations' in line) assertSame(line.migrations.join(), migrationNames.join());
      if ('row' in line) assertColumns(line, columns);
      if (!('sha256' in line)) yield line;
      last = line;
    }
    if (last === null || !('sha256' in last)) throw new Error('it has no end');
  } catch (cause) {
    throw new CodedError('backup-damaged', { detail: `${file}, line ${number}`, cause });
  }
}

function assertSame(found: string, wanted: string): void {
  if (found !== wanted) throw new Error(`${found} is not ${wanted}`);
}

function assertColumns({ table, row }: BackupRow, columns: Columns): void {
  const names = Object.keys(row).toSorted().join();
  const wanted = columns.get(table);
  if (names !== wanted) throw new Error(`columns of ${table}: ${names} instead of ${wanted}`);
}

async function* textLines(file: string): AsyncIterable<string> {
  const compressed = createReadStream(file);
  const plain = createGunzip();
  compressed.on('error', (error) => plain.destroy(error));
  compressed.pipe(plain);
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const chunk of plain) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
    if (rest !== '') throw new Error('its last line is cut off');
  } finally {
    compressed.destroy();
  }
}
