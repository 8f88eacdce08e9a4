import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { systemClock } from '../../src/contract/clock.ts';

/**
 * A process that restores a backup and is killed right before its nth change to the file system, as
 * a power cut would do it. Arguments: data folder, backup, n; DATABASE_URL as for brokers. Ends by
 * itself where there are not as many.
 */
const [dataDir = '', file = '', doom = '0'] = process.argv.slice(2);
let left = Number(doom);

function doomed<A extends unknown[], R>(change: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
    return change(...args);
  };
}

for (const name of ['mkdir', 'rename', 'rm', 'writeFile'] as const) {
  Object.assign(fs, { [name]: doomed(fs[name] as (...args: unknown[]) => unknown) });
}
syncBuiltinESMExports();

// Only now: what is imported before has the functions as they were.
const { restoreBroker } = await import('../../src/broker/backup/backups.ts');
const databaseUrl = process.env.DATABASE_URL;
await restoreBroker({ dataDir, databaseUrl, file, clock: systemClock, replace: true });
