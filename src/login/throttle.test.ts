import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import { memoryLimiter } from '../store/hot/memory.ts'
import { createThrottle, type SignInTry } from './throttle.ts'

const MINUTE = 60_000

function createSubject() {
  let time = 0
  const limiter = memoryLimiter({ clock: { elapsed: () => time }, random: systemRandom })
  const throttle = createThrottle({ limiter })
  return {
    pass(milliseconds: number): void {
      time += milliseconds
    },
    /** Undefined: let through. Else the seconds to wait. */
    async attempt(
      account: string,
      address: string | undefined,
      more: Partial<SignInTry> & { right?: boolean } = {},
    ) {
      const { right = false, isFamiliar = async () => false } = more
      try {
        const takeBack = await throttle.admit({ account, address, isFamiliar })
        if (right) await takeBack()
        return undefined
      } catch (error) {
        assert.ok(error instanceof AuthError && error.code === 'RATE_LIMITED')
        return error.refusal.retryAfterSeconds ?? 0
      }
    },
  }
}

type Subject = ReturnType<typeof createSubject>

async function wrongTries(
  subject: Subject,
  count: number,
  account: string,
  address: string | undefined,
): Promise<number> {
  let through = 0
  for (let index = 0; index < count; index++) {
    if ((await subject.attempt(account, address)) === undefined) through++
  }
  return through
}

test('E8: who has no address is one caller and not nobody: neither one account nor many are tried without end', async () => {
  for (const address of [undefined, 'no address']) {
    const subject = createSubject()
    assert.equal(await wrongTries(subject, 20, 'alice', address), 5)
    let through = 0
    for (let index = 0; index < 60; index++) through += await wrongTries(subject, 1, `name ${index}`, address)
    assert.equal(through, 25)
  }
})

test('E7: from the sixth wrong try on one account from one place there is a wait, and waits grow', async () => {
  const subject = createSubject()
  assert.equal(await wrongTries(subject, 20, 'alice', '192.0.2.1'), 5)
  const first = await subject.attempt('alice', '192.0.2.1')
  let seconds = first ?? 0
  let longest = 0
  for (let index = 0; index < 60; index++) {
    subject.pass(seconds * 1000)
    assert.equal(await subject.attempt('alice', '192.0.2.1'), undefined, 'after the wait it is let through')
    seconds = (await subject.attempt('alice', '192.0.2.1')) ?? 0
    longest = Math.max(longest, seconds)
  }
  assert.ok(first !== undefined && first <= 12, `${first} s at first`)
  assert.ok(longest >= 10 * 60, `${longest} s later`)
})

test('E7: over a day no more than 120 wrong tries pass on one account, from however many places', async () => {
  const subject = createSubject()
  let through = 0
  for (let minute = 0; minute < 24 * 60; minute++) {
    for (let index = 0; index < 5; index++) {
      const address = `198.51.${minute % 250}.${index}`
      if ((await subject.attempt('alice', address)) === undefined) through++
    }
    subject.pass(MINUTE)
  }
  assert.ok(through <= 200, `${through} passed`)
})

test('E8: whoever is at home there passes while an attacker tries from everywhere', async () => {
  const subject = createSubject()
  for (let index = 0; index < 300; index++) await subject.attempt('alice', `198.51.100.${index % 250}`)
  assert.notEqual(await subject.attempt('alice', '203.0.113.9', { right: true }), undefined)
  const isFamiliar = async () => true
  for (let index = 0; index < 50; index++) {
    assert.equal(await subject.attempt('alice', '192.0.2.1', { right: true, isFamiliar }), undefined)
  }
})

test('E8: a familiar place is no way round its own limit', async () => {
  const subject = createSubject()
  const isFamiliar = async () => true
  let through = 0
  for (let index = 0; index < 100; index++) {
    if ((await subject.attempt('alice', '192.0.2.1', { isFamiliar })) === undefined) through++
  }
  assert.equal(through, 5)
})

test('E9: a success takes back its own try and nobody else’s', async () => {
  const subject = createSubject()
  for (let index = 0; index < 29; index++) await subject.attempt(`user ${index}`, '192.0.2.1')
  for (let index = 0; index < 20; index++) {
    assert.equal(await subject.attempt('mallory', '192.0.2.1', { right: true }), undefined)
  }
  assert.equal(await subject.attempt('user 30', '192.0.2.1'), undefined)
  assert.notEqual(await subject.attempt('user 31', '192.0.2.1'), undefined, 'the address has had its thirty')
})

test('E11: one /64 of IPv6 is one caller', async () => {
  const subject = createSubject()
  let through = 0
  for (let index = 0; index < 40; index++) {
    if ((await subject.attempt('alice', `2001:db8:1:2::${index.toString(16)}`)) === undefined) through++
  }
  assert.equal(through, 5)
  assert.equal(await subject.attempt('alice', '2001:db8:1:3::1'), undefined)
  assert.equal(await subject.attempt('bob', '::ffff:192.0.2.7'), undefined)
  assert.equal(await wrongTries(subject, 10, 'bob', '192.0.2.7'), 4, 'a mapped address is that address')
})
