import { generateKeyPairSync, sign as signature } from 'node:crypto'
import type { Signer } from './first-sight.ts'

/** Tokens that every guard has to refuse, by what is wrong with them. An empty text stands for no token at all. */
export type BadTokens = Readonly<Record<(typeof KINDS)[number], string>>

const KINDS = [
  'no token',
  'alg none',
  'no signature',
  'changed claims',
  'another key',
  'expired',
  'not valid yet',
] as const

/** `good` is a token that is let in; `expired` and `early` were, or will be. */
export function badTokensOf(good: string, expired: string, early: string): BadTokens {
  const [header = '', payload = '', genuine = ''] = good.split('.')
  const changed = part({ ...read(payload), sub: 'somebody else' })
  return {
    'no token': '',
    'alg none': `${part({ ...read(header), alg: 'none' })}.${payload}.`,
    'no signature': `${header}.${payload}.`,
    'changed claims': `${header}.${changed}.${genuine}`,
    'another key': `${header}.${payload}.${signedByAnother(`${header}.${payload}`, genuine)}`,
    expired,
    'not valid yet': early,
  }
}

/** The same of whoever signs by itself. */
export function badTokensBy(signer: Signer): BadTokens {
  const now = Math.floor(Date.now() / 1000)
  return badTokensOf(
    signer.sign('good'),
    signer.sign('expired', { iat: now - 7200, exp: now - 3600 }),
    signer.sign('early', { iat: now + 3600, nbf: now + 3600, exp: now + 7200 }),
  )
}

/** A signature of the right length: of elliptic curves a real one by a fresh key, else noise out of one. */
function signedByAnother(text: string, genuine: string): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const made = signature('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  const length = Buffer.from(genuine, 'base64url').length
  return Buffer.concat(Array(Math.ceil(length / made.length)).fill(made))
    .subarray(0, length)
    .toString('base64url')
}

function read(text: string): object {
  return JSON.parse(Buffer.from(text, 'base64url').toString())
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
