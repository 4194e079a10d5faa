import {
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomUUID,
  sign as signature,
} from 'node:crypto'
import type { RefusalAnswer } from '../src/errors/refusal-answer.ts'
import type { Gated } from '../src/index.ts'

const ISSUER = 'http://127.0.0.1'
const LIFE_SECONDS = 3600

/** Makes access tokens of one key, as any issuer would. */
export interface Signer {
  readonly algorithm: string
  readonly secret: Buffer
  readonly publicKey: KeyObject | undefined
  readonly kid: string
  sign(jti: string, claims?: Readonly<Record<string, unknown>>): string
}

export function signerOf(algorithm: string, type = 'at+jwt'): Signer {
  const secret = randomBytes(32)
  const kid = randomUUID()
  const pair =
    algorithm === 'HS256'
      ? undefined
      : algorithm === 'RS256'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const header = part({ alg: algorithm, typ: type, kid })
  return {
    algorithm,
    secret,
    publicKey: pair?.publicKey,
    kid,
    sign(jti, own = {}) {
      const iat = Math.floor(Date.now() / 1000)
      const claims = {
        iss: ISSUER,
        aud: ISSUER,
        sub: 'a2d1f3a0-7a7e-4d3a-9a5c-2f7d4b8e9c10',
        client_id: 'first-party',
        iat,
        exp: iat + LIFE_SECONDS,
        jti,
        scope: 'profile:read orders:read',
        ...own,
      }
      const text = `${header}.${part(claims)}`
      const made =
        pair === undefined
          ? createHmac('sha256', secret).update(text).digest()
          : signature('sha256', Buffer.from(text), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' })
      return `${text}.${made.toString('base64url')}`
    },
  }
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** The guard as built, with a memory of nothing: every token is seen for the first time. */
export async function firstSightGate({ algorithm, secret, publicKey, kid }: Signer): Promise<Gated> {
  const dist = async (path: string) => import(new URL(`../dist/${path}`, import.meta.url).href)
  const [
    { createAccessReader },
    { bearer },
    { createGuard },
    { createGate },
    { guardedClock },
    keys,
    answers,
  ] = await Promise.all(
    [
      'tokens/read-access.js',
      'guard/credentials/bearer.js',
      'guard/guard.js',
      'guard/gate.js',
      'base/clock.js',
      'keys/verification-key.js',
      'errors/refusal-answer.js',
    ].map(dist),
  )
  const key =
    publicKey === undefined
      ? keys.hmacVerificationKey(secret, kid)
      : keys.importPublicJwk({ ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' })
  const clock = guardedClock()
  const reader = createAccessReader({
    issuer: ISSUER,
    audience: ISSUER,
    keys: (asked: string) => (asked === kid ? key : undefined),
    clock,
    maxLifetimeSeconds: LIFE_SECONDS,
    revocation: () => undefined,
    cache: { maxBytes: 0 },
  })
  const guard = createGuard([bearer(reader.read)], clock, console.error)
  const gate = createGate({ guard, refuse: refusedBy(answers.RefusalAnswer), waiting: () => undefined })
  return { gate, ready: async () => undefined }
}

/** Shaped as ours, and told from a principal by its class. */
function refusedBy(Answer: typeof RefusalAnswer): () => RefusalAnswer {
  return () => new Answer(401, {}, '')
}
