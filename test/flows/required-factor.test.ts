import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Authenticator } from './authenticator.ts'
import {
  type Answer,
  claimsOf,
  handClock,
  PASSWORD,
  startIssuer,
  type TestIssuer,
  tokensOf,
} from './issuer.ts'
import { answer, CHALLENGE_GRANT, challengeOf, codeAt, fromBase32 } from './second-factor.ts'

const ORIGIN = 'https://auth.example.com'
const STEP = 30_000
const clock = handClock()
let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer({
    clock,
    issuer: ORIGIN,
    staleness: 'relaxed',
    requireSecondFactor: ['admin'],
    basicForPeople: true,
  })
})
after(() => issuer.close())

async function newAdmin(username: string): Promise<string> {
  const account = { email: `${username}@example.com`, username, password: PASSWORD, roles: ['user', 'admin'] }
  return (await issuer.auth.users.create(account)).id
}

async function refusedSignIn(username: string): Promise<string> {
  const refused = await issuer.signIn(username)
  assert.deepEqual([refused.status, refused.body.error], [403, 'mfa_enrolment_required'], refused.text)
  assert.deepEqual(refused.body.methods, ['totp', 'passkey'])
  return String(refused.body.challenge_token)
}

const call = (path: string, json: unknown) => issuer.call('POST', `/sign-in/enrolment/${path}`, { json })
const goOn = (challenge: unknown, more: Record<string, string> = {}) =>
  issuer.call('POST', '/token', {
    form: { grant_type: CHALLENGE_GRANT, challenge_token: String(challenge), ...more },
  })

interface Enrolment {
  readonly secret: Uint8Array
  readonly confirmed: Answer
}

async function enrolApp(challenge: string): Promise<Enrolment> {
  const offer = await call('totp', { challenge_token: challenge })
  assert.equal(offer.status, 200, offer.text)
  const secret = fromBase32(String(offer.body.secret))
  const json = {
    challenge_token: challenge,
    offer_token: offer.body.challenge_token,
    code: codeAt(secret, clock.now()),
  }
  return { secret, confirmed: await call('totp/confirm', json) }
}

test('a role that needs a second factor lets its holder set one up in the middle of the sign-in', async () => {
  await newAdmin('anna')
  const challenge = await refusedSignIn('anna')
  const early = await goOn(challenge, { code: '123456' })
  assert.equal(early.body.error, 'invalid_grant', 'there is nothing to answer with yet')
  const { secret, confirmed } = await enrolApp(challenge)
  assert.equal(confirmed.status, 201, confirmed.text)
  assert.equal((confirmed.body.recovery_codes as string[]).length, 10)
  const tokens = tokensOf(await goOn(confirmed.body.challenge_token))
  assert.deepEqual(claimsOf(tokens.access).amr, ['pwd', 'otp', 'mfa'])
  assert.equal((await goOn(confirmed.body.challenge_token)).status, 400, 'once')
  assert.equal((await goOn(challenge)).status, 400, 'the first one is void')
  clock.advance(STEP)
  tokensOf(await answer(issuer, await challengeOf(issuer, 'anna'), codeAt(secret, clock.now())))
})

test('the same by a passkey', async () => {
  await newAdmin('bert')
  const challenge = await refusedSignIn('bert')
  const begun = await call('passkey/options', { challenge_token: challenge })
  assert.equal(begun.status, 200, begun.text)
  const authenticator = new Authenticator({ origin: ORIGIN, rpId: 'auth.example.com' })
  const added = await call('passkey', {
    challenge_token: challenge,
    offer_token: begun.body.challenge_token,
    name: 'laptop',
    credential: authenticator.create(begun.body.options as never),
  })
  assert.equal(added.status, 201, added.text)
  const tokens = tokensOf(await goOn(added.body.challenge_token))
  assert.deepEqual(claimsOf(tokens.access).amr, ['pwd', 'swk', 'mfa'])
})

test('a browser goes on in its own way', async () => {
  await newAdmin('carl')
  const json = { username: 'carl', password: PASSWORD }
  const refused = await issuer.call('POST', '/session', { json })
  assert.deepEqual([refused.status, refused.body.code], [403, 'mfa_enrolment_required'])
  const { confirmed } = await enrolApp(String(refused.body.challenge_token))
  const challenge_token = confirmed.body.challenge_token
  assert.equal((await goOn(challenge_token)).status, 400, 'it was made for a browser')
  const signedIn = await issuer.call('POST', '/session/challenge', { json: { challenge_token } })
  assert.equal(signedIn.status, 200, signedIn.text)
  assert.match(signedIn.headers.get('set-cookie') ?? '', /^__Host-countersign=cs_session_/)
})

