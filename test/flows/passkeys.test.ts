import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Authenticator, type AuthenticatorOptions } from './authenticator.ts'
import {
  type Answer,
  claimsOf,
  handClock,
  PASSWORD,
  startIssuer,
  type TestIssuer,
  type Tokens,
  tokensOf,
} from './issuer.ts'
import { answer, CHALLENGE_GRANT, challengeOf, codeAt, signUpWithApp } from './second-factor.ts'

const HOST = 'auth.example.com'
const ORIGIN = `https://${HOST}`
const clock = handClock()
let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer({ clock, issuer: ORIGIN, staleness: 'relaxed' })
})
after(() => issuer.close())

const newAuthenticator = (more: Partial<AuthenticatorOptions> = {}) =>
  new Authenticator({ origin: ORIGIN, rpId: HOST, ...more })

interface PasskeyUser {
  readonly id: string
  readonly username: string
  readonly passkeyId: string
  readonly authenticator: Authenticator
  readonly tokens: Tokens
  readonly recoveryCodes: readonly string[]
}

const optionsOf = ({ body }: Answer) =>
  body.options as { challenge: string; user?: { id: string }; [more: string]: unknown }

async function addPasskey(token: string, authenticator: Authenticator): Promise<Answer> {
  const begun = await issuer.call('POST', '/users/me/passkeys/options', { token })
  assert.equal(begun.status, 200, begun.text)
  const credential = authenticator.create(optionsOf(begun))
  const json = { challenge_token: begun.body.challenge_token, name: 'laptop', credential }
  return issuer.call('POST', '/users/me/passkeys', { token, json })
}

async function signUp(username: string, more: Partial<AuthenticatorOptions> = {}): Promise<PasskeyUser> {
  const first = await issuer.signUp(username)
  const authenticator = newAuthenticator(more)
  const added = await addPasskey(first.access, authenticator)
  assert.equal(added.status, 201, added.text)
  return {
    id: String(claimsOf(first.access).sub),
    username,
    passkeyId: String(added.body.id),
    authenticator,
    tokens: tokensOf(await issuer.refresh(first.refresh)),
    recoveryCodes: added.body.recovery_codes as string[],
  }
}

const begin = (json: unknown) => issuer.call('POST', '/sign-in/passkey/options', { json })
let answers = 0
/** Each from an address of its own, so that the limits of sign-in tries do not come before what is tried here. */
const answerWith = (challenge: unknown, credential: unknown) =>
  issuer.call('POST', '/token', {
    address: `198.51.${Math.floor(++answers / 250)}.${answers % 250}`,
    form: {
      grant_type: CHALLENGE_GRANT,
      challenge_token: String(challenge),
      credential: JSON.stringify(credential),
    },
  })

/** Signs in by the passkey alone. */
async function signInAlone(authenticator: Authenticator): Promise<Answer> {
  const begun = await begin({ for: 'token' })
  assert.equal(begun.status, 200, begun.text)
  return answerWith(begun.body.challenge_token, authenticator.get(optionsOf(begun)))
}

/** After the password. */
async function signInAfterPassword({ username, authenticator }: PasskeyUser): Promise<Answer> {
  const begun = await begin({ challenge_token: await challengeOf(issuer, username) })
  return answerWith(begun.body.challenge_token, authenticator.get(optionsOf(begun)))
}

function assertRefused(refused: Answer): void {
  assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_grant'], refused.text)
}

test('a passkey is added to the account, and is then asked for after the password', async () => {
  const tokens = await issuer.signUp('anna')
  const begun = await issuer.call('POST', '/users/me/passkeys/options', { token: tokens.access })
  const { rp, user, excludeCredentials, attestation, authenticatorSelection } = optionsOf(begun)
  const id = String(claimsOf(tokens.access).sub)
  assert.deepEqual(rp, { name: 'Countersign', id: HOST })
  assert.equal(Buffer.from(user?.id ?? '', 'base64url').toString('hex'), id.replaceAll('-', ''))
  assert.deepEqual([excludeCredentials, attestation], [[], 'none'])
  assert.equal((authenticatorSelection as { residentKey: string }).residentKey, 'preferred')
  assert.equal((await issuer.signIn('anna')).status, 200, 'an offer changes nothing')

  const anna = await signUp('anna2')
  assert.equal(anna.recoveryCodes.length, 10)
  const challenge = await challengeOf(issuer, 'anna2')
  const asked = await begin({ challenge_token: challenge })
  const { allowCredentials, userVerification, rpId } = optionsOf(asked)
  const allowed = {
    id: anna.authenticator.credentialId.toString('base64url'),
    transports: ['internal'],
    type: 'public-key',
  }
  assert.deepEqual([allowCredentials, userVerification, rpId], [[allowed], 'preferred', HOST])
  const signedIn = tokensOf(await answerWith(challenge, anna.authenticator.get(optionsOf(asked))))
  assert.deepEqual(claimsOf(signedIn.access).amr, ['pwd', 'swk', 'mfa'])
  assert.equal(claimsOf(signedIn.access).sub, anna.id)
  const names = (await issuer.auth.events.list({ userId: anna.id, limit: 50 })).map(({ name }) => name)
  assert.ok(names.includes('passkey.added'))
})

