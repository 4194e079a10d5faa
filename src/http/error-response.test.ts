import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { systemRandom } from '../base/random.ts'
import { type Cause, catalogue } from '../errors/codes.ts'
import { Refusal } from '../errors/refusal.ts'
import { newReference, oauthErrorAnswer, problemAnswer, type RenderRefusal } from './error-response.ts'

const problemResponse = (...given: Parameters<typeof problemAnswer>) => problemAnswer(...given).toResponse()
const oauthErrorResponse = (...given: Parameters<typeof oauthErrorAnswer>) =>
  oauthErrorAnswer(...given).toResponse()
const causes = Object.keys(catalogue) as Cause[]
const reference = 'reference-1'
const read = async (response: Response): Promise<Record<string, unknown>> => JSON.parse(await response.text())
const fields = [{ field: 'email', message: 'Give an address.' }]

test('a checked route answers problem JSON with detail, code and reference', async () => {
  const response = problemResponse(new Refusal('TOKEN_EXPIRED'), {
    reference,
    instance: '/orders',
    realm: 'orders',
  })
  assert.equal(response.status, 401)
  assert.equal(response.headers.get('content-type'), 'application/problem+json')
  assert.match(
    response.headers.get('www-authenticate') ?? '',
    /^Bearer realm="orders", error="invalid_token"/,
  )
  assert.deepEqual(await read(response), {
    type: 'about:blank',
    title: 'Unauthorized',
    status: 401,
    detail: catalogue.TOKEN_EXPIRED.sentence,
    instance: '/orders',
    code: 'token_expired',
    reference,
  })
})

test('the type points into the docs where there are docs', async () => {
  const docs = 'https://auth.example/refusals'
  const body = await read(problemResponse(new Refusal('HDR_MISSING'), { reference, docs }))
  assert.equal(body.type, 'https://auth.example/refusals#token_missing')
  assert.equal(body.title, 'Sign-in needed')
})

test('each field that is wrong is named, at routes and at OAuth endpoints', async () => {
  const refusal = new Refusal('REQUEST_INVALID', { fields })
  const problem = await read(problemResponse(refusal, { reference }))
  const oauth = await read(oauthErrorResponse(refusal, { reference }))
  assert.deepEqual(problem.errors, fields)
  assert.deepEqual(oauth.errors, fields)
  assert.equal(oauth.error, 'invalid_request')
})

test('an OAuth endpoint answers the JSON of RFC 6749 section 5.2', async () => {
  const response = oauthErrorResponse(new Refusal('CREDENTIALS_WRONG'), { reference })
  assert.equal(response.status, 400)
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
  assert.equal(response.headers.get('pragma'), 'no-cache')
  assert.ok(!response.headers.has('www-authenticate'))
  assert.deepEqual(await read(response), {
    error: 'invalid_grant',
    error_description: catalogue.CREDENTIALS_WRONG.sentence,
    reference,
  })
})

test('F-10, C15: every 401 has a challenge and no answer may be kept', () => {
  for (const code of causes) {
    for (const answer of [problemResponse, oauthErrorResponse]) {
      const { status, headers } = answer(new Refusal(code), { reference })
      assert.equal(headers.get('cache-control'), 'no-store', code)
      assert.equal(headers.get('x-content-type-options'), 'nosniff', code)
      if (status === 401) assert.ok(headers.has('www-authenticate'), code)
      assert.equal(headers.has('retry-after'), status === 429 || status === 503, code)
      assert.equal(headers.has('allow'), status === 405, code)
    }
  }
  const unknown = oauthErrorResponse(new Refusal('CLIENT_UNKNOWN'), { reference, realm: 'token' })
  assert.equal(unknown.headers.get('www-authenticate'), 'Basic realm="token", charset="UTF-8"')
})

test('Retry-After is a whole number of seconds, one at least', () => {
  for (const [given, said] of [
    [undefined, '1'],
    [0, '1'],
    [0.2, '1'],
    [2.1, '3'],
    [3600, '3600'],
  ] as const) {
    const refusal = new Refusal('RATE_LIMITED', given === undefined ? {} : { retryAfterSeconds: given })
    assert.equal(problemResponse(refusal, { reference }).headers.get('retry-after'), said)
  }
})

