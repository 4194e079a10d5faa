import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuthOptions } from '../../src/index.ts'
import { claimsOf, handClock, startIssuer } from './issuer.ts'

/** Past the time in which a refresh token that was turned is taken once more. */
const LATER_MILLISECONDS = 60_000

const FAULTS: readonly (readonly [
  what: string,
  claims: NonNullable<AuthOptions['claims']>,
  status: number,
])[] = [
  [
    'code that throws',
    () => {
      throw new Error('no connection')
    },
    500,
  ],
  ['a name that is taken', () => ({ sub: 'somebody else' }), 500],
]

for (const [what, fault, status] of FAULTS) {
  test(`own claims, ${what}: a sign-in leaves no session, a refresh turns nothing`, async (t) => {
    let current: NonNullable<AuthOptions['claims']> = (user) => ({ plan: user.roles.join() })
    const clock = handClock()
    const { auth, ...issuer } = await startIssuer({
      clock,
      claims: (user, client) => current(user, client),
    })
    t.after(() => issuer.close())
    const { access, refresh } = await issuer.signUp('alice')
    const userId = String(claimsOf(access).sub)
    const before = {
      sessions: await auth.sessions.list(userId),
      events: await auth.events.list({ limit: 99 }),
    }

    const usual = current
    current = fault
    assert.equal((await issuer.signIn('alice')).status, status)
    await assert.rejects(auth.sessions.start({ userId, amr: ['pwd'] }))
    assert.equal((await issuer.refresh(refresh)).status, status)
    assert.deepEqual(
      { sessions: await auth.sessions.list(userId), events: await auth.events.list({ limit: 99 }) },
      before,
    )

    current = usual
    clock.advance(LATER_MILLISECONDS)
    const again = await issuer.refresh(refresh)
    assert.equal(again.status, 200, again.text)
    assert.notEqual(again.body.refresh_token, refresh)
    assert.equal((await auth.events.list({ name: 'session.reuse', limit: 9 })).length, 0)
    assert.equal(claimsOf(String(again.body.access_token)).plan, 'user')
  })
}
