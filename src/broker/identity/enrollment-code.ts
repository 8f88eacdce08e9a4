import { randomInt } from 'node:crypto';

/** No 0 and O, no 1, I and L: people read codes off one screen and type them on another. */
const alphabet = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';
const length = 8;

/** A fresh code without dashes: 31^8, about 40 bits, for minutes and against a throttle. */
export function randomEnrollmentCode(): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}

/** As it is shown: XXXX-XXXX. */
export function formatEnrollmentCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}
