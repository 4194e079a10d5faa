import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sqlite } from '../../src/index.ts'
import {
  type Answer,
  claimsOf,
  handClock,
  PASSWORD,
  startIssuer,
  type TestIssuer,
  tokensOf,
} from './issuer.ts'
import {
  answer,
  CHALLENGE_GRANT,
  challengeOf,
  codeAt,
  fromBase32,
  signInWithApp,
  signUpWithApp,
} from './second-factor.ts'

const STEP = 30_000
const clock = handClock()
let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer({ clock, staleness: 'relaxed', store: sqlite(':memory:') })
})
after(() => issuer.close())

const codeOf = (user: { readonly secret: Uint8Array }) => codeAt(user.secret, clock.now())
const signUp = (username: string) => signUpWithApp(issuer, username, clock.now)
const eventsOf = async (userId: string) =>
  (await issuer.auth.events.list({ userId, limit: 50 })).map(({ name }) => name)

function assertVoid(refused: Answer): void {
  assert.equal(refused.status, 400, refused.text)
  assert.equal(refused.body.error, 'invalid_grant')
  assert.equal(refused.body.access_token, undefined)
}

test('C7: the password grant asks for the code, and the answer to its challenge has the tokens', async () => {
  const user = await signUp('anna')
  assert.equal(user.recoveryCodes.length, 10)
  clock.advance(STEP)
  const refused = await issuer.signIn('anna', { scope: 'profile:read' })
  assert.equal(refused.status, 403)
  const { challenge_token: challenge, reference: _, cause, details, hint, ...told } = refused.body
  assert.ok(cause && details && hint, 'in development only')
  assert.deepEqual(told, {
    error: 'mfa_required',
    error_description: told.error_description,
    expires_in: 300,
    methods: ['totp', 'recovery_code'],
  })
  assert.match(String(challenge), /^cs_challenge_/)
  assert.equal(refused.headers.get('cache-control'), 'no-store')

  const tokens = tokensOf(await answer(issuer, String(challenge), codeOf(user)))
  const { amr, acr, auth_time, scope } = claimsOf(tokens.access)
  assert.deepEqual([amr, acr, scope], [['pwd', 'otp', 'mfa'], 'mfa', 'profile:read'])
  assert.equal(auth_time, Math.floor(clock.now() / 1000))
  assert.equal((await issuer.me(tokens.access)).status, 200)
  const refreshed = tokensOf(await issuer.refresh(tokens.refresh))
  assert.deepEqual(claimsOf(refreshed.access).amr, ['pwd', 'otp', 'mfa'], 'a refresh asks for nothing')
  const names = await eventsOf(user.id)
  assert.ok(names.includes('totp.added') && names.includes('login.challenged'), names.join(' '))
})

test('a scope that nobody declared is refused before a code is asked for', async () => {
  await signUp('anton')
  const refused = await issuer.signIn('anton', { scope: 'profile:reed' })
  assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_scope'])
})

test('the app’s QR code and URI say what the secret says', async () => {
  const { access } = await issuer.signUp('berta')
  const offer = await issuer.call('POST', '/users/me/totp', { token: access })
  const uri = new URL(String(offer.body.uri))
  assert.equal(uri.searchParams.get('secret'), offer.body.secret)
  assert.equal(fromBase32(String(offer.body.secret)).length, 20)
  assert.match(String(offer.body.qr), /^<svg [^>]*>(<(rect|path) [^<>]*\/>)+<\/svg>$/)
  assert.doesNotMatch(String(offer.body.qr), /script|style|href|on\w+=/)
  assert.equal((await issuer.signIn('berta')).status, 200, 'an offer changes nothing')
})

test('an app is confirmed by its code, and by no other', async () => {
  const { access } = await issuer.signUp('carl')
  const other = await issuer.signUp('carla')
  const offer = await issuer.call('POST', '/users/me/totp', { token: access })
  const challenge_token = offer.body.challenge_token
  const secret = fromBase32(String(offer.body.secret))
  const code = codeAt(secret, clock.now())
  const confirm = (json: unknown, token = access) =>
    issuer.call('POST', '/users/me/totp/confirm', { token, json })
  for (const wrong of [codeAt(secret, clock.now() + 2 * STEP), '000', 'abcdef']) {
    const refused = await confirm({ challenge_token, code: wrong })
    assert.equal(refused.status, 400)
    assert.deepEqual((refused.body.errors as { field: string }[])[0]?.field, 'code')
  }
  assert.equal((await confirm({ challenge_token, code }, other.access)).status, 401, 'another user’s')
  assert.equal((await confirm({ challenge_token: `${challenge_token}x`, code })).status, 401, 'forged')
  assert.equal((await confirm({ challenge_token, code })).status, 201)
  assert.equal(
    (await confirm({ challenge_token, code })).status,
    401,
    'the session’s token ended with the change',
  )
})

