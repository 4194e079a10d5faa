import { createCipheriv, createDecipheriv } from 'node:crypto'
import { decodeBase64Url, encodeBase64Url } from '../base/base64url.ts'
import type { Random } from '../base/random.ts'
import type { SecretKey, SecretKeys } from './secret-keys.ts'

const VERSION = 's1'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Encrypts what must be read back (AES-256-GCM, NIST SP 800-38D) under a sub-key of a secret key. The purpose is
 * bound in, so that a sealed value cannot be moved to another place. The text names the secret key by fingerprint.
 */
export function seal(plain: string, purpose: string, key: SecretKey, random: Random): string {
  const nonce = random(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key.subKey('seal'), nonce)
  cipher.setAAD(Buffer.from(purpose))
  const body = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return `${VERSION}.${key.fingerprint}.${encodeBase64Url(body)}`
}

/** Why a sealed value cannot be read: its secret key is not in the list, or the text was changed. */
export type Unreadable = 'key_missing' | 'damaged'

/** Decrypts a sealed value for the purpose it was sealed for. */
export function unseal(
  sealed: string,
  purpose: string,
  keys: SecretKeys,
): { readonly plain: string } | { readonly unreadable: Unreadable } {
  const [version, fingerprint, text] = sealed.split('.')
  const body = text === undefined ? undefined : decodeBase64Url(text)
  if (version !== VERSION || body === undefined || body.length < NONCE_BYTES + TAG_BYTES) {
    return { unreadable: 'damaged' }
  }
  const key = keys.find(fingerprint ?? '')
  if (key === undefined) return { unreadable: 'key_missing' }
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.subKey('seal'), body.subarray(0, NONCE_BYTES))
    decipher.setAAD(Buffer.from(purpose))
    decipher.setAuthTag(body.subarray(-TAG_BYTES))
    const plain = decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8')
    return { plain: plain + decipher.final('utf8') }
  } catch {
    return { unreadable: 'damaged' }
  }
}

/** The fingerprint of the secret key that a sealed value names. */
export function sealedWith(sealed: string): string | undefined {
  return sealed.split('.')[1]
}
