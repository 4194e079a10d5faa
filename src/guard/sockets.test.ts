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
async function lookedAt(
  verify: Credential['verify'],
  { hasNone = false, isGone = false, readyState = 1 } = {},
) {
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
    const letGo = hold(request, { readyState, close: (code) => closed.push(code) }, principal)
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
    ['over in this millisecond', () => ({ ...principal, expiresAt: 999.999 }), [1008]],
    ['over in the next', () => ({ ...principal, expiresAt: 1000 }), []],
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

test('F-6: each is asked every second until it is closed, and a closed one is let go of', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const asked: string[] = []
  const verify: Credential['verify'] = (_text, { target }) => {
    asked.push(target)
    return principal
  }
  const { hold } = createSockets({
    credentials: [{ name: 'bearer', read: () => 'text', verify }],
    clock: { now: () => 0 } as never,
    report: (error) => assert.fail(String(error)),
  })
  const open = (target: string) => {
    let leave = (): void => assert.fail('nobody listens')
    const addEventListener = (event: 'close' | 'error', listener: () => void) => {
      if (event === 'close') leave = listener
    }
    hold({ ...request, target }, { close: assert.fail, addEventListener }, principal)
    return () => leave()
  }
  const askedIn = async (milliseconds: number) => {
    await new Promise((resolve) => setImmediate(resolve))
    asked.length = 0
    t.mock.timers.tick(milliseconds)
    return asked.join(' ')
  }
  const closeOne = open('/one')
  const closeOther = open('/other')
  assert.equal(asked.join(' '), '/one /other', 'at once')
  assert.deepEqual([await askedIn(999), await askedIn(1)], ['', '/one /other'])
  closeOne()
  assert.equal(await askedIn(1000), '/other')
  closeOther()
  assert.equal(await askedIn(1000), '')
  open('/next')
  assert.equal(await askedIn(1000), '/next', 'by one timer')
})

test('F-6: a credential that does not answer is not asked again, and its socket ends when it would have', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let now = 0
  let asked = 0
  const closed: number[] = []
  const verify: Credential['verify'] = () => {
    asked += 1
    return new Promise(() => undefined)
  }
  const { hold } = createSockets({
    credentials: [{ name: 'slow', read: () => 'text', verify }],
    clock: { now: () => now } as never,
    report: (error) => assert.fail(String(error)),
  })
  hold(request, { close: (code) => closed.push(code) }, principal)
  now = 999_999
  t.mock.timers.tick(1000)
  assert.deepEqual([asked, closed], [1, []])
  now = 1_000_000
  t.mock.timers.tick(1000)
  assert.deepEqual([asked, closed], [1, [1008]])
})

test('F-6: what has ended is closed once', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const closed: number[] = []
  const { hold } = createSockets({
    credentials: [{ name: 'bearer', read: () => 'text', verify: () => new Refusal('HDR_MISSING') }],
    clock: { now: () => 0 } as never,
    report: (error) => assert.fail(String(error)),
  })
  hold(request, { close: (code) => closed.push(code) }, principal)
  for (let seconds = 0; seconds < 3; seconds++) {
    await new Promise((resolve) => setImmediate(resolve))
    t.mock.timers.tick(1000)
  }
  assert.deepEqual(closed, [1008])
})

test('a socket that cannot be closed is reported, and keeps none of the others open', async () => {
  const errors: unknown[] = []
  const closed: number[] = []
  const credential: Credential = { name: 'bearer', read: () => 'text', verify: failing }
  const { hold, stop } = createSockets({
    credentials: [credential],
    clock: { now: () => 0 } as never,
    report: (error) => errors.push(String(error)),
  })
  const broken = {
    close() {
      throw new Error('no such code')
    },
  }
  const close = (code: number) => closed.push(code)
  for (const socket of [broken, { close }]) hold(request, socket, principal)
  stop()
  assert.deepEqual([closed, errors], [[1001], ['Error: no such code']])
  await new Promise((resolve) => setImmediate(resolve))
  errors.length = 0
  hold(request, broken, principal)
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(errors, ['Error: no store', 'Error: no such code'])
})

test('a socket that was let go of, or was closed before, is closed by nobody', async () => {
  const refused: Credential['verify'] = () => new Refusal('HDR_MISSING')
  assert.deepEqual(await lookedAt(refused, { isGone: true }), { closed: [], errors: [] })
  assert.deepEqual(await lookedAt(failing, { readyState: 3 }), { closed: [], errors: [] })
  assert.deepEqual((await lookedAt(refused, { readyState: 2 })).closed, [1008], 'it will say so')
  assert.deepEqual(await lookedAt(failing, { isGone: true }), { closed: [], errors: ['Error: no store'] })
})
