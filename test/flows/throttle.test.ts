import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { handClock, PASSWORD, startIssuer } from './issuer.ts'

const elsewhere = '198.51.100.7'

test('E9: of 200 wrong passwords at once at the token endpoint no more are hashed than the limit allows, and the rest is 429', async () => {
  // It stands still: on a busy machine time would allow one more, and the queue of hashes would take fewer.
  const issuer = await startIssuer({ clock: handClock() })
  await issuer.signUp('alice')
  const form = { grant_type: 'password', username: 'alice', password: 'not the right one' }
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => issuer.call('POST', '/token', { form, address: elsewhere })),
  )
  const statuses = answers.map(({ status }) => status)
  assert.equal(statuses.filter((status) => status === 400).length, 5)
  assert.equal(statuses.filter((status) => status === 429).length, 195)
  const limited = answers.find(({ status }) => status === 429)
  assert.equal(limited?.body.error, 'too_many_requests')
  assert.ok(Number(limited?.headers.get('retry-after')) > 0)
  await issuer.close()
})

test('E7: name and mail address are one account, known or not, and the answer tells nothing', async () => {
  const issuer = await startIssuer()
  await issuer.signUp('alice')
  const wrong = (username: string) =>
    issuer.call('POST', '/token', {
      form: { grant_type: 'password', username, password: 'not the right one' },
      address: elsewhere,
    })
  const told = async (names: readonly string[]) => {
    const answers = []
    for (const name of names) answers.push(await wrong(name))
    return answers.map(({ status, body }) => [status, body.error, body.error_description])
  }
  const known = await told([
    'ALICE',
    'alice',
    'Alice@Example.com',
    'alice',
    'alice@example.com',
    'alice',
    'alice',
  ])
  const unknown = await told(['nobody', 'Nobody', 'NOBODY', 'nobody', 'nobody', 'nobody', 'nobody'])
  assert.deepEqual(known, unknown)
  assert.equal(known.at(-1)?.[0], 429)
  await issuer.close()
})

test('E8: an attacker from many places does not keep the right user out of the usual one', async () => {
  const issuer = await startIssuer()
  const home = '192.0.2.10'
  await issuer.signUp('alice')
  const signIn = (password: string, address: string) =>
    issuer.call('POST', '/token', {
      form: { grant_type: 'password', username: 'alice', password },
      address,
    })
  assert.equal((await signIn(PASSWORD, home)).status, 200)
  for (let index = 0; index < 60; index++) await signIn('not the right one', `198.51.100.${index}`)
  assert.equal((await signIn(PASSWORD, '203.0.113.1')).status, 429, 'a place nobody has seen waits')
  assert.equal((await signIn(PASSWORD, '192.0.2.99')).status, 200, 'the network of a live session does not')
  await issuer.close()
})

test('E7: who has stolen a token cannot guess the password with it', async () => {
  const issuer = await startIssuer()
  const { access } = await issuer.signUp('alice')
  const statuses = []
  for (let index = 0; index < 8; index++) {
    const json = { current_password: `guess number ${index}`, new_password: 'a longer sentence of mine' }
    const { status } = await issuer.call('POST', '/password/change', {
      json,
      token: access,
      address: elsewhere,
    })
    statuses.push(status)
  }
  assert.deepEqual(statuses, [400, 400, 400, 400, 400, 429, 429, 429])
  await issuer.close()
})

test('registration is limited per address, and the answer says how much is left', async () => {
  const issuer = await startIssuer()
  const register = (index: number) =>
    issuer.call('POST', '/register', {
      json: { email: `user${index}@example.com`, password: 'short' },
      address: '2001:db8::1',
    })
  const first = await register(0)
  assert.equal(first.headers.get('ratelimit-policy'), '"/register";q=30;w=600')
  assert.match(first.headers.get('ratelimit') ?? '', /^"\/register";r=29;t=\d+$/)
  for (let index = 1; index < 30; index++) await register(index)
  const limited = await register(31)
  assert.equal(limited.status, 429)
  assert.equal(limited.body.code, 'too_many_requests')
  assert.equal(limited.headers.get('www-authenticate'), null, 'too many is never dressed as not signed in')
  const neighbour = await issuer.call('POST', '/register', { json: {}, address: '2001:db8:0:1::1' })
  assert.equal(neighbour.status, 400)
  await issuer.close()
})

