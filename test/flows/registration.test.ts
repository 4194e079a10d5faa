import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuthOptions } from '../../src/index.ts'
import { handClock, PASSWORD, tokensOf } from './issuer.ts'
import { startLettered } from './letters.ts'

const register = (email: string, more = {}) => ({ email, password: PASSWORD, ...more })

test('E6: with `verified` a taken address gets the answer of a free one, and its owner a letter', async () => {
  const issuer = await startLettered({ registration: 'verified' })
  const free = await issuer.call('POST', '/register', {
    json: register('alice@example.com', { username: 'alice' }),
  })
  assert.equal(free.status, 202)
  assert.equal(
    await issuer.auth.users.findByLogin('alice@example.com'),
    undefined,
    'no account before the link',
  )
  assert.equal((await issuer.signIn('alice')).status, 400)
  const token = await issuer.token('register', 'alice@example.com')
  const done = await issuer.call('POST', '/email/verify', { json: { token, password: PASSWORD } })
  assert.equal(done.body.done, 'registered', done.text)
  assert.deepEqual(done.body, { done: 'registered', email: 'alice@example.com' })
  assert.equal((await issuer.auth.users.findByLogin('alice'))?.emailVerified, true)
  const { access } = tokensOf(await issuer.signIn('alice'))

  const taken = await issuer.call('POST', '/register', { json: register('ALICE@example.com') })
  assert.equal(taken.status, free.status)
  assert.equal(taken.text, free.text)
  const { text } = await issuer.letter('already_registered', 'alice@example.com')
  assert.ok(!text.includes('cs_link_'))
  assert.equal((await issuer.me(access)).status, 200, 'the account is as it was')
  const again = await issuer.call('POST', '/email/verify', { json: { token, password: PASSWORD } })
  assert.equal(again.status, 400)
  await issuer.close()
})

test('E6: with `verified` a user name that is taken is not told; the account comes without it', async () => {
  const issuer = await startLettered({ registration: 'verified' })
  await issuer.auth.users.create({ email: 'a@example.com', username: 'alice', password: PASSWORD })
  const json = register('b@example.com', { username: 'alice' })
  assert.equal((await issuer.call('POST', '/register', { json })).status, 202)
  const token = await issuer.token('register', 'b@example.com')
  const used = await issuer.call('POST', '/email/verify', { json: { token, password: PASSWORD } })
  assert.equal(used.status, 200)
  assert.equal((await issuer.auth.users.findByLogin('b@example.com'))?.username, undefined)
  await issuer.close()
})

test('with `verified` two who register one address both get a link, and one account comes of it', async () => {
  const issuer = await startLettered({ registration: 'verified' })
  const tokens: string[] = []
  const passwords = ['the first sentence', 'the second sentence']
  for (const password of passwords) {
    await issuer.call('POST', '/register', { json: { email: 'a@example.com', password } })
    tokens.push(await issuer.token('register', 'a@example.com'))
  }
  const use = (index: number) => {
    const json = { token: tokens[index], password: passwords[index] }
    return issuer.call('POST', '/email/verify', { json })
  }
  assert.deepEqual([(await use(1)).status, (await use(0)).status], [200, 400])
  const form = { grant_type: 'password', username: 'a@example.com' }
  const signIn = (password: string) => issuer.call('POST', '/token', { form: { ...form, password } })
  assert.equal((await signIn('the second sentence')).status, 200)
  assert.equal((await signIn('the first sentence')).status, 400)
  await issuer.close()
})

