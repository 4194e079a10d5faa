import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { encodeBase64Url } from '../../src/base/base64url.ts'
import { Refusal } from '../../src/errors/refusal.ts'
import { generateSigningKey, hmacSigningKey, type Signer } from '../../src/keys/signing-key.ts'
import { createAccessReader } from '../../src/tokens/read-access.ts'
import { countOf } from '../counts.ts'
import { keyLookup } from '../keys/key-lookup.ts'
import { seed } from '../store/seeded.ts'
import { type Claims, sign } from '../verify/stand-in.ts'

const count = countOf({ quick: 5000, full: 200_000, long: 10_000_000 })

/** mulberry32: small, and the same on every machine. */
function chanceFrom(start: number) {
  let state = start
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
  const oneOf = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item
  return { below, oneOf }
}

const NOW = 1_790_000_000
const ISSUER = 'https://issuer.example'
const AUDIENCE = 'https://api.example'
const GOOD: Claims = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: '9b2f6c1e-7a57-4c1a-9a52-2f1f6c1d0001',
  client_id: 'web',
  iat: NOW,
  exp: NOW + 600,
  jti: 'f2b6a8b0',
  scope: 'orders:read',
  roles: ['user'],
  ver: '1.1.1',
}

const keys: readonly (Signer & {
  verification: Parameters<typeof keyLookup>[0] extends Iterable<infer Key> ? Key : never
})[] = [generateSigningKey('EdDSA'), generateSigningKey('ES256'), hmacSigningKey(randomBytes(32), 'secret')]

/** What no claim of its kind may be. */
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  iss: [undefined, null, 7, [ISSUER], `${ISSUER}/`, '', {}, 'https://issuer.example.evil'],
  aud: [undefined, null, [], {}, `${AUDIENCE}/`, [AUDIENCE.toUpperCase()], [[AUDIENCE]], 0],
  sub: [undefined, null, 7, ['x'], '', true],
  client_id: [undefined, null, 7, ['x'], ''],
  iat: [undefined, null, String(NOW), NOW + 60, [NOW], 1e308 * 10, {}],
  exp: [undefined, null, String(NOW + 600), NOW - 6, (NOW + 600) * 1000, NOW + 1e6, [NOW + 600], -1, true],
  nbf: [null, NOW + 60, String(NOW), [], {}],
  jti: [undefined, null, 7, '', []],
  scope: [null, 7, ['orders:read'], {}],
  roles: [null, 'admin', [7], [['admin']], {}],
  ver: [null, 1, '1', '1.1', '01.1.1', '1.1.-1', '1.1.1.1', ['1.1.1']],
  sid: [null, 7, '', []],
  amr: [null, 'pwd', [1]],
  auth_time: [null, 'now', [NOW]],
  cnf: [null, {}, { jkt: 'x' }, 'x', 0],
}
const HEADERS: readonly Claims[] = [
  { alg: undefined },
  { alg: 'none' },
  { alg: 'nOnE' },
  { alg: '' },
  { alg: ['EdDSA'] },
  { alg: 'RS256' },
  { alg: 'constructor' },
  { typ: undefined },
  { typ: 'JWT' },
  { typ: 'at+jwt\0' },
  { typ: ['at+jwt'] },
  { kid: undefined },
  { kid: '__proto__' },
  { kid: ['secret'] },
  { kid: '../../dev/null' },
  { crit: ['exp'] },
  { crit: [] },
  { crit: null },
  { b64: false },
  { enc: 'A128GCM', alg: 'dir' },
]
const PIECES = [
  '.',
  '..',
  '=',
  ' ',
  '\n',
  '\0',
  'é',
  '{',
  '"',
  'A',
  '-',
  '_',
  '+',
  '/',
  '%2e',
  '🙂',
  '\ud800',
  'eyJ',
]

type Chance = ReturnType<typeof chanceFrom>

/** Genuine signatures over what no access token may say. */
function signedWrongly(chance: Chance): string {
  const key = chance.oneOf(keys)
  if (chance.below(3) === 0) return sign(key, GOOD, chance.oneOf(HEADERS))
  const claim = chance.oneOf(Object.keys(WRONG))
  return sign(key, { ...GOOD, [claim]: chance.oneOf(WRONG[claim] ?? []) })
}

/** JSON that two readers might read differently, under a genuine signature. */
function signedOddly(chance: Chance): string {
  const key = chance.oneOf(keys)
  const header = JSON.stringify({ alg: key.algorithm, typ: 'at+jwt', kid: key.kid })
  const payload = JSON.stringify(GOOD)
  const name = chance.oneOf(['exp', 'iss', 'alg', 'a', 'constructor', '\\u0061'])
  const [odd, isHeader] = chance.oneOf<[(json: string) => string, boolean]>([
    [(json) => json.replace('{', '{"exp":1,'), false],
    [(json) => json.replace('{', '{"\\u0069ss":"https://issuer.example",'), false],
    [(json) => json.replace('{', '{"alg":"none",'), true],
    [(json) => json.replace('{', '{"k\\u0069d":"x",'), true],
    [(json) => `${json.slice(0, -1)},"deep":${'['.repeat(9)}${']'.repeat(9)}}`, false],
    [(json) => `[${json}]`, false],
    [(json) => `${json}x`, false],
    [(json) => `\ufeff${json}`, false],
    [(json) => json.slice(0, -1), false],
    [(json) => json.replaceAll('"', "'"), false],
    [(json) => json.replace('{', `{"${name}":1,"${name}":1,`), false],
    [() => '"text"', false],
    [() => 'null', false],
    [() => '', false],
    [() => 'null', true],
    [(json) => `${json.slice(0, -1)},"long":"${'x'.repeat(8000)}"}`, false],
  ])
  const parts = isHeader ? [odd(header), payload] : [header, odd(payload)]
  const input = parts.map(encodeBase64Url).join('.')
  return `${input}.${encodeBase64Url(key.sign(input))}`
}