test('405 names the methods that are allowed', () => {
  const refusal = new Refusal('METHOD_NOT_ALLOWED', { allow: ['GET', 'HEAD'] })
  assert.equal(problemResponse(refusal, { reference }).headers.get('allow'), 'GET, HEAD')
})

test('G-5: causes of one client code give the same answer, unless development asks for more', async () => {
  const details = { userId: 'canary' }
  const textOf = (code: Cause, detailsInAnswer = false) =>
    problemResponse(new Refusal(code, { details }), { reference, detailsInAnswer }).text()
  const closed = [
    'token_invalid',
    'token_missing',
    'token_malformed',
    'token_expired',
    'try_again',
    'invalid_grant',
  ]
  for (const clientCode of closed) {
    const alike = causes.filter((code) => catalogue[code].clientCode === clientCode)
    const texts = await Promise.all(alike.map((code) => textOf(code)))
    assert.equal(new Set(texts).size, 1, clientCode)
    assert.doesNotMatch(texts[0] ?? '', /canary|[A-Z]{2,}_[A-Z]/)
  }
  const open = JSON.parse(await textOf('TOKEN_REVOKED', true))
  assert.equal(open.cause, 'TOKEN_REVOKED')
  assert.equal(open.hint, catalogue.TOKEN_REVOKED.hint)
  assert.deepEqual(open.details, details)
})

test('an application writes the body; status, challenge and headers stay ours', async () => {
  const response = problemResponse(new Refusal('SCOPE_MISSING', { details: { scope: 'orders:write' } }), {
    reference,
    renderRefusal: ({ cause, code, status, details }) => ({
      message: `${cause} ${code}`,
      status: status - 203,
      details,
    }),
  })
  assert.equal(response.status, 403)
  assert.match(response.headers.get('www-authenticate') ?? '', /insufficient_scope/)
  assert.equal(response.headers.get('cache-control'), 'no-store')
  assert.deepEqual(await read(response), {
    message: 'SCOPE_MISSING insufficient_scope',
    status: 200,
    details: { scope: 'orders:write' },
  })
})

test('G-4: a body of the application that fails gives the standard body, and is reported', async () => {
  const circular: Record<string, unknown> = {}
  circular.self = circular
  const failing = [
    () => {
      throw new Error('no')
    },
    () => circular,
    () => ({ big: 1n }),
    () => [],
    () => null,
    () => 'text',
    async () => ({ later: true }),
    async () => {
      throw new Error('no')
    },
    () => undefined,
    () => ({ toJSON: () => undefined }),
  ]
  for (const renderRefusal of failing) {
    const reported: unknown[] = []
    const response = problemResponse(new Refusal('TOKEN_EXPIRED'), {
      reference,
      renderRefusal: renderRefusal as unknown as RenderRefusal,
      onRenderFailure: (error) => reported.push(error),
    })
    assert.equal(response.status, 401)
    assert.equal((await read(response)).code, 'token_expired')
    assert.equal(reported.length, 1)
  }
})

test('a reference is 96 random bits in letters and digits', () => {
  const references = Array.from({ length: 1000 }, () => newReference(systemRandom))
  assert.equal(new Set(references).size, 1000)
  for (const one of references) assert.match(one, /^[0-9a-f]{24}$/)
})

test('a request is answered also where the source of randomness fails', () => {
  const broken = () => {
    throw new Error('no entropy')
  }
  assert.equal(newReference(broken), 'none')
})

test('G-7: whatever stands in path, field or realm, the answer is JSON under clean headers', async () => {
  const text = fc.string({ unit: 'binary' })
  await fc.assert(
    fc.asyncProperty(text, text, text, fc.constantFrom(...causes), async (instance, field, realm, code) => {
      const refusal = new Refusal(code, { fields: [{ field, message: field }] })
      const problem = await read(problemResponse(refusal, { reference, instance, realm }))
      const oauth = await read(oauthErrorResponse(refusal, { reference, realm }))
      assert.equal(problem.reference, reference)
      assert.equal(oauth.reference, reference)
      assert.equal((problem.errors as unknown[]).length, 1)
    }),
  )
})
