import assert from 'node:assert/strict'
import { test } from 'node:test'
import { build, described, made, operationOf, responseOf } from '../../test/openapi/shown-document.ts'
import { catalogue } from '../errors/codes.ts'
import { Refusal } from '../errors/refusal.ts'
import { oauthErrorAnswer, problemAnswer } from '../http/error-response.ts'
import { Access, needs, signedIn } from '../model/access.ts'
import type { DescribedRoute } from './described-route.ts'

test('F-10: refusals follow from access, body and query', () => {
  for (const row of described) {
    const requirement = Access.requirementOf(row.access)
    const statuses = Object.keys(operationOf(row).responses).map(Number)
    const has = (status: number, due: boolean) =>
      assert.equal(statuses.includes(status), due, `${row.method} ${row.path}: ${status}`)
    const named = (status: number) => status in row.answers
    has(401, requirement !== undefined || named(401))
    has(403, Boolean(requirement?.scopes ?? requirement?.roles ?? requirement?.via) || named(403))
    has(400, row.body !== undefined || row.query !== undefined || named(400))
    has(413, row.body !== undefined)
    has(415, row.body !== undefined)
    has(500, true)
    has(503, true)
    for (const status of statuses.filter((each) => each >= 400)) {
      const response = responseOf(row, status)
      const type = row.style === 'oauth' ? 'application/json' : 'application/problem+json'
      assert.ok(response?.content?.[type]?.schema, `${row.path}: ${status}`)
      assert.ok(response.description)
      const challenged =
        response.headers?.['WWW-Authenticate'] !== undefined || (status !== 401 && status !== 403)
      // That another kind of credential is needed is no question of scope, and RFC 6750 has no word for it.
      const ofKind = status === 403 && requirement?.scopes === undefined && requirement?.roles === undefined
      assert.ok(challenged || named(403) || ofKind, `${row.path}: ${status} has no challenge`)
      assert.equal(response.headers?.['Retry-After'] !== undefined, status === 503 || status === 429)
    }
  }
})

test('each part of a requirement shows: scopes, roles, kind of credential, fresh sign-in', () => {
  const row = made({
    access: needs({ scopes: ['a', 'b'], roles: ['x', 'y'], via: ['bearer'], freshWithinSeconds: 300 }),
    description: 'Of mine.',
  })
  const plainly = made({ path: '/others', access: signedIn })
  const document = build({ routes: [row, plainly] })
  assert.equal(
    operationOf(row, document).description,
    'Of mine.\n\nNeeds the scope `a` and `b`, and the role `x` or `y`, and a credential of the kind `bearer`, ' +
      'and a sign-in within the last 300 seconds.',
  )
  const codesAt = (route: DescribedRoute, status: number) =>
    Object.keys(responseOf(route, status, document)?.content?.['application/problem+json']?.examples ?? {})
  const credential = ['token_missing', 'token_malformed', 'token_expired', 'token_invalid']
  assert.deepEqual(codesAt(row, 401), [...credential, 'reauthentication_required'])
  assert.deepEqual(codesAt(row, 403), ['insufficient_scope', 'access_denied'])
  // The plain route does not get the response that the other one shared first.
  assert.deepEqual(codesAt(plainly, 401), credential)
  assert.equal(operationOf(plainly, document).responses[403], undefined)
})

test('the examples of refusals are what the server writes', async () => {
  const reference = '4fd1c0a97e3b52d86a04b1c7'
  const written = new Map<string, unknown>()
  for (const cause of Object.keys(catalogue) as (keyof typeof catalogue)[]) {
    const refusal = new Refusal(cause, {
      ...(cause === 'REQUEST_INVALID' && { fields: [{ field: 'username', message: 'Must be a text.' }] }),
    })
    for (const response of [
      problemAnswer(refusal, { reference }).toResponse(),
      oauthErrorAnswer(refusal, { reference }).toResponse(),
    ]) {
      const text = await response.text()
      written.set(canonical(JSON.parse(text)), response.status)
    }
  }
  let count = 0
  for (const row of described) {
    for (const status of Object.keys(operationOf(row).responses).map(Number)) {
      for (const media of Object.values(responseOf(row, status)?.content ?? {})) {
        for (const [code, { value }] of Object.entries(media.examples ?? {})) {
          assert.equal(written.get(canonical(value)), status, `${row.path}: ${code}`)
          count += 1
        }
      }
    }
  }
  assert.ok(count > 50, String(count))
})

function canonical(value: Record<string, unknown>): string {
  return JSON.stringify(value, Object.keys(value).concat('field', 'message').sort())
}

test('an answer with a form of its own keeps it beside the refusal of the same status', () => {
  const row = { method: 'GET', path: '/readyz' }
  assert.deepEqual(Object.keys(operationOf(row).responses[503]?.content ?? {}), [
    'application/json',
    'application/problem+json',
  ])
})
