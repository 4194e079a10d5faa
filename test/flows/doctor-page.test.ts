import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { PASSWORD, startIssuer, type TestIssuer } from './issuer.ts'
import { newVisitor, type Visitor } from './page-visitor.ts'

let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer({ maxStalenessSeconds: 300 })
  await issuer.auth.users.create({ email: 'anna@example.com', username: 'anna', password: PASSWORD })
  await issuer.auth.users.create({
    email: 'root@example.com',
    username: 'root',
    password: PASSWORD,
    roles: ['admin'],
  })
})
after(() => issuer.close())

async function signedIn(username: string): Promise<Visitor> {
  const visitor = newVisitor(issuer)
  await visitor.submit('/login', '/login', { username, password: PASSWORD })
  return visitor
}

async function look(visitor: Visitor, token: string) {
  const { hidden } = await visitor.get('/doctor')
  return visitor.post('/doctor', { csrf_token: hidden.csrf_token ?? '', token })
}

test('anybody who is signed in has a token taken apart: ticks, the first failing check open, nothing repeated', async () => {
  const anna = await signedIn('anna')
  const { access } = await issuer.signUp('carol')
  const good = await look(anna, access)
  assert.equal(good.status, 200)
  assert.match(good.html, /No fault was found/)
  assert.match(good.html, /mark passed/)

  const forged = `${access.slice(0, -8)}AAAAAAAA`
  const bad = await look(anna, forged)
  assert.match(bad.html, /SIG_WRONG_KEY/)
  assert.match(bad.html, /<details open/)
  assert.equal((bad.html.match(/<details open/g) ?? []).length, 1)
  assert.match(bad.html, /not proven/, 'A18: claims are not proven')
  assert.equal(bad.html.includes(forged.slice(-20)), false, 'G-6: the token is not repeated')
  assert.doesNotMatch(bad.html, /<style|\sstyle=|\son\w+=/i)
})

test('what is pasted can draw nothing', async () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>\u202e'
  const token = `${part({ alg: hostile, kid: hostile })}.${part({ iss: hostile, sub: hostile, [hostile]: hostile })}.AAAA`
  const { status, html } = await look(await signedIn('anna'), token)
  assert.equal(status, 200)
  assert.doesNotMatch(html, /<script>alert|<img|\u202e/)
  for (const odd of ['x', '.', '..', 'a.b.c', 'eyJ.eyJ.x', 'a'.repeat(8192), `a${'"'.repeat(8190)}b`]) {
    assert.equal((await look(await signedIn('anna'), odd)).status, 200, odd.slice(0, 10))
  }
  assert.equal((await look(await signedIn('anna'), 'a'.repeat(8193))).status, 303, 'back to the form')
})

test('G-5: refusals are for those who may read the events, rows of an account for its owner and for them', async () => {
  const refused = await issuer.call('GET', '/users/me')
  const anna = await signedIn('anna')
  const hers = await anna.get('/doctor')
  assert.doesNotMatch(hers.html, /id="refusals"/)
  const { access } = await issuer.signUp('dora')
  assert.doesNotMatch((await look(anna, access)).html, /the account exists/)

  const root = await signedIn('root')
  // The batch of this second may not be written yet: look until it is.
  for (let tries = 0; tries < 600; tries++) {
    if ((await root.get('/doctor')).html.includes(String(refused.body.reference))) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const { html } = await root.get('/doctor')
  assert.match(html, new RegExp(String(refused.body.reference)))
  assert.match(html, /<svg class="chart"[^>]*role="img"/)
  assert.match(html, /HDR_MISSING/)
  assert.match((await look(root, access)).html, /the account exists/)
})

test('nobody is led to the page who is not signed in', async () => {
  assert.equal((await newVisitor(issuer).get('/doctor')).status, 303)
})