test('a passkey signs in alone where it recognises its user', async () => {
  const user = await signUp('bert', { synced: false })
  const begun = await begin({ for: 'token' })
  const { allowCredentials, userVerification } = optionsOf(begun)
  assert.deepEqual([allowCredentials, userVerification], [undefined, 'required'])
  const { access } = tokensOf(await signInAlone(user.authenticator))
  const { sub, amr, acr } = claimsOf(access)
  assert.deepEqual([sub, amr, acr], [user.id, ['hwk', 'mfa'], 'mfa'])
  assert.equal((await issuer.me(access)).body.username, 'bert')

  user.authenticator.become({ verified: false })
  assertRefused(await signInAlone(user.authenticator))
  const after = tokensOf(await signInAfterPassword(user))
  assert.deepEqual(claimsOf(after.access).amr, ['pwd', 'hwk', 'mfa'], 'after the password a touch is enough')
})

test('a browser signs in by a passkey alone, and the session is one of its own', async () => {
  const { authenticator } = await signUp('carl')
  const page = { 'sec-fetch-site': 'same-origin' }
  const begun = await issuer.call('POST', '/sign-in/passkey/options', { headers: page })
  const json = {
    challenge_token: begun.body.challenge_token,
    credential: authenticator.get(optionsOf(begun)),
  }
  const evil = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  assert.equal((await issuer.call('POST', '/session/challenge', { json, headers: evil })).status, 403)
  const signedIn = await issuer.call('POST', '/session/challenge', { json, headers: page })
  assert.equal(signedIn.status, 200, signedIn.text)
  assert.equal((await issuer.call('POST', '/session/challenge', { json, headers: page })).status, 401, 'once')
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
  assert.equal((await issuer.call('GET', '/users/me', { headers: { cookie } })).body.username, 'carl')
  assertRefused(await answerWith(json.challenge_token, json.credential))
})

test('an answer counts once, for its challenge, from our page, to our host, by a touch', async () => {
  const user = await signUp('dora')
  const { authenticator } = user
  const begun = await begin({ for: 'token' })
  const credential = authenticator.get(optionsOf(begun))
  const other = await begin({ for: 'token' })
  assertRefused(await answerWith(other.body.challenge_token, credential))
  tokensOf(await answerWith(begun.body.challenge_token, credential))
  assertRefused(await answerWith(begun.body.challenge_token, credential))

  const wrong: Record<string, Partial<AuthenticatorOptions>> = {
    'another page': { origin: 'https://evil.example' },
    'a sub-domain': { origin: `https://x.${HOST}` },
    'no TLS': { origin: `http://${HOST}` },
    'another host': { rpId: 'example.com' },
    'not touched': { present: false },
  }
  for (const [what, options] of Object.entries(wrong)) {
    const { status, text } = await signInAlone(newCopy(authenticator, options))
    assert.equal(status, 400, `${what}: ${text}`)
  }
  const late = await begin({ for: 'token' })
  const signed = authenticator.get(optionsOf(late))
  clock.advance(300_000)
  assertRefused(await answerWith(late.body.challenge_token, signed))
  tokensOf(await signInAlone(authenticator))
})

/** The same authenticator, told otherwise for one answer. */
function newCopy(authenticator: Authenticator, options: Partial<AuthenticatorOptions>): Authenticator {
  const copy = Object.create(authenticator) as Authenticator
  copy.get = (asked) => {
    authenticator.become(options)
    const made = authenticator.get(asked)
    authenticator.become({ origin: ORIGIN, rpId: HOST, present: true })
    return made
  }
  return copy
}