test('E14: of 50 parallel uses of one code exactly one signs in, whatever challenges they answer', async () => {
  const user = await signUp('dora')
  clock.advance(STEP)
  const challenges: string[] = []
  for (let at = 0; at < 5; at++) challenges.push(await challengeOf(issuer, 'dora', {}, `198.51.100.${at}`))
  const code = codeOf(user)
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, at) =>
      answer(issuer, challenges[at % 5] ?? '', code, { address: `203.0.113.${at}` }),
    ),
  )
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  for (const { status } of answers) assert.ok([200, 400, 429].includes(status))
  clock.advance(24 * 3_600_000)
  await signInWithApp(issuer, user, codeOf(user))
})

test('E14: a code counts once, and none before one that was used', async () => {
  const user = await signUp('emil')
  const early = codeAt(user.secret, clock.now() + STEP)
  clock.advance(2 * STEP)
  const late = codeOf(user)
  await signInWithApp(issuer, user, late)
  for (const code of [late, early]) assertVoid(await answer(issuer, await challengeOf(issuer, 'emil'), code))
  clock.advance(STEP)
  await signInWithApp(issuer, user, codeOf(user))
})

test('E14: after five wrong codes the right one is refused too', async () => {
  const user = await signUp('fred')
  clock.advance(STEP)
  const challenge = await challengeOf(issuer, 'fred')
  for (let tried = 0; tried < 5; tried++) {
    const address = `203.0.113.${tried}`
    assertVoid(await answer(issuer, challenge, '000000', { address }))
  }
  assertVoid(await answer(issuer, challenge, codeOf(user), { address: '203.0.113.99' }))
  const names = await eventsOf(user.id)
  assert.equal(names.filter((name) => name === 'login.refused').length, 5)
  await signInWithApp(issuer, user, codeOf(user))
})

test('E7: wrong codes are counted like wrong passwords, and a right password is no success', async () => {
  const user = await signUp('gus')
  clock.advance(STEP)
  const address = '198.51.100.200'
  const statuses: number[] = []
  for (let tried = 0; tried < 8; tried++) {
    const form = { grant_type: 'password', username: 'gus', password: PASSWORD }
    statuses.push((await issuer.call('POST', '/token', { form, address })).status)
  }
  assert.deepEqual(statuses.slice(0, 5), [403, 403, 403, 403, 403])
  assert.ok(statuses.includes(429), 'whoever only knows the password is slowed down')
  clock.advance(10 * 60_000)
  for (let sign = 0; sign < 12; sign++) {
    clock.advance(STEP)
    await signInWithApp(issuer, user, codeOf(user))
  }
})

test('a challenge is its user’s, its client’s, this purpose’s, and over in five minutes', async () => {
  const user = await signUp('hans')
  const other = await signUp('hanna')
  clock.advance(STEP)
  const challenge = await challengeOf(issuer, 'hans')
  assertVoid(await answer(issuer, challenge, codeOf(other)))
  assertVoid(
    await answer(issuer, `${challenge.slice(0, -1)}${challenge.endsWith('A') ? 'B' : 'A'}`, codeOf(user)),
  )
  assertVoid(await answer(issuer, 'cs_challenge_nothing', codeOf(user)))
  const browser = await issuer.call('POST', '/session/challenge', {
    json: { challenge_token: challenge, code: codeOf(user) },
  })
  assert.equal(browser.status, 401, 'it was made for tokens')
  const client = await issuer.auth.clients.create({
    name: 'batch',
    grants: ['client_credentials'],
    scopes: ['profile:read'],
    authMethod: 'client_secret_post',
  })
  const stranger = { client_id: client.client.id, client_secret: String(client.secret) }
  assertVoid(await answer(issuer, challenge, codeOf(user), { form: stranger }))
  clock.advance(299_000)
  const tokens = tokensOf(await answer(issuer, challenge, codeOf(user)))
  assert.equal(claimsOf(tokens.access).sub, user.id)
  clock.advance(STEP)
  assertVoid(await answer(issuer, challenge, codeOf(user)))
  const late = await challengeOf(issuer, 'hans')
  clock.advance(300_000)
  assertVoid(await answer(issuer, late, codeOf(user)))
})

