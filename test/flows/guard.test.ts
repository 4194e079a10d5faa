import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { routes } from '../../src/endpoints/routes.ts'
import { bearer } from '../../src/guard/credentials/bearer.ts'
import { createGuard } from '../../src/guard/guard.ts'
import { guardRequestOf } from '../../src/guard/guard-request.ts'
import { AuthError, anyone, needs, Refusal, RefusalAnswer, signedIn } from '../../src/index.ts'
import { Access } from '../../src/model/access.ts'
import { ISSUER, startIssuer, type TestIssuer, type Tokens, tampered } from './issuer.ts'

let issuer: TestIssuer
let tokens: Tokens
before(async () => {
  issuer = await startIssuer()
  tokens = await issuer.signUp('alice')
})
after(() => issuer.close())

test('every route has an access word, and those not for anyone refuse a stranger before they look at the body', async () => {
  for (const route of routes) {
    assert.ok(Access.is(route.access), route.path)
    if (Access.requirementOf(route.access) === undefined) continue
    for (const path of [route.path, `${route.path}?x=1`]) {
      const answer = await issuer.call(route.method, path, { headers: { 'content-type': 'text/nonsense' } })
      assert.equal(answer.status, 401, `${route.method} ${path}`)
      assert.ok(answer.headers.get('www-authenticate')?.startsWith('Bearer'), 'F-10')
      assert.doesNotMatch(
        answer.headers.get('www-authenticate') ?? '',
        /error=/,
        'F-10: no code, nothing was sent',
      )
    }
  }
})

test('F-10: a bad credential is 401 invalid_token, with a sentence and a reference', async () => {
  for (const text of [tampered(tokens.access), `${tokens.access}x`, 'null', tokens.refresh, '%', 'a.b.c']) {
    const answer = await issuer.me(text)
    assert.equal(answer.status, 401)
    assert.match(answer.headers.get('www-authenticate') ?? '', /error="invalid_token"/)
    assert.equal(answer.headers.get('content-type'), 'application/problem+json')
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.ok(answer.body.detail && answer.body.code && answer.body.reference)
  }
})

test('F-10: a header in which nothing stands is a missing one, whatever is written around the nothing', async () => {
  for (const authorization of ['', ' ', '\t', 'Bearer', 'bearer ', 'Bearer   ']) {
    const answer = await issuer.call('GET', '/users/me', { headers: { authorization } })
    assert.deepEqual([answer.status, answer.body.cause], [401, 'HDR_MISSING'], JSON.stringify(authorization))
    assert.doesNotMatch(answer.headers.get('www-authenticate') ?? '', /error=/)
  }
  for (const authorization of ['Token x', 'JWT x', ':', 'Bearer: x']) {
    const answer = await issuer.call('GET', '/users/me', { headers: { authorization } })
    assert.equal(answer.body.cause, 'HDR_SCHEME_MISMATCH', authorization)
  }
})

test('F-8: a token in the query is refused, even a good one', async () => {
  const answer = await issuer.call('GET', `/users/me?access_token=${tokens.access}`)
  assert.equal(answer.status, 401)
  assert.equal((await issuer.call('GET', '/users/me?access_token', { token: tokens.access })).status, 401)
})

test('F-9: an Authorization header that is sent twice is refused, good tokens or not', async () => {
  const headers = new Headers()
  headers.append('authorization', `Bearer ${tokens.access}`)
  headers.append('authorization', `Bearer ${tokens.access}`)
  const answer = await issuer.auth.fetch(new Request(`${ISSUER}/users/me`, { headers }))
  assert.equal(answer.status, 401)
})

const HEADERS: readonly (readonly [string | undefined, number, string])[] = [
  ['Bearer <token>', 200, 'as it should be'],
  ['bearer <token>', 200, 'the scheme compares without case'],
  ['Bearer', 401, 'no token'],
  ['Bearer <token> x', 401, 'two words'],
  ['Bearer  <token>', 401, 'two spaces'],
  ['<token>', 401, 'no scheme'],
  ['Bearer Bearer <token>', 401, 'the scheme twice'],
  ['Bearer "<token>"', 401, 'quoted'],
  ['Bearer undefined', 401, 'the word'],
  ['Token <token>', 401, 'another scheme'],
  ['Bearer: <token>', 401, 'a colon'],
  ['Basic YWxpY2U6Y29ycmVjdA==', 401, 'Basic of somebody we do not know'],
  [`Bearer ${'a'.repeat(9000)}`, 401, 'too long'],
  [undefined, 401, 'nothing'],
]

test('the Authorization header in every shape people send it', async () => {
  for (const [value, status, why] of HEADERS) {
    const authorization = value?.replace('<token>', tokens.access)
    const headers = authorization === undefined ? {} : { authorization }
    assert.equal((await issuer.call('GET', '/users/me', { headers })).status, status, why)
  }
  const lookAlike = { 'x-original-authorization': `Bearer ${tokens.access}` }
  assert.equal((await issuer.call('GET', '/users/me', { headers: lookAlike })).status, 401)
})

test('a request of the application’s own is checked by the same words', async () => {
  const request = (token?: string) =>
    new Request(`${ISSUER}/orders`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    })
  const good = await issuer.auth.check(request(tokens.access), signedIn)
  assert.ok(good.ok && good.principal.via === 'bearer')
  assert.deepEqual(await issuer.auth.check(request(), anyone), { ok: true, principal: undefined })
  for (const [token, access, status] of [
    [undefined, signedIn, 401],
    [tokens.access, needs({ scopes: ['admin:dashboard'] }), 403],
    [tokens.access, needs({ roles: ['admin'] }), 403],
    [tokens.access, needs({ via: ['api_key'] }), 403],
  ] as const) {
    const checked = await issuer.auth.check(request(token), access)
    assert.ok(!checked.ok)
    assert.equal(checked.response.status, status)
  }
})

