import { encodeBase64Url } from '../base/base64url.ts'
import { createSecretKeys, type SecretKey, type SecretKeys } from './secret-keys.ts'
import { type HmacSigningKey, hmacSigningKey } from './signing-key.ts'

/**
 * The shared secrets of HS256: all are checked with, one signs. They are in no key set, and their `kid` is a keyed hash
 * that tells nothing about them.
 */
export interface SigningSecrets {
  /** The secret that signs: the first that every live node reads. Undefined while there is none. */
  signing(): HmacSigningKey | undefined
  /** The first of the list. */
  readonly first: HmacSigningKey
  readonly fingerprints: readonly string[]
  find(kid: string): HmacSigningKey | undefined
  noteReaders(nodes: readonly { readonly signingSecrets: readonly string[] }[]): void
  /** For whoever must check our tokens elsewhere. Its characters are the secret, as they are. */
  reveal(): { readonly kid: string; readonly secret: string }
}

/**
 * Signing secrets from JWT_SECRET, first one first. Their characters are the secret, as libraries of most languages
 * take them; nothing is decoded. Their strength is checked by the configuration.
 */
export function signingSecretsOf(texts: readonly string[]): SigningSecrets {
  const keys = texts.map((text) => {
    const [fingerprint = ''] = createSecretKeys([text]).fingerprints
    return { text, key: hmacSigningKey(Buffer.from(text), `hs-${fingerprint}`) }
  })
  const [first] = keys
  if (first === undefined) throw new RangeError('a list of signing secrets holds at least one')
  let signing: (typeof keys)[number] | undefined = first
  return {
    signing: () => signing?.key,
    first: first.key,
    fingerprints: keys.map(({ key }) => key.kid),
    find: (kid) => keys.find(({ key }) => key.kid === kid)?.key,
    noteReaders(nodes) {
      signing = keys.find(({ key }) => nodes.every((node) => node.signingSecrets.includes(key.kid)))
    },
    reveal() {
      const { key, text } = signing ?? first
      return { kid: key.kid, secret: text }
    },
  }
}

/**
 * Signing secrets where no JWT_SECRET is given: one derived from each entry of SECRET_KEY, which itself never signs and
 * is never shared (PROTOCOL 3.5).
 */
export function derivedSigningSecrets(secretKeys: SecretKeys): SigningSecrets {
  const derive = (key: SecretKey | undefined) => encodeBase64Url(key?.subKey('jwt-hs256') ?? new Uint8Array())
  return signingSecretsOf(secretKeys.fingerprints.map((fingerprint) => derive(secretKeys.find(fingerprint))))
}
