import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Principal } from '../model/principal.ts'
import { createForward } from './forward.ts'

const MINUTE = 60_000

const source = {
  gate: { refuse: () => assert.fail('refused') },
  tokens: { issue: async () => ({ access_token: 'a.b.c' }) },
}
const principal = { kind: 'user', via: 'session', id: 'ann' } as Principal
const asked = { method: 'GET', target: '/export', headers: new Headers(), body: null }

test('an answer may take long once it has begun, and not long to begin', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let signal: AbortSignal | null | undefined
  let begun = true
  const forward = createForward(source, {
    to: 'https://orders.internal',
    fetch: async (_url, init) => {
      signal = init?.signal
      if (begun) return new Response('a long one')
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal?.reason)))
    },
  })
  assert.equal((await forward(asked, principal)).status, 200)
  t.mock.timers.tick(10 * MINUTE)
  assert.equal(signal?.aborted, false)

  begun = false
  const waiting = forward(asked, principal)
  await new Promise(setImmediate)
  t.mock.timers.tick(MINUTE)
  assert.equal((await waiting).status, 504)
})
