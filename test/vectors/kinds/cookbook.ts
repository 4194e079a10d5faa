import type { Json, JsonObject } from '../../../src/base/strict-json.ts'
import { isJsonObject } from '../../../src/base/strict-json.ts'
import { isMembers, kind, type Members, type Report } from '../tally.ts'
import { isGenuine, keysOf } from './keys.ts'

interface Input {
  readonly key?: JsonObject
  readonly alg?: string
}
type Output = Readonly<Partial<Record<'compact' | 'json' | 'json_flat', Json>>>
interface Step {
  readonly input: Input
  readonly output: Output
}

/**
 * The cookbook of RFC 7520: what it signs compactly is accepted by its own key; what it encrypts, detaches, leaves
 * unprotected or writes as JSON is refused on purpose.
 */
export const cookbook = kind<Members>(
  'cookbook of RFC 7520',
  (content) =>
    isStep(content) || isStep(content.sign) || isStep(content.encrypt) || typeof content.kty === 'string',
  (content, report) => {
    if (typeof content.kty === 'string') return runKey(content as JsonObject, report)
    if (isStep(content)) return runStep('', content as unknown as Step, report)
    for (const name of ['sign', 'encrypt']) {
      if (isStep(content[name])) runStep(`${name} `, content[name] as unknown as Step, report)
    }
  },
)

function isStep(value: unknown): boolean {
  return (
    isMembers(value) &&
    isMembers(value.input) &&
    'alg' in value.input &&
    ('output' in value || 'encrypting_key' in value)
  )
}

const SIGNED = /^(?:[EPR]S|HS)\d{3}$|^EdDSA$/

function runStep(name: string, { input, output = {} }: Step, report: Report): void {
  const { key, alg = '' } = input
  const keys = key === undefined ? undefined : keysOf({ ...key, alg })
  const { compact } = output
  if (typeof compact === 'string') {
    const wanted = SIGNED.test(alg) && !isUnencoded(compact) && !compact.includes('..')
    report.check(`${name}compact`, isGenuine(compact, keys) === wanted, wanted ? 'refused' : 'accepted')
  }
  for (const form of ['json', 'json_flat'] as const) {
    const document = output[form]
    if (document === undefined) continue
    report.check(
      `${name}${form}`,
      !isGenuine(JSON.stringify(document), keys),
      'JSON serialisation was accepted',
    )
    report.check(
      `${name}${form} joined`,
      !isGenuine(joined(document), keys) || compact !== undefined,
      'accepted',
    )
  }
  if (output.compact === undefined && output.json === undefined && output.json_flat === undefined) {
    report.skip('a file of the cookbook that shows no token')
  }
}

/** Its payload stands there as it is (RFC 7797), which a JWT must not. */
function isUnencoded(compact: string): boolean {
  const header: unknown = JSON.parse(Buffer.from(compact.split('.')[0] ?? '', 'base64url').toString())
  return isMembers(header) && 'b64' in header
}

/** The parts of a JSON serialisation put together as if they were a compact one. */
function joined(document: Json): string {
  const flat = isJsonObject(document) ? document : {}
  const first: unknown = Array.isArray(flat.signatures) ? flat.signatures[0] : flat
  const part = isMembers(first) ? first : {}
  return [part.protected ?? '', flat.payload ?? '', part.signature ?? ''].join('.')
}

/** A key by itself: public ones with an algorithm are read, those without are refused (A3). */
function runKey(jwk: JsonObject, report: Report): void {
  report.check(
    'key as it is',
    (keysOf(jwk)?.all.length ?? 0) === (usable(jwk) ? 1 : 0),
    'read or refused wrongly',
  )
  if (jwk.kty === 'RSA')
    report.check('as RS256', keysOf({ ...jwk, alg: 'RS256' })?.all.length === 1, 'refused')
  if (jwk.kty === 'EC' && jwk.crv === 'P-521') {
    report.check('as ES512', keysOf({ ...jwk, alg: 'ES512' })?.all.length === 1, 'refused')
    report.check('as ES256', keysOf({ ...jwk, alg: 'ES256' })?.all.length === 0, 'read')
  }
}

function usable({ alg, use }: JsonObject): boolean {
  return typeof alg === 'string' && SIGNED.test(alg) && use !== 'enc'
}
