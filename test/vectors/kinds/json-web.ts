import type { Json, JsonObject } from '../../../src/base/strict-json.ts'
import { Refusal } from '../../../src/errors/refusal.ts'
import { parseCompact } from '../../../src/tokens/compact.ts'
import { firstOf, isMembers, type Kind, kind, type Report } from '../tally.ts'
import { isGenuine, type Jwks, keysOf, publicOf } from './keys.ts'

interface Test {
  readonly tcId: number
  readonly comment: string
  readonly flags?: readonly string[]
  readonly jws?: Json
  readonly jwe?: Json
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

interface Group {
  readonly comment: string
  readonly public?: Jwks
  readonly private?: Jwks
  readonly tests: readonly Test[]
}

interface Wycheproof {
  readonly testGroups: readonly Group[]
}

/** Labelled valid upstream, though key and token name different algorithms: refused here (A3). */
const OTHER_ALGORITHM = new Set([346, 347, 350, 351])

function runGroups({ testGroups }: Wycheproof, report: Report): void {
  const tests = testGroups.flatMap((group) => group.tests)
  const valid = new Set(tests.filter(({ result }) => result === 'valid').map(({ jws }) => jws))
  for (const group of testGroups) {
    const given = group.public ?? group.private
    const keys = given === undefined ? undefined : keysOf(given)
    for (const test of group.tests) runTest(test, keys, valid, report)
  }
}

function runTest(
  test: Test,
  keys: ReturnType<typeof keysOf>,
  valid: ReadonlySet<unknown>,
  report: Report,
): void {
  const { tcId, comment, flags = [], jws, jwe, result } = test
  const token = jws ?? jwe
  if (jwe !== undefined) {
    report.check(
      tcId,
      !isGenuine(token, keys) && !isSigned(token),
      `${comment}: an encrypted token was taken`,
    )
    return
  }
  if (result === 'invalid' && valid.has(jws)) {
    report.skip('labelled invalid, though byte for byte a case that is labelled valid')
    return
  }
  // Our rules decide where they are stricter: one algorithm a key (A3), compact serialisation only (A13).
  const refusedOnPurpose =
    typeof jws !== 'string' || jws.trimStart().startsWith('{') || OTHER_ALGORITHM.has(tcId)
  const wanted = result === 'valid' && !refusedOnPurpose && !flags.includes('JsonSerialization')
  const genuine = isGenuine(token, keys)
  report.check(tcId, genuine === wanted, `${comment}: ${genuine ? 'accepted' : 'refused'}`)
}

/** Whether it would be read as a signed token at all. */
function isSigned(token: Json | undefined): boolean {
  if (typeof token !== 'string') return false
  const compact = parseCompact(token)
  return !(compact instanceof Refusal) && compact.header.enc === undefined
}

const TYPES = ['JsonWebSignature', 'JsonWebKey', 'JsonWebCrypto', 'JsonWebEncryption']

/** Wycheproof's files of signed and encrypted tokens, keys and key sets. */
export const jsonWeb: readonly Kind[] = [
  kind<Wycheproof>(
    'json web tokens of Wycheproof',
    ({ testGroups }) => TYPES.includes(String(firstOf(testGroups).type)),
    runGroups,
  ),
]

interface Example {
  readonly id: string
  readonly alg: string
  readonly jwk: JsonObject
  readonly token: string
}

/** The examples of RFC 7515 and 8037. Their keys do not name an algorithm, so the file says it. */
export const signedExamples: Kind = kind<{
  readonly examples: readonly Example[]
  readonly unsecured?: { readonly id: string; readonly token: string }
}>(
  'signed examples of the RFCs',
  ({ examples }) => isMembers(firstOf(examples).jwk) && typeof firstOf(examples).token === 'string',
  ({ examples, unsecured }, report) => {
    for (const { id, alg, jwk, token } of examples) {
      const keys = keysOf({ ...jwk, alg })
      report.check(id, isGenuine(token, keys), 'refused')
      report.check(`${id} changed`, !isGenuine(changed(token), keys), 'accepted')
      report.check(`${id} without an algorithm of the key`, !isGenuine(token, keysOf(jwk)), 'accepted')
      for (const other of ['ES256', 'RS256', 'HS256', 'EdDSA', 'PS256'].filter((name) => name !== alg)) {
        report.check(
          `${id} by ${other}`,
          !isGenuine(token, keysOf({ ...publicOf(jwk), alg: other })),
          'accepted',
        )
      }
      if (unsecured !== undefined) report.check(unsecured.id, !isGenuine(unsecured.token, keys), 'accepted')
    }
  },
)

function changed(token: string): string {
  const [header, payload = '', signature] = token.split('.')
  const first = payload.startsWith('A') ? 'B' : 'A'
  return [header, first + payload.slice(1), signature].join('.')
}