/** A genuine token in another spelling. */
function respelt(good: string, chance: Chance): string {
  const at = chance.below(good.length + 1)
  const piece = chance.oneOf(PIECES)
  const parts = good.split('.')
  return chance.oneOf([
    () => good.slice(0, at) + piece + good.slice(at),
    () => good.slice(0, at) + piece + good.slice(at + 1),
    () => good.slice(0, at),
    () => good.slice(at),
    () => good.slice(at) + good.slice(0, at),
    () => good.repeat(1 + chance.below(3)) + piece,
    () => [...parts].reverse().join('.'),
    () => [...parts, chance.oneOf(parts)].join('.'),
    () => parts.with(chance.below(3), '').join('.'),
    () => parts.with(chance.below(3), chance.oneOf(parts)).join('.'),
    () => parts.with(2, (parts[2] ?? '').toUpperCase()).join('.'),
    () => encodeURIComponent(`${good}=`),
    () => Buffer.from(good).toString('base64'),
    () => JSON.stringify({ protected: parts[0], payload: parts[1], signature: parts[2] }),
  ])()
}

/** The parts of two genuine tokens mixed. */
function spliced(goods: readonly string[], chance: Chance): string {
  return [0, 1, 2].map((part) => chance.oneOf(goods).split('.')[part]).join('.')
}

function noise(chance: Chance): string {
  const length = chance.below(chance.below(20) === 0 ? 20_000 : 300)
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; at++) bytes[at] = chance.below(256)
  return chance.oneOf([
    () => bytes.toString('latin1'),
    () => bytes.toString('base64url'),
    () => bytes.toString('utf8'),
    () =>
      `eyJ${bytes.toString('base64url')}.eyJ${bytes.toString('base64url')}.${bytes.toString('base64url')}`,
    () => '.'.repeat(length),
    () => `${encodeBase64Url('{"alg":'.repeat(length % 50))}.${encodeBase64Url('['.repeat(length))}.AA`,
  ])()
}

test(`A12: ${count} hostile tokens: none accepted, nothing thrown (seed ${seed})`, (t) => {
  const chance = chanceFrom(seed)
  const errors: unknown[] = []
  const { read } = createAccessReader({
    issuer: ISSUER,
    audience: AUDIENCE,
    keys: keyLookup(keys.map(({ verification }) => verification)),
    clock: { now: () => NOW * 1000, elapsed: () => 0 },
    maxLifetimeSeconds: 3600,
    report: (error) => void errors.push(error),
  })
  // Remembered, so that what is like them meets the memory too.
  const goods = keys.flatMap((key) => ['a', 'b'].map((jti) => sign(key, { ...GOOD, jti })))
  const isGood = new Set(goods)
  const acceptsGoods = () => goods.every((token) => !(read(token) instanceof Refusal))
  for (let time = 0; time < 3; time++) assert.ok(acceptsGoods(), 'what is good is accepted')

  const makers: readonly (() => string)[] = [
    () => signedWrongly(chance),
    () => signedOddly(chance),
    () => respelt(chance.oneOf(goods), chance),
    () => respelt(chance.oneOf(goods), chance),
    () => spliced(goods, chance),
    () => noise(chance),
    () => noise(chance),
  ]
  let slowest = { milliseconds: 0, characters: 0 }
  for (let index = 0; index < count; index++) {
    const token = chance.oneOf(makers)()
    if (isGood.has(token)) continue
    const started = performance.now()
    const outcome = read(token)
    if (performance.now() - started > slowest.milliseconds) {
      // On a busy machine one reading says little: it is read again, and its best time counts.
      const milliseconds = Math.min(...Array.from({ length: 10 }, () => timeOf(() => read(token))))
      if (milliseconds > slowest.milliseconds) slowest = { milliseconds, characters: token.length }
    }
    assert.ok(outcome instanceof Refusal && outcome.code !== 'INTERNAL', `${index}: ${JSON.stringify(token)}`)
  }
  assert.deepEqual(errors, [])
  assert.ok(acceptsGoods(), 'what is good is still accepted')
  t.diagnostic(`the slowest took ${slowest.milliseconds.toFixed(3)} ms (${slowest.characters} characters)`)
})

function timeOf(work: () => unknown): number {
  const started = performance.now()
  work()
  return performance.now() - started
}
