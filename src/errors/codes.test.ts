import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { refusalsDoc } from '../../scripts/refusals-doc.ts'
import { type ClientCodeFacts, clientCodes } from './client-codes.ts'
import { type CatalogueEntry, catalogue } from './codes.ts'

const entries = Object.entries<CatalogueEntry>(catalogue)
const told = Object.entries<ClientCodeFacts>(clientCodes)

/** Letters of the registry and the names we give its groups. */
const groupNames: Readonly<Record<string, string>> = {
  T: 'transport',
  P: 'proxy',
  F: 'format',
  K: 'keys',
  C: 'time',
  E: 'issuer',
  R: 'revocation',
  U: 'account',
  Z: 'permission',
  X: 'refresh',
  O: 'code flow',
  A: 'client',
  L: 'limits',
  G: 'wiring',
  D: 'docs',
  W: 'socket',
  S: 'replicas',
}
const effectNames: Readonly<Record<string, string>> = { rej: 'refused', acc: 'accepted', both: 'both' }

type RegistryRow = readonly [code: string, group: string, effect: string, clientCode: string]
const registry: readonly RegistryRow[] = JSON.parse(
  readFileSync(new URL('./registry.json', import.meta.url), 'utf8'),
)

test('the catalogue holds every cause of the shared registry, and marks all others as our own', () => {
  const ours = entries
    .filter(([, entry]) => !entry.own)
    .map(([code, { group, effect, clientCode }]) => [code, group, effect, clientCode])
  const theirs = registry.map(([code, group, effect, clientCode]) => [
    code,
    groupNames[group],
    effectNames[effect],
    clientCode,
  ])
  assert.deepEqual(ours.sort(), theirs.sort())
})

test('the copy of the registry is that of the shared test data', (t) => {
  const shared = new URL('../../../shared/doctor-cases.json', import.meta.url)
  if (!existsSync(shared)) return t.skip('the shared test data is not here')
  type SharedRow = { code: string; group: string; effect: string; client_code: string }
  const { code_registry: rows }: { code_registry: SharedRow[] } = JSON.parse(readFileSync(shared, 'utf8'))
  const causes = rows.filter(({ group }) => group !== 'control')
  assert.deepEqual(
    registry,
    causes.map(({ code, group, effect, client_code }) => [code, group, effect, client_code]),
  )
})

test('no cause stands in two groups', async () => {
  const folder = new URL('./catalogue/', import.meta.url)
  const names = [...new Set(entries.map(([, { group }]) => group.replace(' ', '-')))]
  const groups = await Promise.all(names.map((name) => import(new URL(`${name}.ts`, folder).href)))
  const codes = groups.flatMap((module) => Object.values<object>(module).flatMap(Object.keys))
  assert.equal(codes.length, entries.length)
  assert.equal(new Set(codes).size, codes.length)
})

test('G-5: a sentence for the client tells no more than its client code', () => {
  const closed = new Map<string, Set<string>>()
  for (const [code, { clientCode, sentence, group }] of entries) {
    if (clientCode === 'none') {
      assert.equal(sentence, clientCodes.server_error.sentence, code)
      continue
    }
    if (clientCodes[clientCode].open) continue
    // What was presented (a refresh token, a code, anything else) is known to the client.
    const presented = group === 'refresh' || group === 'code flow' ? group : 'anything'
    const key = `${clientCode} ${presented}`
    closed.set(key, (closed.get(key) ?? new Set()).add(sentence))
  }
  for (const [key, sentences] of closed) assert.equal(sentences.size, 1, key)
})

test('E6: an unknown name, a wrong password and a locked account look alike', () => {
  const facts = (['CREDENTIALS_WRONG', 'ACCOUNT_LOCKED', 'PASSWORD_HASH_LIBRARY'] as const).map((code) => {
    const { clientCode, status, sentence } = catalogue[code]
    return JSON.stringify([clientCode, status, sentence])
  })
  assert.equal(new Set(facts).size, 1)
})

test('the status of a cause is that of its client code, but for the exact ones of HTTP', () => {
  const exceptions = entries
    .filter(
      ([, { clientCode, status }]) => clientCode !== 'none' && clientCodes[clientCode].status !== status,
    )
    .map(([code, { status }]) => [code, status])
  assert.deepEqual(Object.fromEntries(exceptions), {
    LOGIN_WRONG_CONTENT_TYPE: 415,
    BODY_TOO_LARGE: 413,
    MEDIA_TYPE_UNSUPPORTED: 415,
    METHOD_NOT_ALLOWED: 405,
    DEVELOPMENT_EXPOSED: 421,
    DEVICE_CODE_DENIED: 400,
  })
  for (const [code, { status }] of told) {
    if (code.startsWith('token_')) assert.equal(status, 401, code)
  }
  assert.equal(clientCodes.too_many_requests.status, 429)
  assert.equal(clientCodes.try_again.status, 503)
})

test('sentences for clients fit into a challenge header as they are', () => {
  for (const { sentence } of [...told.map(([, facts]) => facts), ...entries.map(([, entry]) => entry)]) {
    assert.match(sentence, /^[A-Z][\x20\x23-\x5b\x5d-\x7e]{10,110}\.$/)
  }
})

test('every text is a sentence, calm and complete', () => {
  for (const [code, { meaning, hint, prevented, sentence }] of entries) {
    for (const text of [meaning, hint, prevented ?? hint, sentence]) {
      assert.match(text, /^[\p{Lu}`\d]|^[a-z]+[A-Z`]|^`|^nginx/u, `${code} begins: ${text}`)
      assert.match(text, /\.$/, `${code} ends: ${text}`)
      assert.doesNotMatch(text, /!|\s\s|\boops\b|\bsorry\b|\bstupid\b|\byour fault\b|\byou forgot\b/i, code)
    }
    assert.notEqual(meaning, hint, code)
  }
})

test('docs/refusals.md says what the catalogue says', () => {
  const file = new URL('../../docs/refusals.md', import.meta.url)
  assert.ok(readFileSync(file, 'utf8') === refusalsDoc(), 'run: node scripts/refusals-doc.ts')
})
