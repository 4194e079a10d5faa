import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { Refusal } from '../errors/refusal.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import type { Principal } from '../model/principal.ts'
import type { Credential } from './credentials/credential.ts'
import { createSockets } from './sockets.ts'

const request: GuardRequest = {
  method: 'GET',
  target: '/',
  params: {},
  header: () => undefined,
  opensSocket: true,
}
const principal = { id: 'a', scopes: ['s'], roles: ['r'], expiresAt: 1000 } as unknown as Principal

/** One socket, looked at once: what it was closed with, and what was reported. */
async function lookedAt(verify: Credential['verify'], { hasNone = false, isGone = false } = {}) {
  const errors: unknown[] = []
  const closed: number[] = []
  const credential: Credential = { name: 'bearer', read: () => (hasNone ? undefined : 'text'), verify }
  const { hold } = createSockets({
    credentials: [credential],
    clock: { now: () => 999_999 } as never,
    report: (error) => errors.push(error),
  })
  mock.timers.enable({ apis: ['setInterval'] })
  try {
    const letGo = hold(request, { close: (code) => closed.push(code) }, principal)
    if (isGone) letGo()
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    mock.timers.reset()
  }
  return { closed, errors: errors.map(String) }
}

const failing: Credential['verify'] = async () => {
  throw new Error('no store')
}

test('F-6: a socket ends with what let it in, and where that cannot be told any more', async () => {
  const cases: readonly [string, Credential['verify'], number[]][] = [
    ['as it was', () => principal, []],
    ['refused', () => new Refusal('HDR_MISSING'), [1008]],
    ['not known here', () => new Refusal('REVOCATION_STALE'), [1013]],
    ['over', () => ({ ...principal, expiresAt: 999 }), [1008]],
    ['a scope less', () => ({ ...principal, scopes: [] }), [1008]],
    ['a role less', () => ({ ...principal, roles: ['other'] }), [1008]],
    ['more of both', () => ({ ...principal, scopes: ['s', 't'], roles: ['r', 'q'] }), []],
  ]
  for (const [what, verify, codes] of cases) {
    assert.deepEqual(await lookedAt(verify), { closed: codes, errors: [] }, what)
  }
  assert.deepEqual(await lookedAt(failing), { closed: [1013], errors: ['Error: no store'] })
  assert.deepEqual((await lookedAt(() => principal, { hasNone: true })).closed, [1008], 'nothing let it in')
})

test('a socket that was let go of is closed by nobody', async () => {
  const refused: Credential['verify'] = () => new Refusal('HDR_MISSING')
  assert.deepEqual(await lookedAt(refused, { isGone: true }), { closed: [], errors: [] })
  assert.deepEqual(await lookedAt(failing, { isGone: true }), { closed: [], errors: ['Error: no store'] })
})
