import { hash } from 'node:crypto'

/**
 * What the store holds of a secret that is presented to us: its SHA-256, base64url. For secrets of 128 random bits and
 * more, which nobody can guess; a password is hashed slowly (`HashQueue`).
 */
export function hashSecret(secret: Uint8Array | string): string {
  return hash('sha256', secret, 'base64url')
}
