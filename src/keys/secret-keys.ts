import { createHmac, createSecretKey, hkdfSync } from 'node:crypto'
import { hmacAlgorithms } from './algorithm.ts'
import { hmacOf, type Mac } from './hmac.ts'

/** One entry of SECRET_KEY. The secret itself stays inside; what leaves are sub-keys, each for one purpose. */
export interface SecretKey {
  /** Eight hexadecimal characters that name the key in tokens, rows and logs and tell nothing about it. */
  readonly fingerprint: string
  /** 32 bytes for one purpose (HKDF-SHA256, RFC 5869); the same each time. */
  subKey(purpose: string): Uint8Array
  /** The HMAC-SHA256 of a text under the sub-key of a purpose. Both are latin1, one character a byte. */
  mac(purpose: string, text: string): string
}

/** The list of SECRET_KEY: all are read, one writes. */
export interface SecretKeys {
  /** The key that new things are made with: the first of the list that every live node reads. */
  readonly writing: SecretKey
  readonly fingerprints: readonly string[]
  find(fingerprint: string): SecretKey | undefined
  /**
   * Takes note of what each live node reads. A deploy that changes the list reaches the nodes one by one; until the
   * last has the new key, what it wrote would be unreadable there.
   */
  noteReaders(nodes: readonly { readonly secretKeys: readonly string[] }[]): void
}

/** Prepares the entries of SECRET_KEY, first one first. Their strength is checked by the configuration. */
export function createSecretKeys(secrets: readonly string[]): SecretKeys {
  const keys = secrets.map(prepare)
  const byFingerprint = new Map(keys.map((key) => [key.fingerprint, key]))
  const [first] = keys
  if (first === undefined) throw new RangeError('a list of secret keys holds at least one')
  let writing = first
  return {
    get writing() {
      return writing
    },
    fingerprints: keys.map((key) => key.fingerprint),
    find: (fingerprint) => byFingerprint.get(fingerprint),
    noteReaders(nodes) {
      writing = keys.find((key) => nodes.every((node) => node.secretKeys.includes(key.fingerprint))) ?? first
    },
  }
}

function prepare(secret: string): SecretKey {
  const subKeys = new Map<string, Uint8Array>()
  const macs = new Map<string, Mac>()
  const derive = (purpose: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', secret, 'countersign', purpose, 32))
  const subKey = (purpose: string): Uint8Array => {
    const known = subKeys.get(purpose)
    if (known) return known
    const made = derive(purpose)
    subKeys.set(purpose, made)
    return made
  }
  return {
    fingerprint: createHmac('sha256', derive('fingerprint')).update('fingerprint').digest('hex').slice(0, 8),
    subKey,
    mac(purpose, text) {
      const macOf = macs.get(purpose) ?? hmacOf(createSecretKey(subKey(purpose)), hmacAlgorithms.HS256)
      macs.set(purpose, macOf)
      return macOf(text)
    },
  }
}
