import { createHash, generateKeyPairSync, type KeyObject, randomBytes, randomInt } from 'node:crypto'

/** A key or secret of a run, by the name that a case file gives it. */
export type MadeKey =
  | {
      readonly kind: 'pair'
      readonly alg: 'RS256' | 'ES256' | 'EdDSA'
      readonly publicKey: KeyObject
      readonly privateKey: KeyObject
    }
  | { readonly kind: 'secret'; readonly text: string }

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Makes a key of a kind that the vocabulary names. Throws on any other. */
export function makeKey(kind: string): MadeKey {
  if (kind === 'rsa2048')
    return { kind: 'pair', alg: 'RS256', ...generateKeyPairSync('rsa', { modulusLength: 2048 }) }
  if (kind === 'p256')
    return { kind: 'pair', alg: 'ES256', ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) }
  if (kind === 'ed25519') return { kind: 'pair', alg: 'EdDSA', ...generateKeyPairSync('ed25519') }
  const literal = /^literal:(.+)$/s.exec(kind)?.[1]
  if (literal !== undefined) return { kind: 'secret', text: literal }
  const [, encoding, count] = /^secret:(?:(base64|base64url|hex):)?([1-9]\d*)$/.exec(kind) ?? []
  if (count === undefined) throw new Error(`no kind of key: ${kind}`)
  const size = Number(count)
  if (encoding === undefined)
    return {
      kind: 'secret',
      text: Array.from({ length: size }, () => LETTERS[randomInt(LETTERS.length)]).join(''),
    }
  return { kind: 'secret', text: randomBytes(size).toString(encoding as BufferEncoding) }
}

export function publicJwk(key: MadeKey): Record<string, string> {
  if (key.kind !== 'pair') throw new Error('a secret has no public key')
  return key.publicKey.export({ format: 'jwk' }) as Record<string, string>
}

/** RFC 7638: the members that matter, in order of their names. */
export function thumbprint(key: MadeKey): string {
  const { crv, e, kty, n, x, y } = publicJwk(key)
  const essence = kty === 'RSA' ? { e, kty, n } : kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x }
  return createHash('sha256').update(JSON.stringify(essence)).digest('base64url')
}
