import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Auth, createAuth } from '../../src/index.ts'
import type { HintVerbs } from '../../src/store/hints.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { ISSUER, SECRET_KEY, startIssuer, tokensOf } from './issuer.ts'

test('PROTOCOL 2.3: what ends a session sends a hint, a refresh never', async () => {
  let sent = 0
  const hints = {
    working: true,
    send() {
      sent += 1
    },
    subscribe: async () => async () => undefined,
  } satisfies HintVerbs
  const issuer = await startIssuer({ store: { ...createSqliteStore(':memory:'), hints } })
  const { access, refresh } = await issuer.signUp('alice')
  const before = sent
  let newest = refresh
  for (let turn = 0; turn < 5; turn += 1) newest = tokensOf(await issuer.refresh(newest)).refresh
  assert.equal((await issuer.refresh(refresh)).status, 200, 'a repeat')
  assert.equal(sent, before)
  assert.equal((await issuer.call('POST', '/logout', { token: access })).status, 204)
  assert.equal(sent, before + 1)
  await issuer.close()
})

test('PROTOCOL 2.8: without a database nothing is checked and nothing is ready, not even in relaxed mode', async () => {
  const elsewhere = await startIssuer()
  const { access } = await elsewhere.signUp('alice')
  const auth = createAuth({
    databaseUrl: 'postgres://nobody:none@127.0.0.1:1/none',
    secretKey: SECRET_KEY,
    issuer: ISSUER,
    staleness: 'relaxed',
  }) as unknown as Auth
  await assert.rejects(auth.ready(), { code: 'STORE_UNAVAILABLE' })
  const headers = { authorization: `Bearer ${access}` }
  for (const path of ['/readyz', '/users/me']) {
    const answer = await auth.fetch(new Request(ISSUER + path, { headers }), { address: '127.0.0.1' })
    assert.equal(answer.status, 503, path)
    assert.ok(answer.headers.get('retry-after'), path)
  }
  const own = await auth.check(new Request(`${ISSUER}/orders`, { headers }), auth.signedIn)
  assert.equal(own.ok ? 200 : own.response.status, 503)
  await auth.close()
  await elsewhere.close()
})
