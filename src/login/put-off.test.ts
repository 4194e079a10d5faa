import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import { memoryLimiter } from '../store/hot/memory.ts'
import { type PasswordParts, proveOwnPassword, provePassword } from './password.ts'
import type { PasswordVerdict } from './password-hash.ts'
import { createThrottle } from './throttle.ts'

const TRIES = 60
const origin = { actor: { kind: 'user' }, address: '192.0.2.1' } as const

/** An issuer that answers so to every password of its one account. */
function partsWith(verify: () => Promise<PasswordVerdict>): PasswordParts {
  const account = { user: { id: 'u1', email: 'alice@example.com' }, passwordHash: 'a hash' }
  const limiter = memoryLimiter({ clock: { elapsed: () => 0 }, random: systemRandom })
  return {
    clock: { now: () => 0, elapsed: () => 0 },
    hashes: { verify, assertRoom: () => undefined },
    throttle: createThrottle({ limiter }),
    store: {
      users: { findAccount: async () => account, findAccountById: async () => account },
      sessions: { list: async () => [] },
    },
  } as unknown as PasswordParts
}

const proofs: readonly (readonly [name: string, prove: (parts: PasswordParts) => Promise<unknown>])[] = [
  ['a sign-in', (parts) => provePassword('alice@example.com', 'a password', origin, parts)],
  ['a password asked for again', (parts) => proveOwnPassword('u1', 'a password', origin, parts)],
]

for (const [name, prove] of proofs) {
  test(`E7: ${name} that was put off, for want of room, is no try; one that was looked at is`, async () => {
    for (const code of ['HASH_QUEUE_FULL', 'SHUTTING_DOWN'] as const) {
      const full = partsWith(() => Promise.reject(new AuthError(code)))
      for (let tries = 0; tries < TRIES; tries += 1)
        await assert.rejects(prove(full), (error) => error instanceof AuthError && error.code === code)
    }
    const wrong = partsWith(async () => ({ matches: false, needsRehash: false }))
    const codes = new Set<unknown>()
    for (let tries = 0; tries < TRIES; tries += 1)
      codes.add(await prove(wrong).catch((error: unknown) => error instanceof AuthError && error.code))
    assert.ok(codes.has('RATE_LIMITED'))
  })
}
