import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits in base64url: 43 characters, safe in a header and as a WebSocket subprotocol. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** What is stored in place of a random secret. Needs no salt: nobody can guess what it is of. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
