import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { needs } from '../../src/model/access.ts'
import { Authenticator } from './authenticator.ts'
import { CALLBACK, codeFor, exchange, openBrowser } from './browser.ts'
import {
  type Answer,
  claimsOf,
  handClock,
  PASSWORD,
  startIssuer,
  type TestIssuer,
  tokensOf,
} from './issuer.ts'
import { CHALLENGE_GRANT, codeAt, fromBase32, signInWithApp, signUpWithApp } from './second-factor.ts'

const ORIGIN = 'https://auth.example.com'
const STEP = 30_000
const clock = handClock()
let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer({ clock, issuer: ORIGIN, staleness: 'relaxed' })
})
after(() => issuer.close())

const renew = (token: string, json: unknown, address = '127.0.0.1') =>
  issuer.call('POST', '/session/renewal', { token, json, address })

/** How the guard of an application answers. */
async function ask(token: string, requirement: Parameters<typeof needs>[0]): Promise<Answer | undefined> {
  const request = new Request(`${ORIGIN}/orders`, { headers: { authorization: `Bearer ${token}` } })
  const checked = await issuer.auth.check(request, issuer.auth.needs(requirement as never))
  if (checked.ok) return undefined
  const text = await checked.response.text()
  const { status, headers } = checked.response
  return { status, headers, text, body: JSON.parse(text) }
}

test('RFC 9470: a route that needs a fresh sign-in says so, the password makes it fresh, and the session stays', async () => {
  const tokens = await issuer.signUp('anna')
  assert.equal(await ask(tokens.access, { freshWithinSeconds: 300 }), undefined)
  clock.advance(301_000)
  const refused = await ask(tokens.access, { freshWithinSeconds: 300 })
  assert.deepEqual([refused?.status, refused?.body.code], [401, 'reauthentication_required'])
  assert.match(
    refused?.headers.get('www-authenticate') ?? '',
    /^Bearer error="insufficient_user_authentication", .*max_age="300", resource_metadata=/,
  )
  const refreshed = tokensOf(await issuer.refresh(tokens.refresh))
  assert.equal(
    (await ask(refreshed.access, { freshWithinSeconds: 300 }))?.status,
    401,
    'a refresh is no sign-in',
  )

  assert.equal((await renew(refreshed.access, { password: 'not the right one' })).status, 400)
  const renewed = await renew(refreshed.access, { password: PASSWORD })
  assert.equal(renewed.status, 200, renewed.text)
  assert.equal(renewed.body.refresh_token, undefined)
  const access = String(renewed.body.access_token)
  assert.equal(await ask(access, { freshWithinSeconds: 300 }), undefined)
  const [before_, after_] = [claimsOf(refreshed.access), claimsOf(access)]
  assert.equal(after_.sid, before_.sid)
  assert.equal(after_.auth_time, Math.floor(clock.now() / 1000))
  assert.deepEqual(after_.amr, ['pwd'])
  const later = tokensOf(await issuer.refresh(refreshed.refresh))
  assert.equal(
    claimsOf(later.access).auth_time,
    after_.auth_time,
    'the refresh token goes on, with the new time',
  )
  const [event] = await issuer.auth.events.list({ name: 'session.renewed', limit: 1 })
  assert.equal(event?.sessionId, after_.sid)
})

test('a renewal widens nothing: the scope of the token is that of the one before', async () => {
  await issuer.signUp('berta')
  const { access } = tokensOf(await issuer.signIn('berta', { scope: '' }))
  const narrow = await issuer.auth.sessions.start({
    userId: String(claimsOf(access).sub),
    amr: ['pwd'],
    scopes: [],
  })
  const renewed = await renew(narrow.access_token, { password: PASSWORD })
  assert.equal(renewed.body.scope, claimsOf(narrow.access_token).scope)
})

test('E15: whoever has a second factor renews by that, and the password alone does not do', async () => {
  const user = await signUpWithApp(issuer, 'carl', clock.now)
  clock.advance(STEP)
  const { access } = await signInWithApp(issuer, user, codeAt(user.secret, clock.now()))
  clock.advance(11 * 60_000)
  const refused = await renew(access, { password: PASSWORD })
  assert.deepEqual([refused.status, refused.body.code], [403, 'mfa_required'])
  assert.equal(refused.body.challenge_token, undefined)
  assert.equal((await renew(access, { code: '000000' })).status, 401)
  const code = codeAt(user.secret, clock.now())
  const renewed = await renew(access, { code })
  assert.equal(renewed.status, 200, renewed.text)
  const claims = claimsOf(String(renewed.body.access_token))
  assert.deepEqual([claims.amr, claims.acr], [['pwd', 'otp', 'mfa'], 'mfa'])
  assert.equal((await renew(access, { code })).status, 401, 'a code counts once')
})