test('B7: a challenge is void once the password changed, the account was disabled, or a factor went', async () => {
  const changes: Record<string, (id: string) => Promise<unknown>> = {
    password: (id) => issuer.auth.users.setPassword(id, 'another long sentence'),
    disabled: (id) => issuer.auth.users.disable(id),
    reset: (id) => issuer.auth.users.resetFactors(id),
    everywhere: (id) => issuer.auth.sessions.endAll(id),
    deleted: (id) => issuer.auth.users.remove(id),
  }
  for (const [name, change] of Object.entries(changes)) {
    const user = await signUp(`ivo-${name}`)
    clock.advance(STEP)
    const challenge = await challengeOf(issuer, user.username)
    await change(user.id)
    assertVoid(await answer(issuer, challenge, codeOf(user)))
  }
})

test('a recovery code takes the place of a code, once', async () => {
  const user = await signUp('jan')
  const [first = '', second = '', third = ''] = user.recoveryCodes
  clock.advance(STEP)
  const tokens = tokensOf(
    await answer(issuer, await challengeOf(issuer, 'jan'), first.toUpperCase().replaceAll('-', ' ')),
  )
  assert.deepEqual(claimsOf(tokens.access).amr, ['pwd', 'otp', 'mfa'])
  const factors = await issuer.call('GET', '/users/me/factors', { token: tokens.access })
  assert.equal(factors.body.recovery_codes_left, 9)
  assertVoid(await answer(issuer, await challengeOf(issuer, 'jan'), first))
  assertVoid(await answer(issuer, await challengeOf(issuer, 'jan'), '0000-0000-0000-0000-0000-0000'))

  const from = (at: number) => ({ address: `203.0.113.${at}` })
  const challenges = await Promise.all(
    [1, 2, 3].map((at) => challengeOf(issuer, 'jan', {}, from(at).address)),
  )
  const together = await Promise.all(
    challenges.map((challenge, at) => answer(issuer, challenge, second, from(at + 1))),
  )
  assert.equal(together.filter(({ status }) => status === 200).length, 1)

  clock.advance(5 * 60_000)
  const made = await issuer.call('POST', '/users/me/recovery-codes', { token: tokens.access })
  assert.equal((made.body.recovery_codes as string[]).length, 10)
  assertVoid(await answer(issuer, await challengeOf(issuer, 'jan'), third))
  assert.ok((await eventsOf(user.id)).includes('recovery_codes.made'))
})

test('a browser session asks for the code too, and keeps the one it had until then', async () => {
  const user = await signUp('kim')
  clock.advance(STEP)
  const page = { 'sec-fetch-site': 'same-origin' }
  const json = { username: 'kim', password: PASSWORD }
  const refused = await issuer.call('POST', '/session', { json, headers: page })
  assert.deepEqual([refused.status, refused.body.code], [403, 'mfa_required'])
  assert.equal(refused.headers.get('set-cookie'), null)
  const challenge_token = String(refused.body.challenge_token)
  assertVoid(await answer(issuer, challenge_token, codeOf(user)))

  const go = (body: unknown, headers: Record<string, string> = page) =>
    issuer.call('POST', '/session/challenge', { json: body, headers })
  const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
  assert.equal((await go({ challenge_token, code: codeOf(user) }, foreign)).status, 403)
  const wrong = await go({ challenge_token, code: '000000' })
  assert.deepEqual([wrong.status, wrong.headers.get('set-cookie')], [401, null])
  const signedIn = await go({ challenge_token, code: codeOf(user) })
  assert.equal(signedIn.status, 200, signedIn.text)
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
  const me = await issuer.call('GET', '/users/me', { headers: { cookie, ...page } })
  assert.equal(me.body.username, 'kim')

  clock.advance(STEP)
  const again = await issuer.call('POST', '/session', { json, headers: { ...page, cookie } })
  assert.equal(again.status, 403)
  assert.equal((await issuer.call('GET', '/users/me', { headers: { cookie, ...page } })).status, 200)
  const next = await go(
    { challenge_token: again.body.challenge_token, code: codeOf(user) },
    { ...page, cookie },
  )
  assert.equal(next.status, 200)
  assert.equal((await issuer.call('GET', '/users/me', { headers: { cookie, ...page } })).status, 401)
})