test('E12: whoever registers the address of another waits in vain: only who chose the password gets the account', async () => {
  const issuer = await startLettered({ registration: 'verified' })
  const email = 'victim@example.com'
  const ask = async (password: string, address: string) => {
    const { status } = await issuer.call('POST', '/register', { json: { email, password }, address })
    assert.equal(status, 202)
    return issuer.token('register', email)
  }
  const use = (json: unknown) => issuer.call('POST', '/email/verify', { json })
  const stolen = []
  for (let index = 0; index < 5; index++) stolen.push(await ask('the sentence of a thief', '198.51.100.9'))
  const own = await ask(PASSWORD, '203.0.113.5')

  assert.equal((await use({ token: stolen[0], password: 'the sentence of a thief' })).status, 400, 'gave way')
  const token = stolen.at(-1)
  for (const password of [undefined, '', PASSWORD, 'a guess of mine']) {
    const refused = await use({ token, password })
    assert.equal(refused.status, 400, refused.text)
    assert.equal((refused.body.errors as { field: string }[])[0]?.field, 'password')
  }
  assert.equal(await issuer.auth.users.findByLogin(email), undefined)
  const done = await use({ token: own, password: PASSWORD })
  assert.equal(done.body.done, 'registered', done.text)
  const late = await use({ token, password: 'the sentence of a thief' })
  assert.equal(late.status, 400, 'a link that waits makes no second account')
  assert.equal((await issuer.signIn(email)).status, 200)
  assert.equal((await issuer.signIn(email, { password: 'the sentence of a thief' })).status, 400)
  await issuer.close()
})

test('E7: the password of a registration cannot be tried for long, and tries leave the link', async () => {
  const issuer = await startLettered({ registration: 'verified', clock: handClock() })
  await issuer.call('POST', '/register', { json: register('alice@example.com') })
  const token = await issuer.token('register', 'alice@example.com')
  const attempt = (password: string, address: string) =>
    issuer.call('POST', '/email/verify', { json: { token, password }, address })
  const statuses = []
  for (let index = 0; index < 7; index++)
    statuses.push((await attempt(`guess ${index}`, '198.51.100.9')).status)
  assert.deepEqual(statuses, [400, 400, 400, 400, 400, 429, 429])
  assert.equal((await attempt(PASSWORD, '203.0.113.5')).status, 200)
  await issuer.close()
})

test('a mailbox is not flooded by who registers its address over and over', async () => {
  const issuer = await startLettered({ registration: 'verified' })
  await issuer.auth.users.create({ email: 'a@example.com', password: PASSWORD })
  for (let index = 0; index < 12; index++) {
    for (const email of ['a@example.com', 'b@example.com']) {
      assert.equal((await issuer.call('POST', '/register', { json: register(email) })).status, 202)
    }
  }
  await issuer.call('POST', '/register', { json: register('last@example.com') })
  await issuer.letter('register', 'last@example.com')
  for (const to of ['a@example.com', 'b@example.com']) {
    assert.equal(issuer.letters.filter((one) => one.to === to).length, 5)
  }
  await issuer.close()
})