test('a changed signature, key, or answer of any other shape is refused', async () => {
  const { authenticator } = await signUp('emil')
  const strange = newAuthenticator()
  strange.userHandle = authenticator.userHandle
  assertRefused(await signInAlone(strange))
  const begun = await begin({ for: 'token' })
  const good = authenticator.get(optionsOf(begun)) as { id: string; response: Record<string, string> }
  const flip = (text = '') => `${text.slice(0, 8)}${text[8] === 'A' ? 'B' : 'A'}${text.slice(9)}`
  const bad: unknown[] = [
    { ...good, response: { ...good.response, signature: flip(good.response.signature) } },
    { ...good, response: { ...good.response, authenticatorData: flip(good.response.authenticatorData) } },
    { ...good, response: { ...good.response, userHandle: '' } },
    { ...good, id: 'AAAA' },
    { ...good, type: 'password' },
  ]
  for (const credential of bad) {
    const next = await begin({ for: 'token' })
    assertRefused(await answerWith(next.body.challenge_token, credential))
  }
  for (const text of ['[]', '"x"', '{"id":1}', '{"id":"a","response":null}', '{"__proto__":{"id":"a"}}']) {
    const next = await begin({ for: 'token' })
    const form = { grant_type: CHALLENGE_GRANT, challenge_token: String(next.body.challenge_token) }
    const { status } = await issuer.call('POST', '/token', { form: { ...form, credential: text } })
    assert.equal(status, 400, text)
  }
  tokensOf(await answerWith(begun.body.challenge_token, good))
})

test('the challenge of one user is not answered by the passkey of another', async () => {
  const fred = await signUp('fred')
  const gus = await signUp('gus')
  const challenge = await challengeOf(issuer, 'fred')
  const begun = await begin({ challenge_token: challenge })
  assertRefused(await answerWith(challenge, gus.authenticator.get(optionsOf(begun))))
  tokensOf(await answerWith(challenge, fred.authenticator.get(optionsOf(begun))))
})

test('of 20 parallel uses of one answer exactly one signs in', async () => {
  for (const counts of [true, false]) {
    const { authenticator } = await signUp(`hans-${counts}`, { counts })
    const begun = await begin({ for: 'token' })
    const credential = authenticator.get(optionsOf(begun))
    const together = await Promise.all(
      Array.from({ length: 20 }, () => answerWith(begun.body.challenge_token, credential)),
    )
    assert.equal(together.filter(({ status }) => status === 200).length, 1)
  }
})

test('a counter that falls is a copy: refused, and in the log', async () => {
  const { authenticator, id } = await signUp('ida', { counts: true })
  authenticator.counter = 10
  tokensOf(await signInAlone(authenticator))
  authenticator.counter = 4
  assertRefused(await signInAlone(authenticator))
  const [event] = await issuer.auth.events.list({ userId: id, name: 'login.refused', limit: 1 })
  assert.deepEqual(event?.data, { cause: 'FACTOR_WRONG', method: 'passkey' })
  authenticator.counter = 20
  tokensOf(await signInAlone(authenticator))
})

test('a passkey is registered by the one who asked, once, and with one account', async () => {
  const jo = await issuer.signUp('johanna')
  const kim = await issuer.signUp('kim')
  const begun = await issuer.call('POST', '/users/me/passkeys/options', { token: jo.access })
  const authenticator = newAuthenticator()
  const register = (token: string, credential: unknown, challenge_token = begun.body.challenge_token) =>
    issuer.call('POST', '/users/me/passkeys', { token, json: { challenge_token, name: 'x', credential } })
  const good = authenticator.create(optionsOf(begun))
  assert.equal((await register(kim.access, good)).status, 401, 'the offer of another')
  const evil = newAuthenticator({ origin: 'https://evil.example' }).create(optionsOf(begun))
  const refused = await register(jo.access, evil)
  assert.deepEqual(
    [refused.status, (refused.body.errors as { field: string }[])[0]?.field],
    [400, 'credential'],
  )
  assert.equal((await register(jo.access, good)).status, 201)
  const after = tokensOf(await issuer.refresh(jo.refresh))
  assert.equal((await register(after.access, good)).status, 401, 'once')

  const offer = await issuer.call('POST', '/users/me/passkeys/options', { token: kim.access })
  const stolen = authenticator.create(optionsOf(offer))
  const taken = await register(kim.access, stolen, offer.body.challenge_token)
  assert.equal(taken.status, 400, 'it is registered with another account')
  assert.equal((await issuer.signIn('kim')).status, 200)
})