test('E15: code of the application goes through the same gate', async () => {
  const user = await signUp('lea')
  const start = (amr: string[]) => issuer.auth.sessions.start({ userId: user.id, amr })
  await assert.rejects(start(['fed']), { code: 'MFA_REQUIRED' })
  await assert.rejects(start([]), (error: Error) => !String(JSON.stringify(error)).includes('cs_challenge_'))
  const { access_token } = await start(['fed', 'mfa'])
  assert.deepEqual(claimsOf(access_token).amr, ['fed', 'mfa'])
})

test('an app is removed by who has just proven themselves, and then the password is enough', async () => {
  const user = await signUp('mia')
  clock.advance(STEP)
  const { access } = await signInWithApp(issuer, user, codeOf(user))
  clock.advance(601_000)
  const stale = await issuer.call('DELETE', '/users/me/totp', { token: access })
  assert.equal(stale.status, 401)
  assert.match(stale.headers.get('www-authenticate') ?? '', /insufficient_user_authentication.*max_age="600"/)
  clock.advance(STEP)
  const fresh = await signInWithApp(issuer, user, codeOf(user))
  assert.equal((await issuer.call('DELETE', '/users/me/totp', { token: fresh.access })).status, 204)
  assert.equal(
    (await issuer.call('GET', '/users/me', { token: access })).status,
    401,
    'the other session ended',
  )
  const kept = tokensOf(await issuer.refresh(fresh.refresh))
  assert.equal((await issuer.call('DELETE', '/users/me/totp', { token: kept.access })).status, 404)
  const factors = await issuer.call('GET', '/users/me/factors', { token: kept.access })
  assert.deepEqual(factors.body, { totp: null, passkeys: [], recovery_codes_left: 0 })
  assert.equal((await issuer.signIn('mia')).status, 200)
})

test('an admin takes the factors away: every session ends, and the log says who', async () => {
  const user = await signUp('nora')
  await issuer.auth.users.create({
    email: 'root@example.com',
    username: 'root',
    password: PASSWORD,
    roles: ['user', 'admin'],
  })
  const admin = tokensOf(await issuer.signIn('root'))
  const path = `/admin/users/${user.id}/factors`
  const plain = await issuer.signUp('otto')
  assert.equal((await issuer.call('DELETE', path, { token: plain.access })).status, 403)
  const reset = await issuer.call('DELETE', path, { token: admin.access })
  assert.deepEqual([reset.status, reset.body], [200, { reset: true }])
  const again = await issuer.call('DELETE', path, { token: admin.access })
  assert.deepEqual(again.body, { reset: false })
  assert.equal((await issuer.refresh(user.tokens.refresh)).status, 400)
  assert.equal((await issuer.signIn('nora')).status, 200)
  const [event] = await issuer.auth.events.list({ userId: user.id, name: 'user.factors_reset', limit: 9 })
  assert.equal(event?.origin.actor.id, claimsOf(admin.access).sub)
  const unknown = `/admin/users/${crypto.randomUUID()}/factors`
  assert.equal((await issuer.call('DELETE', unknown, { token: admin.access })).status, 404)
})

test('the grant is in the metadata, and asks for what it needs', async () => {
  const metadata = await issuer.call('GET', '/.well-known/oauth-authorization-server')
  assert.ok((metadata.body.grant_types_supported as string[]).includes(CHALLENGE_GRANT))
  const bare = await issuer.call('POST', '/token', { form: { grant_type: CHALLENGE_GRANT } })
  assert.deepEqual([bare.status, bare.body.error], [400, 'invalid_request'])
  await signUp('paul')
  clock.advance(STEP)
  const form = { grant_type: CHALLENGE_GRANT, challenge_token: await challengeOf(issuer, 'paul') }
  const silent = await issuer.call('POST', '/token', { form })
  assert.deepEqual([silent.status, silent.body.error], [400, 'invalid_request'])
  const both = await issuer.call('POST', '/token', { form: { ...form, code: '123456', credential: '{}' } })
  assert.deepEqual([both.status, both.body.error], [400, 'invalid_request'])
  const noJson = await issuer.call('POST', '/token', { form: { ...form, credential: '{' } })
  assert.deepEqual([noJson.status, noJson.body.error], [400, 'invalid_request'])
})
