import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Actor } from '../audit/actor.ts';
import { createAuditLog } from '../audit/audit-log.ts';
import { migrationNames } from '../store/migrate.ts';
import type { Store } from '../store/store.ts';
import { type BackupLine, isBackedUp, tableNames } from './format.ts';
import { readKeyFiles } from './key-folder.ts';
import { rowsOf } from './table-rows.ts';

export type BackupOrder = { store: Store; dataDir: string; file: string; clock: Clock; by: Actor };

/**
 * Writes everything that makes this broker itself to a file that only its owner may read: the store
 * as it is at one moment, and the keys. The broker may run on meanwhile.
 * @throws name-taken where there is a file already
 */
export async function writeBackup(order: BackupOrder): Promise<void> {
  const { store, file, clock, by } = order;
  await claim(file);
  const draft = `${file}.new`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    await writeAll(handle, order);
    await rename(draft, file);
  } catch (error) {
    for (const path of [draft, file]) await rm(path, { force: true });
    throw error;
  }
  await createAuditLog({ db: store.db, clock }).append({
    ...by,
    action: 'broker.backed-up',
    target: null,
    outcome: 'done',
    code: null,
    detail: { file: basename(file) },
  });
}

/** Takes the name, so that nothing is ever overwritten, by two at once neither. */
async function claim(file: string): Promise<void> {
  try {
    await (await open(file, 'wx', 0o600)).close();
  } catch (cause) {
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    throw exists ? new CodedError('name-taken', { detail: file, cause }) : cause;
  }
}

async function writeAll(handle: FileHandle, order: BackupOrder): Promise<void> {
  await order.store.db
    .transaction()
    .setAccessMode('read only')
    .setIsolationLevel('repeatable read')
    .execute(async (db) => {
      const lines = withDigest(linesOf({ ...order, store: { ...order.store, db } }));
      await pipeline(Readable.from(lines), createGzip(), handle.createWriteStream({ flush: true }));
    });
}

async function* linesOf({ store, dataDir, clock }: BackupOrder): AsyncIterable<BackupLine> {
  yield {
    format: 'porthole-backup',
    version: 1,
    migrations: [...migrationNames],
    createdAt: new Date(clock.now()).toISOString(),
  };
  for (const table of tableNames) {
    for await (const row of rowsOf(store.db, store.dialect, table)) {
      const kept = Object.entries(row).filter(([column]) => isBackedUp(table, column));
      yield { table, row: Object.fromEntries(kept) };
    }
  }
  yield* await readKeyFiles(dataDir);
}

async function* withDigest(lines: AsyncIterable<BackupLine>): AsyncIterable<string> {
  const digest = createHash('sha256');
  for await (const line of lines) {
    const text = `${JSON.stringify(line)}\n`;
    digest.update(text);
    yield text;
  }
  yield `${JSON.stringify({ sha256: digest.digest('hex') })}\n`;
}
