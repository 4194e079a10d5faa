import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { answerAtOAuthEndpoint, answerAtRoute } from './answer.ts'
import { AuthError } from './auth-error.ts'
import { type Cause, catalogue } from './codes.ts'
import { Refusal } from './refusal.ts'

const causes = Object.keys(catalogue) as Cause[]

test('a refusal knows its status, its client code and its sentence', () => {
  const refusal = new Refusal('TOKEN_EXPIRED', { details: { expiredSeconds: 3 } })
  assert.deepEqual([refusal.status, refusal.clientCode], [401, 'token_expired'])
  assert.equal(refusal.sentence, catalogue.TOKEN_EXPIRED.sentence)
  assert.deepEqual(refusal.details, { expiredSeconds: 3 })
  assert.ok(!('stack' in refusal))
})

test('a cause no answer should carry is answered as a fault of ours', () => {
  const refusal = new Refusal('ROUTE_UNGUARDED')
  assert.deepEqual([refusal.status, refusal.clientCode], [500, 'server_error'])
})

test('an error speaks to the developer, keeps its cause, and is found by its code', () => {
  const cause = new Error('disk full')
  const error = new AuthError('STORE_UNAVAILABLE', { cause, retryAfterSeconds: 2 })
  assert.equal(error.code, 'STORE_UNAVAILABLE')
  assert.equal(error.name, 'AuthError')
  assert.equal(error.cause, cause)
  assert.equal(error.refusal.retryAfterSeconds, 2)
  assert.equal(error.message, `STORE_UNAVAILABLE: ${catalogue.STORE_UNAVAILABLE.hint}`)
  assert.ok(!('cause' in new AuthError('INTERNAL')))
})

test('G-6: the message of an error holds nothing of the request', () => {
  const error = new AuthError('REQUEST_INVALID', { fields: [{ field: 'canary', message: 'canary' }] })
  assert.doesNotMatch(error.message, /canary/)
  assert.doesNotMatch(String(error.stack), /canary/)
  assert.match(inspect(error), /REQUEST_INVALID/)
})

test('F-10: a void grant is a void credential at a route, a void token is a void grant at /token', () => {
  assert.deepEqual(
    [
      answerAtRoute(new Refusal('SESSION_ENDED')).status,
      answerAtRoute(new Refusal('SESSION_ENDED')).clientCode,
    ],
    [401, 'token_invalid'],
  )
  assert.equal(answerAtOAuthEndpoint(new Refusal('SESSION_ENDED')).clientCode, 'invalid_grant')
  for (const code of causes) {
    const route = answerAtRoute(new Refusal(code))
    const oauth = answerAtOAuthEndpoint(new Refusal(code))
    assert.notEqual(route.clientCode, 'invalid_grant', code)
    assert.doesNotMatch(oauth.clientCode, /^token_|^insufficient|^reauth/, code)
    for (const { status } of [route, oauth]) assert.ok(status >= 400 && status < 600, code)
    if (oauth.status === 401) assert.equal(oauth.clientCode, 'invalid_client', code)
  }
})

test('causes that look alike at one place look alike at the other', () => {
  const wrong = new Refusal('CREDENTIALS_WRONG')
  const locked = new Refusal('ACCOUNT_LOCKED')
  assert.deepEqual(answerAtRoute(wrong), answerAtRoute(locked))
  assert.deepEqual(answerAtOAuthEndpoint(wrong), answerAtOAuthEndpoint(locked))
})
