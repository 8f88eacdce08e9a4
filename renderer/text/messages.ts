import type { ErrorCode } from '../../src/contract/errors.ts';
import type { en } from './en.ts';

export type MessageKey = keyof typeof en;

/** A catalogue: a key that is missing or unknown is a type error. */
export type Messages = Record<MessageKey, string>;

/** Problems in another language. In English they carry their own words; see contract/errors.ts. */
export type ProblemTexts = Record<ErrorCode, { message: string; remedy: string }>;
