import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { encodeBase32 } from '../../src/base/base32.ts'
import { handClock, PASSWORD, type Tokens, tokensOf } from './issuer.ts'
import { type LetteredIssuer, startLettered } from './letters.ts'
import { codeAt, signInWithApp, signUpWithApp } from './second-factor.ts'

const NEW_PASSWORD = 'a longer sentence of mine'
const HOUR = 3_600_000

let issuer: LetteredIssuer
const clock = handClock()
before(async () => {
  // Time is moved by hand here, by hours at once, and the revocations cannot be asked for meanwhile.
  issuer = await startLettered({ clock, staleness: 'relaxed' })
})
after(() => issuer.close())

let count = 0
/** Somebody new, signed in. */
async function someone(): Promise<Tokens & { readonly name: string; readonly email: string }> {
  count += 1
  const name = `person${count}`
  return { ...(await issuer.signUp(name)), name, email: `${name}@example.com` }
}

/** The same, with an address that is proven. */
async function somebodyProven() {
  const person = await someone()
  const token = await issuer.token('verify', person.email)
  assert.equal((await issuer.call('POST', '/email/verify', { json: { token } })).status, 200)
  return person
}

const signInWith = (username: string, password: string) =>
  issuer.call('POST', '/token', { form: { grant_type: 'password', username, password } })

const eventsOf = async (name: string) => {
  const user = await issuer.auth.users.findByLogin(name)
  const events = await issuer.auth.events.list({ userId: user?.id ?? '', limit: 100 })
  return events.map((event) => event.name)
}

test('E12: after open registration the address is proven by a link that is good once', async () => {
  const { email, access } = await someone()
  const token = await issuer.token('verify', email)
  assert.equal((await issuer.me(access)).body.email_verified, false)
  const verify = (json: unknown) => issuer.call('POST', '/email/verify', { json })
  const verified = await verify({ token })
  assert.equal(verified.status, 200, verified.text)
  assert.deepEqual(verified.body, { done: 'verified', email })
  assert.equal((await issuer.me(access)).body.email_verified, true)
  for (const wrong of [token, `${token}x`, token.slice(0, -1), 'cs_link_', 'x', `cs_key_${token.slice(8)}`]) {
    const refused = await verify({ token: wrong })
    assert.equal(refused.status, 400, wrong)
    assert.match(String(refused.body.detail), /already used or is too old/)
    assert.ok(!refused.text.includes(token.slice(8)), 'a token is never repeated')
  }
  const again = await issuer.call('POST', '/email/verify/request', { json: { email } })
  assert.equal(again.status, 202)
  assert.ok((await eventsOf(email)).includes('user.email_verified'))
})

test('E12: another link proves an address that is not proven yet; an hour later it does not', async () => {
  const { email } = await someone()
  await issuer.letter('verify', email)
  await issuer.call('POST', '/email/verify/request', { json: { email } })
  const token = await issuer.token('verify', email)
  clock.advance(HOUR + 1)
  assert.equal((await issuer.call('POST', '/email/verify', { json: { token } })).status, 400)
})

test('E12: a forgotten password is replaced by the link in a letter, once; every session ends and nobody is signed in', async () => {
  const { name, email, access, refresh } = await someone()
  const asked = await issuer.call('POST', '/password/forgot', { json: { email: name } })
  assert.equal(asked.status, 202)
  const letter = await issuer.letter('reset', email)
  assert.match(letter.text, /http:\/\/127\.0\.0\.1:8000\/reset\?token=cs_link_/)
  assert.match(letter.html, /<a href="http:\/\/127\.0\.0\.1:8000\/reset\?token=cs_link_/)
  const [token = ''] = /cs_link_[\w-]+/.exec(letter.text) ?? []
  const reset = (new_password: string) =>
    issuer.call('POST', '/password/reset', { json: { token, new_password } })

  const weak = await reset('short')
  assert.equal(weak.status, 400)
  assert.equal((weak.body.errors as { field: string }[])[0]?.field, 'new_password')
  const done = await reset(NEW_PASSWORD)
  assert.equal(done.status, 204)
  assert.equal(done.text, '')
  assert.deepEqual(done.headers.getSetCookie(), [])
  assert.equal((await issuer.me(access)).status, 401)
  assert.equal((await issuer.refresh(refresh)).status, 400)
  assert.equal((await signInWith(name, PASSWORD)).status, 400)
  const { body } = await issuer.me(tokensOf(await signInWith(name, NEW_PASSWORD)).access)
  assert.equal(body.email_verified, true, 'who reads the mail has the address')
  assert.equal((await reset('another sentence of mine')).status, 400, 'used')
  await issuer.letter('password_changed', email)
})

test('E12: of 50 uses of one reset link at once exactly one succeeds', async () => {
  const { email } = await someone()
  await issuer.call('POST', '/password/forgot', { json: { email } })
  const token = await issuer.token('reset', email)
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      issuer.call('POST', '/password/reset', {
        json: { token, new_password: `sentence number ${index} of mine` },
        address: `198.51.100.${index}`,
      }),
    ),
  )
  const won = answers.filter(({ status }) => status === 204)
  assert.equal(won.length, 1)
  const password = `sentence number ${answers.findIndex(({ status }) => status === 204)} of mine`
  assert.equal((await signInWith(email, password)).status, 200)
})