/** What libraries and test runners hand out: a promise that is no `Promise` of this realm. */
const OtherPromise = runInNewContext('Promise') as PromiseConstructor
const asRule = (rule: unknown) => rule as (principal: unknown) => boolean
const asWaitingRule = (rule: unknown) => rule as (principal: unknown) => Promise<boolean>
const boomRule = () => {
  throw new Error('boom')
}

test('G-4: a rule of the application’s own lets pass by `true` alone; everything else refuses', async () => {
  const token = { headers: { authorization: `Bearer ${tokens.access}` } }
  const statusOf = async (access: Access) => {
    const checked = await issuer.auth.check(new Request(`${ISSUER}/orders/7`, token), access, {
      params: { id: '7' },
    })
    return checked.ok ? 200 : checked.response.status
  }
  for (const [said, status] of [
    [true, 200],
    [false, 403],
    [1, 403],
    ['true', 403],
    [undefined, 403],
    [Promise.resolve(true), 403],
    [Promise.reject(new Error('late')), 403],
  ] as const) {
    assert.equal(await statusOf(needs({ if: asRule(() => said) })), status, String(said))
    if (said instanceof Promise) continue
    assert.equal(await statusOf(needs({ ifAsync: asWaitingRule(async () => said) })), status)
    assert.equal(await statusOf(needs({ ifAsync: asWaitingRule(() => OtherPromise.resolve(said)) })), status)
  }
  assert.equal(await statusOf(needs({ if: boomRule })), 500)
  assert.equal(await statusOf(needs({ ifAsync: boomRule })), 500)
  assert.equal(await statusOf(needs({ ifAsync: () => Promise.reject(new Error('boom')) })), 500)

  const asked: unknown[] = []
  const access = needs({
    if(principal, request) {
      asked.push(principal.via, request.params.id, request.method, request.target)
      return true
    },
  })
  assert.equal(await statusOf(access), 200)
  assert.deepEqual(asked, ['bearer', '7', 'GET', '/orders/7'])
})

test('a rule is asked only when the rest of the word holds', async () => {
  let asked = 0
  const rule = () => {
    asked += 1
    return true
  }
  const request = new Request(`${ISSUER}/orders`, { headers: { authorization: `Bearer ${tokens.access}` } })
  for (const access of [needs({ roles: ['admin'], if: rule }), needs({ via: ['api_key'], if: rule })]) {
    assert.equal((await issuer.auth.check(request, access)).ok, false)
  }
  assert.equal((await issuer.auth.check(new Request(ISSUER), needs({ if: rule }))).ok, false)
  assert.equal(asked, 0)
})

test('the gate answers a bearer token at once, and a credential that waits by a promise', async () => {
  const request = guardRequestOf(
    new Request(`${ISSUER}/orders`, { headers: { authorization: `Bearer ${tokens.access}` } }),
  )
  const { gate } = issuer.auth
  const principal = gate.admit(request, signedIn)
  assert.ok(principal !== undefined && 'id' in principal, 'no promise')
  assert.ok(gate.admit(guardRequestOf(new Request(ISSUER)), signedIn) instanceof RefusalAnswer)
  assert.ok(gate.admit(request, needs({ ifAsync: async () => true })) instanceof Promise)
  const undeclared = gate.admit(request, undefined)
  assert.ok(undeclared instanceof RefusalAnswer)
  assert.equal(undeclared.status, 403)
})

test('G-4: whatever throws inside a guard denies', async () => {
  const boom = () => {
    throw new Error('boom')
  }
  const clock = { now: () => 0, elapsed: () => 0 }
  const request = guardRequestOf(new Request(ISSUER, { headers: { authorization: 'Bearer abc' } }))
  const reported: unknown[] = []
  const report = (error: unknown) => void reported.push(error)
  for (const credential of [
    { name: 'x', read: boom, verify: boom },
    { name: 'x', read: () => 'abc', verify: boom },
    { name: 'x', read: () => 'abc', verify: () => Promise.reject(new Error('boom')) },
    bearer(boom),
  ]) {
    const verdict = await createGuard([credential], clock, report)(request, signedIn)
    assert.ok(verdict instanceof Refusal)
  }
  const notAWord = await createGuard([], clock, report)(request, {} as never)
  assert.ok(notAWord instanceof Refusal && notAWord.code === 'ROUTE_UNDECLARED')
  assert.equal(reported.length, 4)
})

test('G-4: a hook that throws refuses the sign-in and the registration', async () => {
  const broken = await startIssuer({
    hooks: {
      before: {
        signIn: () => {
          throw new Error('the directory is down')
        },
      },
    },
  })
  const json = { email: 'a@example.com', username: 'alice', password: 'correct horse battery' }
  assert.equal((await broken.call('POST', '/register', { json })).status, 201)
  const answer = await broken.signIn('alice')
  assert.equal(answer.status, 500)
  assert.doesNotMatch(answer.text, /directory/)
  await broken.close()
})

test('access words that could never be met, or are none, do not come into being', () => {
  assert.throws(() => needs({ scopes: [] }), TypeError)
  assert.throws(() => needs({ freshWithinSeconds: 0 }), TypeError)
  assert.throws(() => needs({ secondFactor: false as never }), TypeError)
  assert.throws(() => needs({ scope: ['x'] } as object), /scope is not known/)
  assert.throws(() => needs({ if: true } as never), /if must be a function/)
  assert.equal(Access.is({ scopes: ['x'] }), false)
  assert.equal(new AuthError('HDR_MISSING').refusal.status, 401)
})
