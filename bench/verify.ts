import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  createVerify,
  type KeyObject,
  randomBytes,
  randomUUID,
  timingSafeEqual,
  verify as verifySignature,
} from 'node:crypto'
import { createVerifier as createFastJwt } from 'fast-jwt'
import { jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { guardedClock } from '../src/base/clock.ts'
import { systemRandom } from '../src/base/random.ts'
import { Refusal } from '../src/errors/refusal.ts'
import { bearer } from '../src/guard/credentials/bearer.ts'
import { createGuard } from '../src/guard/guard.ts'
import { derOfEcdsa } from '../src/keys/ecdsa-signature.ts'
import { generateSigningKey, hmacSigningKey } from '../src/keys/signing-key.ts'
import type { VerificationKey } from '../src/keys/verification-key.ts'
import { signedIn } from '../src/model/access.ts'
import type { AccessClaims } from '../src/model/access-token.ts'
import { createRevocationFeed, type RevocationFeed } from '../src/revocation/feed.ts'
import { createRevocationState } from '../src/revocation/state.ts'
import { mintAccessToken } from '../src/tokens/mint-access.ts'
import { type AccessReader, createAccessReader } from '../src/tokens/read-access.ts'
import { keyLookup } from '../test/keys/key-lookup.ts'
import { type Contender, takeTurns } from './rounds.ts'

const ISSUER = 'https://issuer.example'
const AUDIENCE = 'https://api.example'
const clock = guardedClock()

const algorithms = ['ES256', 'EdDSA', 'RS256', 'HS256'] as const
type Algorithm = (typeof algorithms)[number]

/** A key as we, the peers and node:crypto take it. */
interface Material {
  readonly algorithm: Algorithm
  readonly sign: (claims: AccessClaims) => string
  readonly verification: VerificationKey
  readonly key: KeyObject
  readonly text: string | Buffer
}

function materialOf(algorithm: Algorithm): Material {
  if (algorithm === 'HS256') {
    const secret = randomBytes(32)
    const signer = hmacSigningKey(secret, 'secret')
    const { verification } = signer
    const sign = (claims: AccessClaims) => mintAccessToken(claims, signer)
    return { algorithm, sign, verification, key: createSecretKey(secret), text: secret }
  }
  const signer = generateSigningKey(algorithm)
  const key = createPublicKey(createPrivateKey({ format: 'jwk', key: { ...signer.privateJwk() } }))
  const text = key.export({ type: 'spki', format: 'pem' }).toString()
  const sign = (claims: AccessClaims) => mintAccessToken(claims, signer)
  return { algorithm, sign, verification: signer.verification, key, text }
}

function claims(): AccessClaims {
  const now = Math.floor(Date.now() / 1000)
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: randomUUID(),
    client_id: 'first-party',
    iat: now,
    exp: now + 3600,
    jti: randomUUID(),
    sid: randomUUID(),
    ver: '1.1.1',
    scope: 'orders:read orders:write profile:read',
    roles: ['user'],
    amr: ['pwd'],
    auth_time: now,
  }
}

/** Each in one piece, as they come over the wire: a text put together of parts would be looked up part by part. */
const tokensOf = (material: Material, count: number): string[] =>
  Array.from({ length: count }, () => Buffer.from(material.sign(claims())).toString('latin1'))

function readerOf(material: Material, maxBytes: number, feed?: RevocationFeed): AccessReader {
  return createAccessReader({
    issuer: ISSUER,
    audience: AUDIENCE,
    keys: keyLookup([material.verification]),
    clock,
    maxLifetimeSeconds: 3600,
    cache: { maxBytes },
    ...(feed && { revocation: feed.refuses }),
  })
}

/** Reads tokens one after another; a refusal ends the run. */
function readsOf(reader: AccessReader, tokens: readonly string[]): Contender {
  return (from, to) => {
    for (let at = from; at < to; at++) {
      const outcome = reader.read(tokens[at] ?? '')
      if (outcome instanceof Refusal) throw new Error(outcome.code)
    }
  }
}

/** The same by a function of a peer, which throws. */
function callsOf(verify: (token: string) => unknown, tokens: readonly string[]): Contender {
  return (from, to) => {
    for (let at = from; at < to; at++) verify(tokens[at] ?? '')
  }
}