test('E15: nobody sets up a factor beside the owner’s, nor for an account that needs none', async () => {
  await newAdmin('dora')
  const early = await refusedSignIn('dora')
  const { confirmed } = await enrolApp(early)
  tokensOf(await goOn(confirmed.body.challenge_token))
  clock.advance(STEP)
  for (const challenge_token of [early, await challengeOf(issuer, 'dora')]) {
    assert.equal((await call('totp', { challenge_token })).status, 401)
    assert.equal((await call('passkey/options', { challenge_token })).status, 401)
  }

  const [one, two] = await Promise.all(
    ['emil', 'fred'].map(async (name) => [await newAdmin(name), name] as const),
  )
  const mine = await refusedSignIn(one?.[1] ?? '')
  const theirs = await refusedSignIn(two?.[1] ?? '')
  const offer = await call('totp', { challenge_token: theirs })
  const code = codeAt(fromBase32(String(offer.body.secret)), clock.now())
  const mixed = { challenge_token: mine, offer_token: offer.body.challenge_token, code }
  assert.equal((await call('totp/confirm', mixed)).status, 401, 'an offer is its user’s')
})

test('two who set a factor up at once with one password: one wins', async () => {
  await newAdmin('gerd')
  const [first, second] = [await refusedSignIn('gerd'), await refusedSignIn('gerd')]
  const both = await Promise.all([enrolApp(first), enrolApp(second)])
  assert.deepEqual(both.map(({ confirmed }) => confirmed.status).sort(), [201, 401])
})

test('B7: the challenge ends with the password', async () => {
  const id = await newAdmin('hans')
  const challenge_token = await refusedSignIn('hans')
  await issuer.auth.users.setPassword(id, 'another long sentence')
  assert.equal((await call('totp', { challenge_token })).status, 401)
})

test('whoever has not that role signs in as before, until they get it', async () => {
  const tokens = await issuer.signUp('ines')
  const id = String(claimsOf(tokens.access).sub)
  await issuer.auth.users.setRoles(id, ['user', 'admin'])
  await refusedSignIn('ines')
  // Nor is the role had by a session of before, whoever holds it.
  const refreshed = await issuer.call('POST', '/token', {
    form: { grant_type: 'refresh_token', refresh_token: tokens.refresh },
  })
  assert.deepEqual([refreshed.status, refreshed.body.error], [400, 'invalid_grant'])
  assert.equal((await issuer.call('GET', '/users/me', { token: tokens.access })).status, 401)
})

test('a role of the database needs a second factor as one of the configuration does; one that is none is told', async () => {
  const told: unknown[] = []
  const note = () => undefined
  const logger = { debug: note, info: note, error: note, warn: (facts: unknown) => void told.push(facts) }
  const strict = await startIssuer({ requireSecondFactor: ['keeper', 'keper'], logger })
  assert.deepEqual(told, [{ roles: ['keeper', 'keper'] }], 'so far there is neither')
  const plan = await strict.auth.declarations.plan({
    roles: { keeper: { scopes: ['admin:users'] }, guest: { scopes: [] } },
  })
  await strict.auth.declarations.apply(plan)
  for (const [name, roles, status] of [
    ['guest', ['user', 'guest'], 200],
    ['keeper', ['user', 'keeper'], 403],
  ] as const) {
    await strict.auth.users.create({
      email: `${name}@example.com`,
      username: name,
      password: PASSWORD,
      roles,
    })
    const answer = await strict.signIn(name)
    assert.equal(answer.status, status, answer.text)
    if (status === 403) assert.equal(answer.body.error, 'mfa_enrolment_required')
  }
  await strict.close()
})

test('PROTOCOL 5.1: Basic does not go round a second factor', async () => {
  const basic = (username: string) => ({ authorization: `Basic ${btoa(`${username}:${PASSWORD}`)}` })
  await issuer.signUp('jan')
  const call = (username: string) => issuer.call('GET', '/users/me', { headers: basic(username) })
  assert.equal((await call('jan')).status, 200)
  await newAdmin('kurt')
  const needed = await call('kurt')
  assert.deepEqual([needed.status, needed.body.code], [403, 'mfa_enrolment_required'])
  assert.equal(needed.body.challenge_token, undefined, 'there is no way on from here')

  const tokens = tokensOf(await issuer.signIn('jan'))
  const offer = await issuer.call('POST', '/users/me/totp', { token: tokens.access })
  const code = codeAt(fromBase32(String(offer.body.secret)), clock.now())
  const json = { challenge_token: offer.body.challenge_token, code }
  assert.equal(
    (await issuer.call('POST', '/users/me/totp/confirm', { token: tokens.access, json })).status,
    201,
  )
  const refused = await call('jan')
  assert.deepEqual([refused.status, refused.body.code], [403, 'mfa_required'])
})

test('for everybody: a star', async () => {
  const strict = await startIssuer({ requireSecondFactor: ['*'] })
  const json = { email: 'a@example.com', username: 'alice', password: PASSWORD }
  assert.equal((await strict.call('POST', '/register', { json })).status, 201)
  assert.equal((await strict.signIn('alice')).body.error, 'mfa_enrolment_required')
  await strict.close()
})
