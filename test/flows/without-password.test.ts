import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Authenticator } from './authenticator.ts'
import { handClock, startIssuer, type TestIssuer } from './issuer.ts'
import { newVisitor, type Visitor } from './page-visitor.ts'

const HOST = 'auth.example.com'
const ORIGIN = `https://${HOST}`
const clock = handClock()
let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer({ clock, issuer: ORIGIN, staleness: 'relaxed', mail: { send: async () => {} } })
})
after(() => issuer.close())

interface Options {
  readonly challenge: string
  readonly user?: { readonly id: string }
}

/** Somebody with a passkey and no password, signed in to the pages by it. */
async function withPasskeyAlone(name: string) {
  const { id } = await issuer.auth.users.import({ email: `${name}@example.com`, passwordHash: undefined })
  const { access_token: token } = await issuer.auth.sessions.start({ userId: id, amr: ['hwk', 'mfa'] })
  const authenticator = new Authenticator({ origin: ORIGIN, rpId: HOST })
  const offer = await issuer.call('POST', '/users/me/passkeys/options', { token })
  const credential = authenticator.create(offer.body.options as Options)
  const json = { challenge_token: offer.body.challenge_token, name: 'phone', credential }
  const added = await issuer.call('POST', '/users/me/passkeys', { token, json })
  assert.equal(added.status, 201, added.text)
  const visitor = newVisitor(issuer, '192.0.2.1', ORIGIN)
  const begun = await issuer.call('POST', '/sign-in/passkey/options', { json: { for: 'session' } })
  const page = await visitor.get('/login')
  const signedIn = await visitor.post('/login/passkey', {
    ...page.hidden,
    challenge_token: String(begun.body.challenge_token),
    credential: JSON.stringify(authenticator.get(begun.body.options as Options)),
  })
  assert.equal(signedIn.status, 303, signedIn.html)
  return { id, visitor, authenticator, passkeyId: String(added.body.id) }
}

async function proveAgain(visitor: Visitor, authenticator: Authenticator, location: string | null) {
  const page = await visitor.get(location ?? '')
  assert.doesNotMatch(page.html, /type="password"/)
  const csrf = page.hidden.csrf_token ?? ''
  const [, path = ''] = /data-options="([^"]+)"/.exec(page.html) ?? []
  assert.notEqual(path, '', page.html)
  const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const begun = await issuer.call('POST', path, {
    json: {},
    headers: { cookie, origin: ORIGIN, 'sec-fetch-site': 'same-origin', 'x-csrf-token': csrf },
  })
  assert.equal(begun.status, 200, begun.text)
  return visitor.post('/login/again', {
    ...page.hidden,
    challenge_token: String(begun.body.challenge_token),
    credential: JSON.stringify(authenticator.get(begun.body.options as Options)),
  })
}

test('an account with a passkey and no password is deleted on the pages, by who has just used the passkey', async () => {
  const { id, visitor, authenticator } = await withPasskeyAlone('paula')
  const page = await visitor.get('/account/data')
  assert.equal(page.status, 200)
  assert.doesNotMatch(page.html, /type="password"/, 'nothing is asked for that there is not')
  clock.advance(601_000)
  const away = await visitor.post('/account/delete', { ...page.hidden })
  assert.equal(away.location, '/login/again?return_to=%2Faccount%2Fdata')
  assert.notEqual(await issuer.auth.users.find(id), undefined)
  const back = await proveAgain(visitor, authenticator, away.location)
  assert.equal(back.location, '/account/data', back.html)
  const gone = await visitor.submit('/account/data', '/account/delete', {})
  assert.match(gone.html, /account is deleted/i)
  assert.equal(await issuer.auth.users.find(id), undefined)
})

test('with a password there is no way round it', async () => {
  const password = 'correct horse battery'
  const { id } = await issuer.auth.users.create({ email: 'pit@example.com', password })
  const visitor = newVisitor(issuer, '192.0.2.2', ORIGIN)
  await visitor.submit('/login', '/login', { username: 'pit@example.com', password })
  for (const fields of [{}, { password: '' }, { password: 'a guess' }]) {
    const page = await visitor.submit('/account/data', '/account/delete', fields as Record<string, string>)
    assert.match(page.html, /role="alert"/)
    assert.notEqual(await issuer.auth.users.find(id), undefined)
  }
})

test('a passkey is renamed on the page, by its owner alone', async () => {
  const { id, visitor, passkeyId } = await withPasskeyAlone('rosa')
  const to = `/account/two-step/passkeys/${passkeyId}/name`
  const done = await visitor.submit('/account/two-step', to, { new_name: 'phone, “the old one”' })
  assert.match(done.html, /has a new name/)
  assert.match(done.html, /<b>phone, “the old one”<\/b>/)
  const nameOf = async () => (await issuer.auth.users.factors(id)).passkeys[0]?.name
  for (const new_name of ['', 'x'.repeat(101), 'two\nlines']) {
    await visitor.submit('/account/two-step', to, { new_name })
    assert.equal(await nameOf(), 'phone, “the old one”')
  }
  const stranger = await withPasskeyAlone('ralf')
  const page = await stranger.visitor.get('/account/two-step')
  const refused = await stranger.visitor.post(to, { ...page.hidden, new_name: 'mine' })
  assert.equal(refused.status, 404)
  assert.equal(await nameOf(), 'phone, “the old one”')
})

test('the last passkey of an account without a password stays, on the page and over HTTP, until there is another way in', async () => {
  const { id, visitor, passkeyId } = await withPasskeyAlone('sven')
  const passkeys = async () => (await issuer.auth.users.factors(id)).passkeys.length
  const refused = await visitor.submit(
    '/account/two-step',
    `/account/two-step/passkeys/${passkeyId}/remove`,
    {},
  )
  assert.match(refused.html, /your only way to sign in/)
  const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const { body: session } = await issuer.call('GET', '/session', { headers: { cookie } })
  const headers = { cookie, origin: ORIGIN, 'x-csrf-token': String(session.csrf_token) }
  const path = `/users/me/passkeys/${passkeyId}`
  assert.equal((await issuer.call('DELETE', path, { headers })).status, 409)
  assert.equal(await passkeys(), 1)
  const keeper = await issuer.auth.users.create({
    email: 'keeper@example.com',
    password: 'correct horse battery',
    roles: ['admin'],
  })
  const { access_token: token } = await issuer.auth.sessions.start({ userId: keeper.id, amr: ['pwd'] })
  const lost = await issuer.call('DELETE', `/admin/users/${id}/factors/${passkeyId}`, { token })
  assert.deepEqual([lost.status, await passkeys()], [204, 0], 'who has lost it is helped')
})