test('E8: a browser in which somebody has signed in is let past an attack on the account and on its address', async () => {
  const issuer = await startIssuer()
  await issuer.signUp('alice')
  const home = '192.0.2.10'
  const signIn = (password: string, address: string, headers: Record<string, string> = {}) =>
    issuer.call('POST', '/session', { json: { username: 'alice', password }, address, headers })
  const first = await signIn(PASSWORD, home)
  assert.equal(first.status, 200)
  const device = first.headers.getSetCookie().find((one) => one.startsWith('countersign-device=')) ?? ''
  assert.match(device, /; Path=\/; HttpOnly; SameSite=Lax$/)
  const cookie = device.split(';')[0] ?? ''
  for (let index = 0; index < 40; index++) await signIn('not the right one', `198.51.100.${index}`)
  for (let index = 0; index < 10; index++) await signIn('not the right one', elsewhere)

  assert.equal((await signIn(PASSWORD, elsewhere)).status, 429, 'a stranger waits')
  const known = await signIn(PASSWORD, elsewhere, { cookie })
  assert.equal(known.status, 200)
  assert.ok(!known.headers.getSetCookie().some((one) => one.startsWith('countersign-device=')), 'no news')
  for (const forged of [
    `${cookie}x`,
    'countersign-device=',
    'countersign-device=s1.a.b',
    `${cookie}; ${cookie}`,
  ]) {
    assert.equal((await signIn(PASSWORD, '203.0.113.5', { cookie: forged })).status, 429, forged)
  }

  // Stolen, it opens nothing: its holder guesses as slowly as anybody, and for this account alone.
  const guesses = []
  for (let index = 0; index < 7; index++)
    guesses.push((await signIn('not the right one', home, { cookie })).status)
  assert.deepEqual(guesses, [401, 401, 401, 401, 401, 429, 429])
  await issuer.signUp('bob')
  const wrong = { username: 'bob', password: 'not the right one' }
  const tries = []
  for (let index = 0; index < 7; index++) {
    tries.push(
      (await issuer.call('POST', '/session', { json: wrong, address: elsewhere, headers: { cookie } }))
        .status,
    )
  }
  assert.deepEqual(tries.slice(-2), [429, 429])
  await issuer.close()
})

test('G-7: each refused sign-in is an event, without what was typed; a flood of them is not', async () => {
  const issuer = await startIssuer()
  await issuer.signUp('alice')
  const form = { grant_type: 'password', username: 'alice', password: 'not the right one' }
  for (let index = 0; index < 60; index++) {
    await issuer.call('POST', '/token', { form, address: elsewhere })
  }
  await issuer.call('POST', '/token', { form: { ...form, username: 'nobody-canary' }, address: '192.0.2.77' })
  // The last one is written when this one is: one at a time goes to the database.
  const events = async () => {
    for (;;) {
      const found = await issuer.auth.events.list({ name: 'login.refused', limit: 100 })
      if (found.some(({ origin }) => origin.address === '192.0.2.77')) return found
      await sleep(10)
    }
  }
  const found = await events()
  const ofAlice = found.filter(({ data }) => data?.cause === 'CREDENTIALS_WRONG' && data.known === true)
  assert.equal(ofAlice.length, 5)
  assert.ok(ofAlice.every(({ userId, origin }) => userId !== undefined && origin.address === elsewhere))
  assert.equal(found.filter(({ data }) => data?.cause === 'RATE_LIMITED').length, 1)
  const unknown = found.find(({ origin }) => origin.address === '192.0.2.77')
  assert.deepEqual(
    [unknown?.userId, unknown?.data],
    [undefined, { cause: 'CREDENTIALS_WRONG', known: false }],
  )
  assert.ok(!JSON.stringify(found).includes('canary'))
  await issuer.close()
})

test('a sign-in whose password is being hashed when everything stops is refused and leaves its event and its cause', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-refused-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const databaseUrl = `sqlite:${join(folder, 'auth.db')}`
  const issuer = await startIssuer({ databaseUrl })
  const tries = Array.from({ length: 8 }, (_, index) =>
    issuer.call('POST', '/token', {
      form: { grant_type: 'password', username: `nobody-${index}`, password: 'not the right one' },
      address: `192.0.2.${index + 1}`,
    }),
  )
  // The others wait for their turn.
  await Promise.race(tries)
  await issuer.close()
  const refused = (await Promise.all(tries)).filter(({ status }) => status === 400)

  const reopened = await startIssuer({ databaseUrl })
  const events = await reopened.auth.events.list({ name: 'login.refused', limit: 100 })
  assert.equal(events.length, refused.length)
  const counted = (await reopened.auth.refusals.counts(0)).filter(({ code }) => code === 'CREDENTIALS_WRONG')
  assert.equal(
    counted.reduce((sum, { count }) => sum + count, 0),
    refused.length,
    'and the doctor knows of it',
  )
  await reopened.close()
})
