import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Store, sqlite } from '../../src/index.ts'
import type { RefreshOutcome } from '../../src/store/sessions.ts'
import { claimsOf, startIssuer, tokensOf } from './issuer.ts'

/** A database that, once told to, answers from before the last changes, as one that took over in a fail-over would. */
function fallingBack() {
  const store = sqlite(':memory:')
  const before = { ver: 0, outcome: undefined as RefreshOutcome | undefined }
  let fallen = false
  const back: Store = {
    ...store,
    sessions: {
      ...store.sessions,
      async start(session, event) {
        const started = await store.sessions.start(session, event)
        if (!fallen || started.outcome === 'stale') return started
        return { ...started, user: { ...started.user, ver: before.ver } }
      },
      async refresh(call) {
        const outcome = await store.sessions.refresh(call)
        if (fallen) return before.outcome ?? outcome
        if ('user' in outcome) before.ver = outcome.user.ver
        before.outcome = outcome
        return outcome
      },
    },
  }
  return {
    store: back,
    fallBack() {
      fallen = true
    },
  }
}

test('B8: a session that memory knows to have ended is not refreshed, whatever the database says', async () => {
  const { store, fallBack } = fallingBack()
  const issuer = await startIssuer({ store })
  const { refresh } = await issuer.signUp('alice')
  const tokens = tokensOf(await issuer.refresh(refresh))
  await issuer.call('POST', '/logout', { token: tokens.access })
  fallBack()
  const refused = await issuer.refresh(tokens.refresh)
  assert.equal(refused.status, 400)
  assert.equal(refused.body.cause, 'SESSION_ENDED')
  await issuer.close()
})

test('B7, B8: nothing is minted under a counter that has fallen back, neither at sign-in nor at refresh', async () => {
  const { store, fallBack } = fallingBack()
  const issuer = await startIssuer({ store })
  const { access, refresh } = await issuer.signUp('alice')
  const tokens = tokensOf(await issuer.refresh(refresh))
  await issuer.auth.users.setRoles(String(claimsOf(access).sub), [])
  fallBack()
  for (const refused of [await issuer.refresh(tokens.refresh), await issuer.signIn('alice')]) {
    assert.equal(refused.status, 503)
    assert.equal(refused.body.cause, 'STORE_BEHIND')
    assert.ok(refused.headers.get('retry-after'))
  }
  await issuer.close()
})
