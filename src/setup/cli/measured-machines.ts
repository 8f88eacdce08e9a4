import { existsSync } from 'node:fs';
import { openAdmin } from '../../broker/admin.ts';
import { CodedError } from '../../contract/errors.ts';
import type { MeasuredMachines } from './plan.ts';

/**
 * The guests of a broker, as it last wrote them down, whether it runs or not.
 * @throws store-missing, store-damaged, store-unreachable
 */
export const measuredMachines: MeasuredMachines = async (dataDir, databaseUrl) => {
  // To open a store makes one where there is none.
  if (!existsSync(dataDir)) throw new CodedError('store-missing', { detail: dataDir });
  const admin = await openAdmin({ dataDir, cacheDir: dataDir, databaseUrl });
  try {
    return await admin.machines();
  } finally {
    await admin.close();
  }
};