test('a route that needs a second factor gets it in place', async () => {
  const user = await signUpWithApp(issuer, 'dora', clock.now)
  const { access } = tokensOf(await issuer.refresh(user.tokens.refresh))
  const needed = { secondFactor: true, freshWithinSeconds: 600 } as const
  const refused = await ask(access, needed)
  assert.equal(refused?.status, 401, 'this session set the app up, and began by password alone')
  assert.match(
    refused?.headers.get('www-authenticate') ?? '',
    /max_age="600", acr_values="mfa", resource_metadata=/,
  )
  clock.advance(STEP)
  const renewed = await renew(access, { code: codeAt(user.secret, clock.now()) })
  assert.equal(await ask(String(renewed.body.access_token), needed), undefined)
  const plain = await issuer.signUp('dieter')
  assert.equal((await ask(plain.access, { secondFactor: true }))?.status, 401)
})

test('where a start has made second factors a duty, the way of a renewal to one ends with as much as before', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-renewal-'))
  const shared = { clock, databaseUrl: `sqlite:${join(folder, 'auth.db')}`, staleness: 'relaxed' } as const
  const former = await startIssuer({ ...shared, firstPartyRedirectUris: [CALLBACK] })
  const strict = await startIssuer({ ...shared, requireSecondFactor: ['user'] })
  context.after(async () => {
    await Promise.all([former.close(), strict.close()])
    rmSync(folder, { recursive: true })
  })
  const own = {
    id: 'first-party',
    secret: '',
    proof: async () => ({ form: { client_id: own.id }, headers: {} }),
  }
  const post = (path: string, json: object, token?: string) =>
    strict.call('POST', path, { json, ...(token !== undefined && { token }) })

  for (const [username, asked, held] of [
    ['lina', 'openid email profile:read', 'profile:read'],
    ['mara', 'openid', ''],
  ] as const) {
    await former.signUp(username)
    const browser = openBrowser(former)
    await browser.signIn(username)
    const code = await codeFor(browser, own, { scope: asked })
    const { access } = tokensOf(await exchange(former, own, code))
    const refused = await post('/session/renewal', { password: PASSWORD }, access)
    assert.deepEqual([refused.status, refused.body.code], [403, 'mfa_enrolment_required'], refused.text)

    const { challenge_token } = refused.body
    const { body: offer } = await post('/sign-in/enrolment/totp', { challenge_token })
    const confirmed = await post('/sign-in/enrolment/totp/confirm', {
      challenge_token,
      offer_token: offer.challenge_token,
      code: codeAt(fromBase32(String(offer.secret)), clock.now()),
    })
    const form = { grant_type: CHALLENGE_GRANT, challenge_token: String(confirmed.body.challenge_token) }
    const signedIn = tokensOf(await strict.call('POST', '/token', { form }))
    const { scope, amr } = claimsOf(signedIn.access)
    assert.deepEqual([scope, amr], [held, ['pwd', 'otp', 'mfa']])
  }
})

test('a passkey renews, by a challenge of the session’s own user', async () => {
  const signUp = async (username: string) => {
    const tokens = await issuer.signUp(username)
    const begun = await issuer.call('POST', '/users/me/passkeys/options', { token: tokens.access })
    const authenticator = new Authenticator({ origin: ORIGIN, rpId: 'auth.example.com' })
    const credential = authenticator.create(begun.body.options as never)
    const json = { challenge_token: begun.body.challenge_token, name: 'laptop', credential }
    const added = await issuer.call('POST', '/users/me/passkeys', { token: tokens.access, json })
    assert.equal(added.status, 201, added.text)
    return { authenticator, ...tokensOf(await issuer.refresh(tokens.refresh)) }
  }
  const [emil, fred] = [await signUp('emil'), await signUp('fred')]
  const begin = (token: string) => issuer.call('POST', '/session/renewal/options', { token })
  const [mine, theirs] = [await begin(emil.access), await begin(fred.access)]
  const proof = (begun: Answer, authenticator: Authenticator) => ({
    challenge_token: begun.body.challenge_token,
    credential: authenticator.get(begun.body.options as never),
  })
  assert.equal((await renew(emil.access, proof(theirs, emil.authenticator))).status, 401)
  assert.equal((await renew(emil.access, proof(mine, fred.authenticator))).status, 401)
  const good = proof(mine, emil.authenticator)
  const renewed = await renew(emil.access, good)
  assert.equal(renewed.status, 200, renewed.text)
  assert.deepEqual(claimsOf(String(renewed.body.access_token)).amr, ['pwd', 'swk', 'mfa'])
  assert.equal((await renew(emil.access, good)).status, 401, 'once')
  const signIn = await issuer.call('POST', '/sign-in/passkey/options', { json: { for: 'token' } })
  assert.equal(
    (await renew(emil.access, proof(signIn, emil.authenticator))).status,
    401,
    'for another purpose',
  )
})