test('with `invite` and `closed` nobody registers but who was invited; a link is for one address and good once', async () => {
  for (const registration of ['invite', 'closed'] as const) {
    const issuer = await startLettered({ registration })
    assert.equal((await issuer.call('POST', '/register', { json: register('eve@example.com') })).status, 403)
    const root = await issuer.auth.users.create({
      email: 'root@example.com',
      username: 'root',
      password: PASSWORD,
      roles: ['admin'],
    })
    const { access_token: token } = await issuer.auth.sessions.start({ userId: root.id, amr: ['pwd'] })
    const invite = (json: unknown) => issuer.call('POST', '/admin/invitations', { json, token })
    assert.equal((await invite({ email: 'root@example.com' })).status, 409)
    assert.equal((await invite({ email: 'bob@example.com', roles: ['ghost'] })).status, 400)
    assert.equal((await invite({ email: 'bob@example.com' })).status, 202)
    const letter = await issuer.letter('invite', 'bob@example.com')
    const [invitation = ''] = /cs_link_[\w-]+/.exec(letter.text) ?? []
    assert.match(letter.text, /\/register\?token=/)
    const accept = (email: string, value = invitation) =>
      issuer.call('POST', '/register', { json: register(email, { invitation: value }) })
    assert.equal((await accept('eve@example.com')).status, 400, 'another address')
    const last = invitation.endsWith('A') ? 'E' : 'A'
    assert.equal((await accept('bob@example.com', invitation.slice(0, -1) + last)).status, 400)
    const withdraw = (email: string, json = { email }) =>
      issuer.call('DELETE', '/admin/invitations', { json, token })
    assert.equal((await invite({ email: 'wrong@example.com', roles: ['admin'] })).status, 202)
    const wrong = await issuer.token('invite', 'wrong@example.com')
    const waiting = async (query = '') => {
      const { status, body } = await issuer.call('GET', `/admin/invitations${query}`, { token })
      const items = body.items as { email: string; roles: string[]; expires_at: string }[] | undefined
      return { status, items, next: body.next_cursor as string | null }
    }
    assert.equal((await issuer.call('GET', '/admin/invitations')).status, 401)
    const first = await waiting('?limit=1')
    assert.deepEqual(
      first.items?.map(({ email, roles }) => [email, roles]),
      [['bob@example.com', ['user']]],
    )
    const second = await waiting(`?limit=1&cursor=${first.next}`)
    assert.deepEqual(
      second.items?.map(({ email, roles }) => [email, roles]),
      [['wrong@example.com', ['admin']]],
    )
    assert.equal(second.next, null)
    assert.equal((await waiting('?cursor=x')).status, 400)
    const days = (Date.parse(second.items?.[0]?.expires_at ?? '') - Date.now()) / 86_400_000
    assert.ok(days > 6.9 && days <= 7, `${days}`)
    assert.equal((await withdraw('Wrong@example.com')).status, 204)
    assert.equal((await waiting()).items?.length, 1)
    assert.equal((await accept('wrong@example.com', wrong)).status, 400, 'taken back')
    assert.deepEqual([(await withdraw('wrong@example.com')).status, (await withdraw('x')).status], [404, 400])
    const accepted = await accept('Bob@example.com')
    assert.equal(accepted.status, 201, accepted.text)
    assert.equal(accepted.body.email_verified, true)
    assert.equal((await accept('bob@example.com')).status, 400, 'used')
    assert.equal((await issuer.signIn('bob@example.com')).status, 200)
    await issuer.close()
  }
})

test('where a proven address is required nobody signs in before; who knows the password is told why', async () => {
  const issuer = await startLettered({ verifiedEmailRequired: true })
  await issuer.call('POST', '/register', { json: register('alice@example.com', { username: 'alice' }) })
  const browser = () => issuer.call('POST', '/session', { json: { username: 'alice', password: PASSWORD } })
  for (const refused of [await issuer.signIn('alice'), await browser()]) {
    assert.equal(refused.status, 403)
    assert.match(refused.text, /Confirm your e-mail address first/)
  }
  const wrong = await issuer.signIn('alice', { password: 'not my password' })
  const unknown = await issuer.signIn('nobody', { password: 'not my password' })
  assert.deepEqual([wrong.status, wrong.body.error], [unknown.status, unknown.body.error])
  const token = await issuer.token('verify', 'alice@example.com')
  assert.equal((await issuer.call('POST', '/email/verify', { json: { token } })).status, 200)
  assert.equal((await issuer.signIn('alice')).status, 200)
  assert.equal((await browser()).status, 200)
  await issuer.close()
})

test('letters are in the language of the account, else of the request, else in English; an application writes its own', async () => {
  const options: AuthOptions = {
    mail: {
      linkTo: ({ kind, token }) => `https://app.example.com/${kind}#${token}`,
      write: ({ kind, link }) =>
        kind === 'reset' ? { subject: 'Ours', text: `ours: ${link}`, html: `<p>${link}</p>` } : undefined,
    },
  }
  const issuer = await startLettered(options)
  const headers = { 'accept-language': 'fr;q=0.9, de-AT;q=0.8, en;q=0.1' }
  await issuer.call('POST', '/register', { json: register('alice@example.com'), headers })
  const letter = await issuer.letter('verify', 'alice@example.com')
  assert.equal(letter.language, 'de')
  assert.match(letter.subject, /^Bestätigen Sie/)
  assert.match(letter.html, /<html lang="de" dir="ltr">/)
  assert.match(letter.text, /https:\/\/app\.example\.com\/verify#cs_link_/)
  assert.match(letter.text, /60 Minuten/)
  await issuer.call('POST', '/password/forgot', { json: { email: 'alice@example.com' } })
  const own = await issuer.letter('reset', 'alice@example.com')
  assert.deepEqual([own.subject, own.language], ['Ours', 'en'])
  await issuer.close()
})
