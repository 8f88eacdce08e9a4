import { CodedError } from '../../contract/errors.ts';
import { isDuplicate } from '../store/duplicate.ts';

/** @throws name-taken when the store refuses what was written because of a row like it */
export async function withUniqueName<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isDuplicate(error)) throw new CodedError('name-taken', { detail: name, cause: error });
    throw error;
  }
}
