import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { PASSWORD, startIssuer } from './issuer.ts'
import { type LetteredIssuer, startLettered } from './letters.ts'
import { newVisitor, type Visitor } from './page-visitor.ts'

const NEXT = 'a longer sentence of mine'

let issuer: LetteredIssuer
before(async () => {
  // A busy machine may keep the process from looking at the revocations in time; that is not what is tried here.
  issuer = await startLettered()
})
after(() => issuer.close())

async function newAccount(username: string): Promise<string> {
  const { id } = await issuer.auth.users.create({
    email: `${username}@example.com`,
    username,
    password: PASSWORD,
    emailVerified: true,
  })
  return id
}

async function signIn(username: string, password = PASSWORD): Promise<Visitor> {
  const visitor = newVisitor(issuer)
  assert.match((await visitor.submit('/login', '/login', { username, password })).html, /Your account/)
  return visitor
}

test('E12: a forgotten password: the same page for everybody, a link that is good once, no sign-in', async () => {
  await newAccount('alice')
  const there = await signIn('alice')
  const pages = []
  for (const username of ['alice', 'nobody@example.com']) {
    const page = await newVisitor(issuer).submit('/reset', '/reset/form', { username })
    pages.push(page.html.replaceAll(username, '').replaceAll(/[\w-]{43}/g, ''))
  }
  assert.equal(pages[1], pages[0])
  assert.match(pages[0] ?? '', /If there is an account for this name, we have sent a link/)

  const token = await issuer.token('reset', 'alice@example.com')
  const visitor = newVisitor(issuer)
  const page = await visitor.get(`/reset?token=${token}`)
  assert.match(page.html, /For the account of <bdi>alice@example\.com<\/bdi>/)
  const weak = await visitor.post('/reset', { ...page.hidden, 'new-password': 'password1' })
  assert.equal(weak.location, '/reset', 'the link stays out of addresses')
  const again = await visitor.get('/reset')
  assert.match(again.html, /among the first that an attacker tries/)
  assert.match(again.html, /id="field-new-password"[^>]*aria-invalid="true"/)
  const sent = await visitor.post('/reset', { ...again.hidden, 'new-password': NEXT })
  assert.equal(sent.location, '/login')
  assert.equal(visitor.cookies.has('countersign'), false, 'signs nobody in')
  assert.match((await visitor.get('/login')).html, /Your password is changed\. Sign in with it/)
  assert.equal((await there.get('/account')).status, 303, 'everybody is out')
  await signIn('alice', NEXT)

  const spent = await visitor.get(`/reset?token=${token}`)
  assert.match(spent.html, /That link was already used or is too old/)
  assert.match(spent.html, /action="\/reset\/form"/, 'and the way to a new one')
  const twice = await visitor.post('/reset', { ...again.hidden, 'new-password': 'yet another sentence' })
  assert.match((await visitor.get(twice.location ?? '')).html, /That link was already used/)
  await signIn('alice', NEXT)
})

test('E12: a link is used by its button, never by opening it', async () => {
  const id = await newAccount('bea')
  const visitor = await signIn('bea')
  const change = { email: 'bea@example.org', password: PASSWORD }
  const asked = await visitor.submit('/account/email', '/account/email', change)
  assert.match(asked.html, /We have sent a link to bea@example\.org/)
  const token = await issuer.token('change_email', 'bea@example.org')
  for (let opened = 0; opened < 3; opened++) {
    assert.match((await newVisitor(issuer).get(`/verify?token=${token}`)).html, /Change your address\?/)
  }
  assert.equal((await issuer.auth.users.find(id))?.email, 'bea@example.com')
  const done = await visitor.submit(`/verify?token=${token}`, '/verify', {})
  assert.match(done.html, /Your address is changed/)
  assert.equal((await issuer.auth.users.find(id))?.email, 'bea@example.org')
})

test('E13: the address is changed with the password alone, and the old one can stop it', async () => {
  const id = await newAccount('carl')
  const visitor = await signIn('carl')
  const submit = (fields: Record<string, string>) =>
    visitor.submit('/account/email', '/account/email', fields)
  assert.match(
    (await submit({ email: 'evil@example.org', password: 'guess' })).html,
    /not your current password/,
  )
  assert.match((await submit({ email: 'carl', password: PASSWORD })).html, /Enter an e-mail address/)
  assert.match(
    (await submit({ email: 'carl@example.com', password: PASSWORD })).html,
    /is your address already/,
  )
  await submit({ email: 'evil@example.org', password: PASSWORD })
  const keep = await issuer.token('keep_email', 'carl@example.com')
  const owner = newVisitor(issuer)
  const page = await owner.get(`/verify?token=${keep}`)
  assert.match(page.html, /Keep your address\?/)
  const sent = await owner.post('/verify', page.hidden)
  assert.match((await owner.get(sent.location ?? '')).html, /Your address stays/)
  assert.equal((await visitor.get('/account')).status, 303, 'whoever tried is out')
  assert.equal((await issuer.auth.users.find(id))?.email, 'carl@example.com')
})