test('passkeys are listed, renamed and removed by their owner', async () => {
  const { tokens, passkeyId, authenticator } = await signUp('lea')
  const stranger = await signUp('mia')
  const path = `/users/me/passkeys/${passkeyId}`
  const rename = (token: string) => issuer.call('PATCH', path, { token, json: { name: 'phone' } })
  assert.equal((await rename(stranger.tokens.access)).status, 404)
  assert.equal((await rename(tokens.access)).status, 204)
  tokensOf(await signInAlone(authenticator))
  const { body } = await issuer.call('GET', '/users/me/factors', { token: tokens.access })
  const [listed] = body.passkeys as Record<string, unknown>[]
  assert.equal(listed?.name, 'phone')
  assert.equal(listed?.last_used_at, new Date(clock.now()).toISOString())
  assert.deepEqual(Object.keys(listed ?? {}), ['id', 'name', 'synced', 'created_at', 'last_used_at'])

  assert.equal((await issuer.call('DELETE', path, { token: stranger.tokens.access })).status, 404)
  assert.equal((await issuer.call('DELETE', path, { token: tokens.access })).status, 204)
  assertRefused(await signInAlone(authenticator))
  assert.equal((await issuer.signIn('lea')).status, 200)
})

test('B7: a passkey of a disabled, changed or removed account signs nobody in', async () => {
  const nora = await signUp('nora')
  const begun = await begin({ for: 'token' })
  const credential = nora.authenticator.get(optionsOf(begun))
  await issuer.auth.users.disable(nora.id)
  assertRefused(await answerWith(begun.body.challenge_token, credential))
  await issuer.auth.users.enable(nora.id)
  tokensOf(await signInAlone(nora.authenticator))
  await issuer.auth.users.resetFactors(nora.id)
  assertRefused(await signInAlone(nora.authenticator))
  const otto = await signUp('otto')
  await issuer.auth.users.remove(otto.id)
  assertRefused(await signInAlone(otto.authenticator))
})

test('app, passkey and recovery code stand beside one another', async () => {
  const user = await signUpWithApp(issuer, 'paul', clock.now)
  const { access } = tokensOf(await issuer.refresh(user.tokens.refresh))
  const authenticator = newAuthenticator()
  const added = await addPasskey(access, authenticator)
  assert.deepEqual([added.status, added.body.recovery_codes], [201, []], 'there are codes already')
  const refused = await issuer.signIn('paul')
  assert.deepEqual(refused.body.methods, ['totp', 'passkey', 'recovery_code'])
  clock.advance(30_000)
  tokensOf(await answer(issuer, String(refused.body.challenge_token), codeAt(user.secret, clock.now())))
  tokensOf(await signInAlone(authenticator))
  tokensOf(await answer(issuer, await challengeOf(issuer, 'paul'), user.recoveryCodes[3] ?? ''))
})

test('an issuer without a host name has no passkeys, and says so', async () => {
  const bare = await startIssuer()
  const { access } = await bare.signUp('anna')
  for (const [path, token] of [
    ['/users/me/passkeys/options', access],
    ['/sign-in/passkey/options', undefined],
  ] as const) {
    const refused = await bare.call('POST', path, token === undefined ? {} : { token })
    assert.deepEqual([refused.status, refused.body.cause], [400, 'PASSKEYS_UNAVAILABLE'])
  }
  await bare.close()
})

test('the password of a person with a passkey opens nothing by itself', async () => {
  const user = await signUp('quin')
  assert.equal((await issuer.signIn('quin')).status, 403)
  const session = await issuer.call('POST', '/session', { json: { username: 'quin', password: PASSWORD } })
  assert.equal(session.status, 403)
  const wrong = await issuer.signIn('quin', { password: 'not the right one' })
  assert.equal(wrong.status, 400, 'a wrong one is told apart from a right one, and no more')
  await assert.rejects(issuer.auth.sessions.start({ userId: user.id, amr: ['pwd'] }), {
    code: 'MFA_REQUIRED',
  })
})
