import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { createRewindableDatabase } from '../torture/rewindable-database.ts'
import { claimsOf, startIssuer, type TestIssuer, type Tokens } from './issuer.ts'

/** Somebody whose sign-in the database has lost: a replica took over that never got it. */
async function loseSignIn() {
  const database = createRewindableDatabase()
  const issuer = await startIssuer({ store: createSqliteStore('memory', database.open), rateLimits: 'off' })
  await issuer.signUp('alice')
  const before = database.snapshot()
  const answer = await issuer.signIn('alice')
  database.rewind(before)
  const tokens = { access: String(answer.body.access_token), refresh: String(answer.body.refresh_token) }
  assert.equal((await issuer.refresh(tokens.refresh)).status, 400, 'one signs in again')
  assert.equal(await isGood(issuer, tokens), true, 'nobody has said yet that it should not be')
  return { issuer, tokens }
}

async function isGood({ auth }: TestIssuer, { access }: Tokens): Promise<boolean> {
  const headers = { authorization: `Bearer ${access}` }
  return (await auth.check(new Request('http://127.0.0.1/', { headers }), auth.signedIn)).ok
}

const ways: readonly (readonly [
  name: string,
  end: (issuer: TestIssuer, tokens: Tokens) => Promise<{ readonly status: number }>,
])[] = [
  ['/logout by the access token', (issuer, { access }) => issuer.call('POST', '/logout', { token: access })],
  [
    '/logout by the refresh token',
    (issuer, { refresh }) => issuer.call('POST', '/logout', { json: { refresh_token: refresh } }),
  ],
  [
    '/revoke of the refresh token',
    (issuer, { refresh }) =>
      issuer.call('POST', '/revoke', { form: { token: refresh, client_id: 'first-party' } }),
  ],
]

for (const [name, end] of ways) {
  test(`B8, PROTOCOL 2.4: ${name} ends the access token also where the database has lost the sign-in`, async () => {
    const { issuer, tokens } = await loseSignIn()
    assert.ok((await end(issuer, tokens)).status < 300)
    assert.equal(await isGood(issuer, tokens), false)
    await end(issuer, tokens)
    const { sid } = claimsOf(tokens.access)
    const events = await issuer.auth.events.list({ name: 'session.ended', limit: 9 })
    assert.deepEqual(
      events.map(({ sessionId }) => sessionId),
      [sid],
      'once, however often it is asked for',
    )
    await issuer.close()
  })
}