test('E12: a reset link is dead after any change of password or address, and after an hour', async () => {
  const ask = async () => {
    const person = await someone()
    await issuer.call('POST', '/password/forgot', { json: { email: person.email } })
    return { ...person, token: await issuer.token('reset', person.email) }
  }
  const isDead = async (token: string) => {
    const json = { token, new_password: NEW_PASSWORD }
    assert.equal((await issuer.call('POST', '/password/reset', { json })).status, 400)
  }
  const one = await ask()
  const json = { current_password: PASSWORD, new_password: NEW_PASSWORD }
  assert.equal((await issuer.call('POST', '/password/change', { json, token: one.access })).status, 204)
  await isDead(one.token)

  const two = await ask()
  await issuer.call('POST', '/users/me/email', {
    json: { email: `new-${two.email}`, password: PASSWORD },
    token: two.access,
  })
  const change = await issuer.token('change_email', `new-${two.email}`)
  assert.equal((await issuer.call('POST', '/email/verify', { json: { token: change } })).status, 200)
  await isDead(two.token)

  const three = await ask()
  clock.advance(HOUR)
  await isDead(three.token)
})

test('E13: a new address proves itself before it counts, and the old one is told', async () => {
  const { email, access } = await somebodyProven()
  const newEmail = `new-${email}`
  const change = (json: unknown, token = access) => issuer.call('POST', '/users/me/email', { json, token })
  assert.equal((await change({ email: newEmail, password: 'not my password' })).status, 400)
  assert.equal((await change({ email: 'no address', password: PASSWORD })).status, 400)
  assert.equal((await change({ email, password: PASSWORD })).status, 400, 'is mine already')
  assert.equal((await change({ email: newEmail, password: PASSWORD })).status, 202)
  const keep = await issuer.letter('keep_email', email)
  assert.match(keep.text, new RegExp(newEmail))
  const token = await issuer.token('change_email', newEmail)
  assert.equal((await issuer.me(access)).body.email, email, 'not yet')
  const changed = await issuer.call('POST', '/email/verify', { json: { token } })
  assert.deepEqual(
    changed.body,
    { done: 'changed', email: newEmail },
    'who has the mailbox is not told of the account',
  )
  const { body } = await issuer.me(access)
  assert.deepEqual([body.email, body.email_verified], [newEmail, true])
  await issuer.letter('email_changed', email)
  assert.equal((await signInWith(newEmail, PASSWORD)).status, 200)
  assert.equal((await signInWith(email, PASSWORD)).status, 400)
})

test('E13: who gets the letter about a change that is not theirs stops it, before or after; then nothing else holds', async () => {
  for (const isLate of [false, true]) {
    const { email, access, refresh } = await somebodyProven()
    const made = await issuer.call('POST', '/users/me/api-keys', { json: { name: 'k' }, token: access })
    assert.equal((await issuer.me(String(made.body.key))).status, 200)
    const newEmail = `thief-${email}`
    const json = { email: newEmail, password: PASSWORD }
    assert.equal((await issuer.call('POST', '/users/me/email', { json, token: access })).status, 202)
    const change = await issuer.token('change_email', newEmail)
    const keep = await issuer.token('keep_email', email)
    if (isLate) {
      assert.equal((await issuer.call('POST', '/email/verify', { json: { token: change } })).status, 200)
      const passwords = { current_password: PASSWORD, new_password: NEW_PASSWORD }
      await issuer.call('POST', '/password/change', { json: passwords, token: access })
    }
    const kept = await issuer.call('POST', '/email/verify', { json: { token: keep } })
    assert.equal(kept.body.done, 'kept', kept.text)
    assert.equal(kept.body.email, email)
    assert.equal((await issuer.me(String(made.body.key))).status, 401, 'a key of the thief')
    assert.equal((await issuer.call('POST', '/email/verify', { json: { token: change } })).status, 400)
    assert.equal((await issuer.refresh(refresh)).status, 400)
    assert.equal((await issuer.me(access)).status, 401)
    for (const password of [PASSWORD, NEW_PASSWORD]) {
      assert.equal((await signInWith(email, password)).status, 400)
    }
    const token = await issuer.token('reset', email)
    const reset = { token, new_password: 'the sentence of the owner' }
    assert.equal((await issuer.call('POST', '/password/reset', { json: reset })).status, 204)
    assert.equal((await signInWith(email, 'the sentence of the owner')).status, 200)
  }
})

