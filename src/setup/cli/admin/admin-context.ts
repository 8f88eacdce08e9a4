import type { Admin } from '../../../broker/admin.ts';
import type { CommandContext } from '../context.ts';

/** What the commands of `porthole admin` have in common. */
export type AdminContext = CommandContext & {
  cacheDir(): string;
  /** Opens the store for the time of the work. */
  withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T>;
};