/** As many live entries as asked for, none of them about our tokens, and fresh. */
async function revocationsOf(entries: number): Promise<RevocationFeed> {
  const state = createRevocationState({ clock, random: systemRandom, mostEntries: 2 * entries })
  const kinds = ['session', 'token', 'user'] as const
  const slice = 10_000
  for (let at = 0; at < entries; at += slice) {
    state.add(
      Array.from({ length: slice }, (_, index) => {
        const kind = kinds[index % kinds.length] ?? 'session'
        const least = kind === 'user' ? 1 : undefined
        return { kind, ref: randomUUID(), least, remainingMilliseconds: 3_600_000 }
      }),
    )
  }
  if (state.size !== entries) throw new Error(`${state.size} entries`)
  const answer = {
    entries: [],
    complete: true,
    cursor: '1',
    identity: 'bench',
    storeEpoch: 1,
    ringVersion: 1,
  }
  const feed = createRevocationFeed({
    revocations: { pull: async () => ({ ...answer, coveredLifeSeconds: 3600 }) },
    state,
    clock,
    maxStalenessMilliseconds: 3_600_000,
  })
  await feed.pullNow()
  return feed
}

const out = (line: string): void => void process.stdout.write(`${line}\n`)

function row(name: string, microseconds: number, note = ''): void {
  out(
    `${name.padEnd(46)} ${microseconds.toFixed(3).padStart(9)} us ${`${(1e6 / microseconds).toFixed(0)}/s`.padStart(12)}  ${note}`,
  )
}

/** What was promised, and whether it held in this run. */
const goals: string[] = []
function goal(what: string, holds: boolean): void {
  goals.push(`${holds ? 'held  ' : 'MISSED'}  ${what}`)
}

const peerOptions = { allowedIss: ISSUER, allowedAud: AUDIENCE, checkTyp: 'at+jwt' }

/** 10,000 tokens in turn, each known, among a million live revocations. */
async function warm(algorithm: 'ES256' | 'HS256'): Promise<void> {
  const count = 10_000
  const material = materialOf(algorithm)
  const tokens = tokensOf(material, count)
  const feed = await revocationsOf(1_000_000)
  const reader = readerOf(material, 64 * 1024 * 1024, feed)
  const guard = createGuard([bearer(reader.read)], clock, (error) => {
    throw error
  })
  const requests = tokens.map((token) => ({
    method: 'GET',
    target: '/orders',
    params: {},
    header: (name: string) => (name === 'authorization' ? `Bearer ${token}` : undefined),
  }))
  const cached = createFastJwt({
    key: material.text,
    algorithms: [algorithm],
    ...peerOptions,
    cache: 2 * count,
  })
  const measured = await takeTurns(
    {
      ours: readsOf(reader, tokens),
      guard: (from, to) => {
        for (let at = from; at < to; at++) {
          const request = requests[at]
          if (request && guard(request, signedIn) instanceof Refusal) throw new Error('refused')
        }
      },
      fastJwtCached: callsOf(cached, tokens),
    },
    { count, rounds: 40, warmUp: 5, slice: 100 },
  )
  const few = 200
  const uncached = createFastJwt({
    key: material.text,
    algorithms: [algorithm],
    ...peerOptions,
    cache: false,
  })
  const peers = { issuer: ISSUER, audience: AUDIENCE }
  const slow = await takeTurns(
    {
      fastJwt: callsOf(uncached, tokens),
      jose: async (from, to) => {
        for (let at = from; at < to; at++) {
          await jwtVerify(tokens[at] ?? '', material.key, { ...peers, typ: 'at+jwt' })
        }
      },
      jsonwebtoken: callsOf(
        (token) => jsonwebtoken.verify(token, material.key, { ...peers, algorithms: [algorithm] }),
        tokens,
      ),
    },
    { count: few, rounds: 20, slice: 10 },
  )
  const ours = measured.ours
  out(`\n${algorithm}, remembered: 10,000 tokens in turn, 1,000,000 live revocations (peers know of none)`)
  row('countersign', ours)
  row('countersign, the whole guard of a route', measured.guard)
  row('fast-jwt, its cache', measured.fastJwtCached, `${(measured.fastJwtCached / ours).toFixed(1)} x`)
  for (const [name, best] of Object.entries(slow)) {
    row(name === 'fastJwt' ? 'fast-jwt, no cache' : name, best, `${(best / ours).toFixed(1)} x`)
  }
  goal(`${algorithm}: warm at most 1.5 us (${ours.toFixed(3)})`, ours <= 1.5)
  goal(
    `${algorithm}: 10 x fast-jwt without its cache (${(slow.fastJwt / ours).toFixed(1)} x)`,
    slow.fastJwt >= 10 * ours,
  )
  goal(
    `${algorithm}: 5 x fast-jwt with its cache (${(measured.fastJwtCached / ours).toFixed(1)} x)`,
    measured.fastJwtCached >= 5 * ours,
  )
}

