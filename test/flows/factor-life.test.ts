import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createAuth } from '../../src/index.ts'
import { claimsOf, handClock, ISSUER, SECRET_KEY, startIssuer, tokensOf } from './issuer.ts'
import { type LetteredIssuer, startLettered } from './letters.ts'
import { answer, challengeOf, codeAt, signInWithApp, signUpWithApp } from './second-factor.ts'

const STEP = 30_000
const clock = handClock()
let issuer: LetteredIssuer
before(async () => {
  issuer = await startLettered({ clock, staleness: 'relaxed' })
})
after(() => issuer.close())

test('the owner is told of each factor that comes or goes, also where somebody else takes them all away', async () => {
  const user = await signUpWithApp(issuer, 'anna', clock.now)
  const added = await issuer.letter('factor_added', 'anna@example.com')
  assert.match(added.text, /was added to your account/)
  const { access } = tokensOf(await issuer.refresh(user.tokens.refresh))
  assert.equal((await issuer.call('DELETE', '/users/me/totp', { token: access })).status, 204)
  await issuer.letter('factor_removed', 'anna@example.com')
  const other = await signUpWithApp(issuer, 'berta', clock.now)
  await issuer.letter('factor_added', 'berta@example.com')
  await issuer.call('POST', '/logout', { token: other.tokens.access })
  assert.equal(await issuer.auth.users.resetFactors(other.id), true)
  await issuer.letter('factor_removed', 'berta@example.com')
  for (const { text, html } of issuer.letters) {
    assert.ok(!text.includes('otpauth') && !html.includes('otpauth'))
    for (const code of other.recoveryCodes) assert.ok(!text.includes(code))
  }
})

test('PROTOCOL 5.4: who knows the password and guesses the second step five times gives themselves away', async () => {
  const user = await signUpWithApp(issuer, 'carl', clock.now)
  clock.advance(STEP)
  const challenge = await challengeOf(issuer, 'carl', {}, '203.0.113.1')
  for (let tried = 0; tried < 7; tried++) {
    await answer(issuer, challenge, '000000', { address: `203.0.113.${10 + tried}` })
  }
  const told = await issuer.letter('password_known', 'carl@example.com')
  assert.match(told.text, /They were not let in/)
  await signInWithApp(issuer, user, codeAt(user.secret, clock.now()))
  const known = issuer.letters.filter(({ kind }) => kind === 'password_known')
  assert.equal(known.length, 1)
})

test('E12: a new password by a mailed link does not skip the second factor', async () => {
  const user = await signUpWithApp(issuer, 'dora', clock.now)
  await issuer.letter('verify', 'dora@example.com')
  await issuer.call('POST', '/email/verify/request', { json: { email: 'dora@example.com' } })
  const proof = await issuer.token('verify', 'dora@example.com')
  assert.equal((await issuer.call('POST', '/email/verify', { json: { token: proof } })).status, 200)
  await issuer.call('POST', '/password/forgot', { json: { email: 'dora@example.com' } })
  const token = await issuer.token('reset', 'dora@example.com')
  const password = 'another long sentence'
  const reset = await issuer.call('POST', '/password/reset', { json: { token, new_password: password } })
  assert.ok(reset.status < 300, reset.text)
  assert.equal(reset.body.access_token, undefined)
  clock.advance(STEP)
  const challenge = await challengeOf(issuer, 'dora', { password })
  const tokens = tokensOf(await answer(issuer, challenge, codeAt(user.secret, clock.now())))
  assert.equal(claimsOf(tokens.access).sub, user.id)
})

test('E12: whoever registers with the address of another leaves no factor behind for when its owner resets the password', async () => {
  const thief = await signUpWithApp(issuer, 'squat', clock.now)
  const made = await issuer.call('POST', '/users/me/api-keys', {
    json: { name: 'k' },
    token: tokensOf(await issuer.refresh(thief.tokens.refresh)).access,
  })
  assert.equal((await issuer.me(String(made.body.key))).status, 200)
  await issuer.call('POST', '/password/forgot', { json: { email: 'squat@example.com' } })
  const token = await issuer.token('reset', 'squat@example.com')
  const password = 'the sentence of the owner'
  const reset = await issuer.call('POST', '/password/reset', { json: { token, new_password: password } })
  assert.equal(reset.status, 204)
  assert.equal((await issuer.me(String(made.body.key))).status, 401)
  assert.equal((await issuer.signIn('squat', { password })).status, 200, 'the owner is not asked for it')
})

test('G-15: a declared restore voids challenges and recovery codes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-factors-'))
  const databaseUrl = `sqlite:${join(folder, 'auth.db')}`
  const open = () => startIssuer({ clock, staleness: 'relaxed', databaseUrl })
  try {
    const first = await open()
    const user = await signUpWithApp(first, 'emil', clock.now)
    clock.advance(STEP)
    const challenge = await challengeOf(first, 'emil')
    await first.close()
    const offline = createAuth({
      logLevel: 'silent',
      databaseUrl,
      secretKey: SECRET_KEY,
      issuer: ISSUER,
      clock,
    })
    await offline.declareRestored()

    const second = await open()
    clock.advance(STEP)
    const code = codeAt(user.secret, clock.now())
    assert.equal((await answer(second, challenge, code)).body.error, 'invalid_grant')
    clock.advance(4 * STEP)
    const next = await challengeOf(second, 'emil')
    assert.equal((await answer(second, next, user.recoveryCodes[0] ?? '')).body.error, 'invalid_grant')
    const tokens = tokensOf(await answer(second, next, codeAt(user.secret, clock.now())))
    const factors = await second.call('GET', '/users/me/factors', { token: tokens.access })
    assert.equal(factors.body.recovery_codes_left, 0)
    const made = await second.call('POST', '/users/me/recovery-codes', { token: tokens.access })
    assert.equal((made.body.recovery_codes as string[]).length, 10)
    await second.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