test('E13: an address that was never proven is told too, but neither the new one nor by a link that outlives passwords', async () => {
  const { email, access } = await someone()
  const json = { email: `new-${email}`, password: PASSWORD }
  assert.equal((await issuer.call('POST', '/users/me/email', { json, token: access })).status, 202)
  const token = await issuer.token('change_email', json.email)
  assert.equal((await issuer.call('POST', '/email/verify', { json: { token } })).status, 200)
  // Letters go out in order: one to the new address after these would come after theirs.
  await issuer.call('POST', '/password/forgot', { json: { email: json.email } })
  await issuer.letter('reset', json.email)
  const sent = issuer.letters.filter(({ to }) => to === email)
  assert.deepEqual(
    sent.map(({ kind }) => kind),
    ['verify', 'email_changed'],
  )
  assert.doesNotMatch(sent.at(-1)?.text ?? '', /cs_link_|new-person/)
})

test('B5: where there is a second factor, neither a password nor an old session changes or deletes the account', async () => {
  const user = await signUpWithApp(issuer, 'factored', clock.now)
  const { access } = user.tokens
  clock.advance(601_000)
  const current = tokensOf(await issuer.refresh(user.tokens.refresh)).access
  const tries = [
    ['POST', '/users/me/email', { email: 'thief@example.com', password: PASSWORD }],
    ['POST', '/password/change', { current_password: PASSWORD, new_password: NEW_PASSWORD }],
    ['DELETE', '/users/me', { password: PASSWORD }],
  ] as const
  for (const [method, path, json] of tries) {
    const refused = await issuer.call(method, path, { json, token: current })
    assert.deepEqual([refused.status, refused.body.code], [401, 'reauthentication_required'], path)
  }
  assert.notEqual(current, access)
  const fresh = await signInWithApp(issuer, user, codeAt(user.secret, clock.now()))
  for (const [method, path, json] of tries.filter(([, path]) => path !== '/password/change')) {
    const wrong = { ...json, password: 'not my password' }
    assert.equal((await issuer.call(method, path, { json: wrong, token: fresh.access })).status, 400, path)
    const done = await issuer.call(method, path, { json, token: fresh.access })
    assert.ok([202, 204].includes(done.status), done.text)
  }
})

test('E13: an address that somebody has already is not given to a second; the answer is the same and its owner is told', async () => {
  const [one, two] = [await someone(), await someone()]
  const change = (email: string) =>
    issuer.call('POST', '/users/me/email', { json: { email, password: PASSWORD }, token: one.access })
  const [taken, free] = [await change(two.email), await change(`free-${one.email}`)]
  assert.deepEqual([taken.status, taken.text], [free.status, free.text])
  const letter = await issuer.letter('already_registered', two.email)
  assert.ok(!letter.text.includes('cs_link_'))
  assert.equal((await issuer.me(two.access)).body.email, two.email)
})