/** What node:crypto takes for the same signatures, by the quicker of its two ways, with everything prepared. */
function bare({ algorithm, key }: Material, tokens: readonly string[]): Readonly<Record<string, Contender>> {
  const prepared = tokens.map((token) => {
    const at = token.lastIndexOf('.')
    const text = token.slice(0, at)
    return {
      text,
      input: Buffer.from(text, 'latin1'),
      signature: Buffer.from(token.slice(at + 1), 'base64url'),
      der: algorithm === 'ES256' ? derOfEcdsa(Buffer.from(token.slice(at + 1), 'base64url')) : undefined,
    }
  })
  const each = (isGenuine: (token: (typeof prepared)[number]) => boolean): Contender => {
    return (from, to) => {
      for (const token of prepared.slice(from, to)) if (!isGenuine(token)) throw new Error('not genuine')
    }
  }
  if (algorithm === 'HS256') {
    const hmac = ({ input, signature }: (typeof prepared)[number]) =>
      timingSafeEqual(createHmac('sha256', key).update(input).digest(), signature)
    return { hmac: each(hmac) }
  }
  const prepareKey = algorithm === 'ES256' ? ({ key, dsaEncoding: 'ieee-p1363' } as const) : key
  const digest = algorithm === 'EdDSA' ? null : 'sha256'
  const oneShot = each(({ input, signature }) => verifySignature(digest, input, prepareKey, signature))
  if (algorithm === 'EdDSA') return { oneShot }
  const streamed = each(({ text, signature }) =>
    createVerify('sha256').update(text, 'latin1').verify(prepareKey, signature),
  )
  if (algorithm !== 'ES256') return { oneShot, streamed }
  const inDer = each(
    ({ text, der }) => der !== undefined && createVerify('sha256').update(text, 'latin1').verify(key, der),
  )
  return { oneShot, streamed, inDer }
}

/** What nobody can leave out beside the signature: to decode the claims and to parse them. */
function readings(tokens: readonly string[]): Contender {
  return (from, to) => {
    for (const token of tokens.slice(from, to)) {
      const payload = token.slice(token.indexOf('.') + 1, token.lastIndexOf('.'))
      JSON.parse(Buffer.from(payload, 'base64url').toString())
    }
  }
}

/** Tokens seen for the first time, beside the signature check alone. */
async function cold(): Promise<void> {
  out('\nSeen for the first time, beside node:crypto checking the same signatures and nothing else')
  const count = 200
  for (const algorithm of algorithms) {
    const material = materialOf(algorithm)
    const tokens = tokensOf(material, count)
    const reader = readerOf(material, 0)
    const measured: Record<string, number> = await takeTurns(
      { ours: readsOf(reader, tokens), reading: readings(tokens), ...bare(material, tokens) },
      { count, rounds: 60, slice: algorithm === 'HS256' ? 50 : 5 },
    )
    // What nobody can hand over as a token has it: the signatures turned into OpenSSL's own form beforehand.
    const { ours = Number.NaN, reading = Number.NaN, inDer, ...others } = measured
    const alone = Math.min(...Object.values(others))
    const share = (100 * alone) / ours
    row(`countersign, ${algorithm}`, ours, `${share.toFixed(1)} % of bare`)
    row(`node:crypto, ${algorithm}`, alone)
    if (inDer !== undefined) row(`node:crypto, ${algorithm}, signatures made DER before`, inDer)
    const limit = ((100 * alone) / (alone + reading)).toFixed(1)
    row('base64url and JSON.parse of the claims', reading, `with it alone: ${limit} % of bare`)
    const wanted = algorithm === 'HS256' ? 50 : 95
    goal(
      `${algorithm}: cold at least ${wanted} % of bare node:crypto (${share.toFixed(1)} %)`,
      share >= wanted,
    )
  }
}

/** Ten times more live tokens than the memory holds. */
async function overfull(): Promise<void> {
  out('\nTen times more live tokens than the memory holds')
  const count = 10_000
  for (const algorithm of ['HS256', 'ES256'] as const) {
    const material = materialOf(algorithm)
    const tokens = tokensOf(material, count)
    const bytesOfOne = (tokens[0]?.length ?? 0) * 2 + 1800
    const remembering = readerOf(material, (count / 10) * bytesOfOne)
    const forgetting = readerOf(material, 0)
    const measured = await takeTurns(
      { remembering: readsOf(remembering, tokens), forgetting: readsOf(forgetting, tokens) },
      { count, rounds: algorithm === 'HS256' ? 20 : 6, warmUp: 3, slice: algorithm === 'HS256' ? 50 : 5 },
    )
    row(`${algorithm}, a memory for a tenth of them`, measured.remembering)
    row(`${algorithm}, no memory`, measured.forgetting)
    const ratio = measured.remembering / measured.forgetting
    goal(`${algorithm}: a memory that is too small costs nothing (${ratio.toFixed(3)} of none)`, ratio <= 1)
  }
}

await warm('ES256')
await warm('HS256')
await cold()
await overfull()
out('')
for (const line of goals) out(line)
