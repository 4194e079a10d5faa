import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { encodeBase64Url } from '../../base/base64url.ts'
import type { ClientProof } from './provider.ts'

type AppleKey = Extract<ClientProof, { readonly way: 'apple' }>

const APPLE = 'https://appleid.apple.com'
/** Apple takes them for half a year; one that is made for each request need not live longer than that. Seconds. */
const LIFE_SECONDS = 300

/**
 * What Apple takes in the place of a client secret: a token of ours, by the key that it gave us for it
 * (developer.apple.com, "Creating a client secret"). `now` is in seconds since 1970.
 */
export function appleClientSecret(
  { teamId, keyId, privateKey }: AppleKey,
  clientId: string,
  now: number,
): string {
  const header = { alg: 'ES256', kid: keyId }
  const claims = { iss: teamId, iat: now, exp: now + LIFE_SECONDS, aud: APPLE, sub: clientId }
  const input = [header, claims].map((part) => encodeBase64Url(JSON.stringify(part))).join('.')
  const key = { key: createPrivateKey(privateKey), dsaEncoding: 'ieee-p1363' } as const
  return `${input}.${encodeBase64Url(sign('sha256', Buffer.from(input), key))}`
}

/** Whether the text is a key as Apple gives them out: P-256, PKCS #8 in PEM. */
export function isAppleKey(text: string): boolean {
  let key: KeyObject
  try {
    key = createPrivateKey(text)
  } catch {
    return false
  }
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
}
