import { createHmac, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { JsonObject } from '../base/strict-json.ts'
import { bearer, compose, headerOf, type Idea } from './idea.ts'

/** HS256 with the public key, which everybody has, as the secret (CVE-2015-9235 and many after it). */
export const publicKeyAsSecret: Idea = {
  name: 'public-key-as-secret',
  what: 'a token signed with the public key as if that were a shared secret',
  requires: ['publicKeys'],
  answer: 401,
  make: ({ publicKeys = [], claims, genuine }) =>
    publicKeys.flatMap((jwk) =>
      textsOf(jwk).map(([form, secret]) => {
        const header = { typ: 'at+jwt', ...headerOf(genuine), alg: 'HS256', ...(jwk.kid && { kid: jwk.kid }) }
        return bearer(
          form,
          compose(header, claims, (input) => createHmac('sha256', secret).update(input).digest()),
        )
      }),
    ),
}

/** The forms in which libraries have been seen to take a public key. */
function textsOf(jwk: JsonObject): [string, Buffer | string][] {
  const key = keyOf(jwk)
  if (key === undefined) return []
  const pem = key.export({ format: 'pem', type: 'spki' }).toString()
  const pkcs1: [string, string][] =
    key.asymmetricKeyType === 'rsa'
      ? [['PKCS#1 PEM', key.export({ format: 'pem', type: 'pkcs1' }).toString()]]
      : []
  return [
    ['PEM', pem],
    ['PEM without its last line break', pem.trimEnd()],
    ['PEM with CR LF', pem.replaceAll('\n', '\r\n')],
    ['DER', key.export({ format: 'der', type: 'spki' })],
    ['JWK', JSON.stringify(jwk)],
    ...pkcs1,
  ]
}

function keyOf(jwk: JsonObject): KeyObject | undefined {
  try {
    return createPublicKey({ format: 'jwk', key: jwk as JsonWebKey })
  } catch {
    return undefined
  }
}