test('F-1: in a browser a renewal makes a session of a new id, and the old one is dead', async () => {
  await issuer.signUp('gerd')
  const page = { 'sec-fetch-site': 'same-origin' }
  const json = { username: 'gerd', password: PASSWORD }
  const signedIn = await issuer.call('POST', '/session', { json, headers: page })
  const cookieOf = ({ headers }: Answer) => headers.get('set-cookie')?.split(';')[0] ?? ''
  const cookie = cookieOf(signedIn)
  const call = (method: string, path: string, sent: string, csrf: unknown, body?: unknown) =>
    issuer.call(method, path, {
      ...(body !== undefined && { json: body }),
      headers: { ...page, cookie: sent, 'x-csrf-token': String(csrf) },
    })
  clock.advance(15 * 60_000)
  const { csrf_token: csrf } = signedIn.body
  assert.equal((await call('POST', '/users/me/totp', cookie, csrf)).status, 401, 'too long ago')
  const proof = { password: PASSWORD }
  assert.equal((await call('POST', '/session/renewal', cookie, 'x', proof)).status, 403, 'F-4')
  const renewed = await call('POST', '/session/renewal', cookie, csrf, proof)
  assert.equal(renewed.status, 200, renewed.text)
  assert.notEqual(cookieOf(renewed), cookie)
  assert.notEqual(renewed.body.csrf_token, csrf)
  assert.equal((await call('GET', '/users/me', cookie, csrf)).status, 401)
  const offer = await call('POST', '/users/me/totp', cookieOf(renewed), renewed.body.csrf_token)
  assert.equal(offer.status, 200, offer.text)
})

test('B7: a renewal that the password change overtakes renews nothing', async () => {
  const tokens = await issuer.signUp('hans')
  const id = String(claimsOf(tokens.access).sub)
  await issuer.auth.users.setPassword(id, 'another long sentence')
  assert.equal((await renew(tokens.access, { password: PASSWORD })).status, 401)
  const ended = await issuer.signUp('ines')
  await issuer.call('POST', '/logout', { token: ended.access })
  assert.equal((await renew(ended.access, { password: PASSWORD })).status, 401)
})

test('E7: renewing a session is no way to guess the password of a stolen token’s owner', async () => {
  const { access } = await issuer.signUp('jan')
  const statuses: number[] = []
  for (let tried = 0; tried < 8; tried++) {
    statuses.push((await renew(access, { password: `guess ${tried}` }, '203.0.113.5')).status)
  }
  assert.deepEqual(statuses, [400, 400, 400, 400, 400, 429, 429, 429])
})

test('an API key, a client and a bare request renew nothing', async () => {
  const { access } = await issuer.signUp('kurt')
  const made = await issuer.call('POST', '/users/me/api-keys', { token: access, json: { name: 'batch' } })
  assert.equal((await renew(String(made.body.key), { password: PASSWORD })).status, 403)
  const none = await issuer.call('POST', '/session/renewal', { json: { password: PASSWORD } })
  assert.equal(none.status, 401)
  const issued = await issuer.auth.tokens.issue({ userId: String(claimsOf(access).sub) })
  assert.equal((await renew(issued.access_token, { password: PASSWORD })).status, 403, 'it has no session')
  for (const json of [{}, { password: PASSWORD, code: '123456' }, { code: '1', credential: {} }]) {
    assert.equal((await renew(access, json)).status, 400)
  }
})