test('without the password an address is changed and an account deleted only right after signing in', async () => {
  const { email, name, access } = await someone()
  const json = { email: `new-${email}` }
  assert.equal((await issuer.call('POST', '/users/me/email', { json, token: access })).status, 202)
  clock.advance(601_000)
  for (const [method, path, body] of [
    ['POST', '/users/me/email', json],
    ['DELETE', '/users/me', undefined],
  ] as const) {
    const refused = await issuer.call(method, path, { json: body, token: access })
    assert.equal(refused.status, 401)
    assert.equal(refused.body.code, 'reauthentication_required')
    assert.match(refused.headers.get('www-authenticate') ?? '', /max_age="?600/)
  }
  const fresh = tokensOf(await issuer.signIn(name)).access
  assert.equal((await issuer.call('POST', '/users/me/email', { json, token: fresh })).status, 202)
})

test('B7: a deleted account is gone with its sessions, tokens, keys and links; its id and its letters are not reused', async () => {
  const { email, name, access, refresh } = await someone()
  const made = await issuer.call('POST', '/users/me/api-keys', { json: { name: 'k' }, token: access })
  await issuer.call('POST', '/password/forgot', { json: { email } })
  const token = await issuer.token('reset', email)
  assert.equal(
    (await issuer.call('DELETE', '/users/me', { json: { password: 'x' }, token: access })).status,
    400,
  )
  const gone = await issuer.call('DELETE', '/users/me', { json: { password: PASSWORD }, token: access })
  assert.equal(gone.status, 204, gone.text)
  await issuer.letter('account_deleted', email)
  assert.equal((await issuer.me(access)).status, 401)
  assert.equal((await issuer.me(String(made.body.key))).status, 401)
  assert.equal((await issuer.refresh(refresh)).status, 400)
  assert.equal((await issuer.signIn(name)).status, 400)
  const json = { token, new_password: NEW_PASSWORD }
  assert.equal((await issuer.call('POST', '/password/reset', { json })).status, 400)
})

test('all that is kept of a person can be had as one document, without a secret', async () => {
  const email = 'exporter@example.com'
  const { username: name, secret, recoveryCodes, tokens } = await signUpWithApp(issuer, 'exporter', clock.now)
  const { access, refresh } = tokensOf(await issuer.refresh(tokens.refresh))
  await issuer.call('POST', '/users/me/api-keys', { json: { name: 'k' }, token: access })
  const { status, body, text, headers } = await issuer.call('GET', '/users/me/export', { token: access })
  assert.equal(status, 200)
  assert.equal((body.user as { email: string }).email, email)
  assert.equal((body.sessions as unknown[]).length, 1)
  assert.equal((body.api_keys as unknown[]).length, 1)
  const factors = body.factors as { totp: object | null; recovery_codes_left: number }
  assert.deepEqual([typeof factors.totp, factors.recovery_codes_left], ['object', 10])
  const events = (body.events as { name: string }[]).map((event) => event.name)
  for (const event of ['user.created', 'session.started', 'api_key.created'])
    assert.ok(events.includes(event))
  assert.match(headers.get('content-disposition') ?? '', /attachment/)
  const secrets = [PASSWORD, access, refresh, '$argon2', ...recoveryCodes, encodeBase32(secret)]
  for (const one of secrets) assert.ok(!text.includes(one))
  assert.ok((await eventsOf(name)).includes('user.exported'))
})

test('an export tells what others did to the account, and nothing of where they were', async () => {
  const [one, keeper] = [await someone(), await someone()]
  const idOf = async (name: string) => (await issuer.auth.users.findByLogin(name))?.id ?? ''
  const [id, keeperId] = [await idOf(one.name), await idOf(keeper.name)]
  await issuer.auth.users.setRoles(keeperId, ['user', 'admin'])
  const { access: token } = tokensOf(await issuer.signIn(keeper.name))
  const from = { address: '203.0.113.77', headers: { 'user-agent': 'Keeper/1.0' } }
  const json = { roles: ['user'] }
  assert.equal((await issuer.call('PATCH', `/admin/users/${id}`, { token, json, ...from })).status, 200)
  const form = { grant_type: 'password', username: one.name, password: 'a guess' }
  await issuer.call('POST', '/token', { form, address: '203.0.113.78' })
  await issuer.call('PATCH', '/users/me', {
    token: one.access,
    json: { username: `${one.name}.b` },
    address: '192.0.2.9',
  })
  const { body, text } = await issuer.call('GET', '/users/me/export', { token: one.access })
  const events = body.events as { name: string; actor: object; address: string | null }[]
  const eventOf = (name: string) => events.find((event) => event.name === name)
  const given = eventOf('user.roles_changed')
  assert.deepEqual([given?.actor, given?.address], [{ kind: 'user', id: null }, null])
  for (const hidden of [keeperId, from.address, 'Keeper/1.0']) assert.ok(!text.includes(hidden), hidden)
  assert.equal(eventOf('user.renamed')?.address, '192.0.2.9', 'their own')
  const kept = await issuer.auth.events.list({ userId: id, name: 'user.roles_changed', limit: 1 })
  assert.equal(kept[0]?.origin.address, from.address, 'whoever looks after the service sees it')
})

test('an API key changes no address, exports nothing and deletes nobody', async () => {
  const { access } = await someone()
  const made = await issuer.call('POST', '/users/me/api-keys', { json: { name: 'k' }, token: access })
  const token = String(made.body.key)
  const json = { email: 'key@example.com', password: PASSWORD }
  assert.equal((await issuer.call('POST', '/users/me/email', { json, token })).status, 403)
  assert.equal(
    (await issuer.call('DELETE', '/users/me', { json: { password: PASSWORD }, token })).status,
    403,
  )
  assert.equal((await issuer.call('GET', '/users/me/export', { token })).status, 403)
})