test('E6: with `verified` the page tells nobody who has an account; the link makes the account', async () => {
  const verified = await startLettered({ registration: 'verified' })
  await verified.auth.users.create({ email: 'dora@example.com', password: PASSWORD })
  const pages = []
  for (const email of ['dora@example.com', 'emil@example.com']) {
    const fields = { email, 'new-password': PASSWORD }
    const page = await newVisitor(verified).submit('/register', '/register/form', fields)
    pages.push(page.html.replaceAll(email, ''))
  }
  assert.equal(pages[1], pages[0])
  assert.match(pages[0] ?? '', /Check your mail/)
  const token = await verified.token('register', 'emil@example.com')
  const visitor = newVisitor(verified)
  const page = await visitor.get(`/verify?token=${token}`)
  assert.match(page.html, /Create your account\?/)
  assert.match(page.html, /If you did not ask for this account, do nothing/)
  const wrong = await visitor.post('/verify', { ...page.hidden, password: 'of somebody else' })
  assert.equal(wrong.location, '/verify')
  const again = await visitor.get('/verify')
  assert.match(again.html, /not the password that was chosen for this account/)
  assert.match(again.html, /id="field-password"[^>]*aria-invalid="true"/)
  const done = await visitor.post('/verify', { ...again.hidden, password: PASSWORD })
  assert.match((await visitor.get(done.location ?? '')).html, /Your account is ready\. Sign in to it/)
  const signedIn = await visitor.submit('/login', '/login', {
    username: 'emil@example.com',
    password: PASSWORD,
  })
  assert.match(signedIn.html, /Confirmed/)
  await verified.close()
})

test('by invitation: without one the page says so, with one the address is fixed', async () => {
  const invite = await startLettered({ registration: 'invite' })
  const visitor = newVisitor(invite)
  assert.match((await visitor.get('/register')).html, /New accounts need an invitation/)
  assert.match((await visitor.get('/register?token=cs_link_x')).html, /already used or is too old/)
  const admin = await invite.auth.users.create({
    email: 'root@example.com',
    password: PASSWORD,
    roles: ['admin'],
  })
  const { access_token: token } = await invite.auth.sessions.start({ userId: admin.id, amr: ['pwd'] })
  const sent = await invite.call('POST', '/admin/invitations', { json: { email: 'fay@example.com' }, token })
  assert.ok(sent.status < 300, sent.text)
  const link = await invite.token('invite', 'fay@example.com')
  const page = await visitor.get(`/register?token=${link}`)
  assert.match(page.html, /You are invited with the address <bdi>fay@example\.com<\/bdi>/)
  const fields = { ...page.hidden, 'new-password': PASSWORD }
  const stolen = await visitor.post('/register/form', { ...fields, email: 'evil@example.org' })
  assert.match((await visitor.get(stolen.location ?? '')).html, /must be the address that was invited/)
  const done = await visitor.post('/register/form', fields)
  assert.equal(done.location, '/account')
  assert.match((await visitor.get('/account')).html, /fay@example\.com/)
  await invite.close()
})

test('an address that is not confirmed is said so, and confirmed by a link in the language of the page', async () => {
  await issuer.auth.users.create({ email: 'gus@example.com', username: 'gus', password: PASSWORD })
  const visitor = await signIn('gus')
  assert.match((await visitor.get('/account')).html, /Not confirmed/)
  await visitor.get('/account?ui_locales=de')
  const asked = await visitor.submit('/account/email', '/account/email/verify', {})
  assert.match(asked.html, /Wir haben einen Link an Ihre Adresse gesendet/)
  const { language, text } = await issuer.letter('verify', 'gus@example.com')
  assert.equal(language, 'de')
  const token = /cs_link_[\w-]+/.exec(text)?.[0]
  const done = await visitor.submit(`/verify?token=${token}`, '/verify', {})
  assert.match(done.html, /Ihre Adresse ist bestätigt/)
  assert.match(done.html, />Bestätigt</)
})

test('an account is deleted with its password, and the cookie goes with it', async () => {
  const id = await newAccount('hal')
  const visitor = await signIn('hal')
  assert.match((await visitor.get('/account/data')).html, /href="\/users\/me\/export" download/)
  const wrong = await visitor.submit('/account/data', '/account/delete', { password: 'guess' })
  assert.match(wrong.html, /not your current password/)
  assert.ok(await issuer.auth.users.find(id))
  const done = await visitor.submit('/account/data', '/account/delete', { password: PASSWORD })
  assert.match(done.html, /Your account is deleted/)
  assert.equal(visitor.cookies.has('countersign'), false)
  assert.equal(await issuer.auth.users.find(id), undefined)
})

test('F-8: a link never leads on: no page that holds one names another site or sends it along', async () => {
  await newAccount('ida')
  await newVisitor(issuer).submit('/reset', '/reset/form', { username: 'ida' })
  const token = await issuer.token('reset', 'ida@example.com')
  const page = await newVisitor(issuer).get(`/reset?token=${token}`)
  assert.equal(page.headers.get('referrer-policy'), 'no-referrer')
  assert.equal(page.headers.get('cache-control'), 'no-store')
  assert.doesNotMatch(page.html, /(?:href|src|action)="(?:https?:)?\/\//)
  for (const odd of ['x', 'cs_link_', '<script>', 'x'.repeat(5000), '%00']) {
    for (const path of ['/reset', '/verify', '/register']) {
      const answer = await newVisitor(issuer).get(`${path}?token=${encodeURIComponent(odd)}`)
      assert.equal(answer.status, 200, `${path} ${odd.slice(0, 20)}`)
      assert.doesNotMatch(answer.html, /<script>/)
    }
  }
})

test('where no letter can be sent nothing is offered that needs one', async () => {
  const origin = 'https://auth.example.com'
  const mute = await startIssuer({ issuer: origin })
  const visitor = newVisitor(mute, '203.0.113.4', origin)
  assert.doesNotMatch((await visitor.get('/login')).html, /Forgot your password/)
  await mute.close()
  assert.match((await newVisitor(issuer).get('/login')).html, /Forgot your password/)
})
