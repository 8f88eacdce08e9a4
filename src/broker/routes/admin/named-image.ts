import { CodedError } from '../../../contract/errors.ts';

/**
 * What is done to an image that the caller names: one that is not there is a mistake of the caller's
 * (404), where a desktop that has lost its image is a fault of the broker's. @throws not-found
 */
export async function ofNamedImage<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'image-unknown') throw error;
    throw new CodedError('not-found', { detail: `image ${error.detail}`, cause: error });
  }
}
