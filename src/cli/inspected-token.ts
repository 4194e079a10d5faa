import type { JsonObject } from '../base/strict-json.ts'
import { Refusal } from '../errors/refusal.ts'
import { parseCompact, readJsonPart } from '../tokens/compact.ts'

/** What a token says of itself. Nothing of it is proven. */
export interface InspectedToken {
  readonly kind: string
  readonly proven: false
  readonly header: JsonObject
  readonly claims: JsonObject
  /** The claims that are times, in words. */
  readonly times: Readonly<Record<string, string>>
}

const TIME_CLAIMS = ['iat', 'nbf', 'exp', 'auth_time', 'updated_at']

/**
 * Takes a signed token apart for people. Checks neither signature nor any claim. Throws an Error with a plain sentence
 * where there is nothing to read, which names what was given instead and never quotes it.
 */
export function inspectToken(given: string, nowMilliseconds: number): InspectedToken {
  const token = given.replace(/^(?:authorization:\s*)?bearer\s+/i, '')
  const parsed = parseCompact(token)
  if (parsed instanceof Refusal) throw new Error(kindOfUnreadable(token, parsed))
  const claims = readJsonPart(parsed.payload, 'payload')
  if (claims instanceof Refusal)
    throw new Error('a signed text whose payload is no JSON object: no token with claims')
  const times = TIME_CLAIMS.flatMap((name) => {
    const words = timeInWords(claims[name], nowMilliseconds)
    return words === undefined ? [] : [[name, words] as const]
  })
  return {
    kind: kindOf(parsed.header, claims),
    proven: false,
    header: parsed.header,
    claims,
    times: Object.fromEntries(times),
  }
}

function kindOf({ typ }: JsonObject, claims: JsonObject): string {
  const type = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : undefined
  if (type === 'at+jwt') return 'access token (RFC 9068)'
  if (type === 'logout+jwt') return 'logout token (OpenID Connect Back-Channel Logout)'
  if (type === 'dpop+jwt') return 'DPoP proof (RFC 9449)'
  const forClient = claims.nonce !== undefined || claims.at_hash !== undefined || claims.c_hash !== undefined
  return forClient ? 'ID token (OpenID Connect Core)' : 'signed token (JWT) that does not say what it is for'
}

/** Prefixes of secrets, which are for scanners; see the token formats. */
const PREFIXES: readonly (readonly [string, string])[] = [
  [
    'cs_rt_',
    'a refresh token: it is opaque on purpose, and a secret; `countersign users sessions` shows its session',
  ],
  ['cs_', 'a secret of this issuer, such as an API key or client secret: it holds no claims'],
]

function kindOfUnreadable(token: string, { code }: Refusal): string {
  const known = PREFIXES.find(([prefix]) => token.startsWith(prefix))
  if (known !== undefined) return known[1]
  switch (code) {
    case 'TOKEN_IS_JWE':
      return 'an encrypted token (JWE): only its addressee can read it'
    case 'TOKEN_OPAQUE':
      return token === '' ? 'nothing was given' : 'an opaque token: only its issuer knows what it stands for'
    case 'TOKEN_TRUNCATED':
      return 'a signed token that was cut off'
    case 'TOKEN_TOO_LARGE':
      return 'longer than any token that is read here (8192 characters)'
    default:
      return `no signed token in its one spelling (${code})`
  }
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** A NumericDate (RFC 7519 section 2) as a date and its distance from now. */
function timeInWords(value: unknown, nowMilliseconds: number): string | undefined {
  if (typeof value !== 'number') return undefined
  const date = new Date(value * 1000)
  if (Number.isNaN(date.getTime())) return 'no time there is'
  const seconds = Math.round(value - nowMilliseconds / 1000)
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1]
  const count = Math.floor(Math.abs(seconds) / size)
  const distance = `${count} ${unit}${count === 1 ? '' : 's'}`
  return `${date.toISOString().replace('.000Z', 'Z')}, ${seconds < 0 ? `${distance} ago` : `in ${distance}`}`
}
