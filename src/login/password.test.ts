import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guardedClock } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Store } from '../store/store.ts'
import { type PasswordParts, provePassword } from './password.ts'

test('E10: while no stranger’s password would be taken, nothing is looked up and nothing counted for one', async () => {
  const asked: string[] = []
  const tell = (what: string) => async () => {
    asked.push(what)
    throw new AuthError('STORE_UNAVAILABLE')
  }
  const full = () => {
    throw new AuthError('HASH_QUEUE_FULL')
  }
  const parts: PasswordParts = {
    store: { users: { findAccount: tell('the account') } } as unknown as Store,
    throttle: { admit: tell('the throttle') } as unknown as PasswordParts['throttle'],
    hashes: { assertRoom: full } as unknown as PasswordParts['hashes'],
    clock: guardedClock(),
    random: systemRandom,
    defaultRoles: [],
  }
  const stranger = { actor: { kind: 'user' }, address: '192.0.2.1' } as const
  await assert.rejects(provePassword('alice', 'x', stranger, parts), { code: 'HASH_QUEUE_FULL' })
  assert.deepEqual(asked, [])
  // A browser that somebody has signed in with may be known to this account, which has to be seen.
  const known = { ...stranger, device: { id: 'd', users: [] } } as never
  await assert.rejects(provePassword('alice', 'x', known, parts), { code: 'STORE_UNAVAILABLE' })
  assert.deepEqual(asked, ['the account'])
})
