/**
 * What a walk through a stream asks for: that many bytes to look at, or to pass over. Numbers of
 * bytes to read are 32 at most.
 */
export type Step = { read: number } | { skip: number };

/**
 * A walk is resumed with the bytes that it asked for. The view is written anew with each step, so
 * what is needed later is taken out at once.
 */
export type Walk<Result = void> = Generator<Step, Result, DataView>;

/** What is said can't be followed any further: where it ends is not known. */
export class UnknownSyntaxError extends Error {
  override readonly name = 'UnknownSyntaxError';
}

export function* readByte(): Walk<number> {
  return (yield { read: 1 }).getUint8(0);
}

/** A payload behind its length in four bytes. */
export function* skipCounted(): Walk {
  const head = yield { read: 4 };
  yield { skip: head.getUint32(0) };
}
