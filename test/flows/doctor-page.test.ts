import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { PASSWORD, startIssuer, type TestIssuer } from './issuer.ts'
import { newVisitor, type Visitor } from './page-visitor.ts'

let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer()
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

test('A18, G-6: anybody who is signed in has a token taken apart: ticks, the first failing check open, nothing repeated', async () => {
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
  assert.equal(bad.html.match(/mark passed/g)?.length, 1, 'A18: the form alone is in order')
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
  const reference = String(refused.body.reference)
  assert.match(html, new RegExp(`data-id="${reference}"[^>]* data-short[^>]*>${reference}<`))
  assert.match(html, /<svg class="chart"[^>]*role="img"/)
  assert.match(html, /HDR_MISSING/)
  assert.match((await look(root, access)).html, /the account exists/)
})

test('nobody is led to the page who is not signed in', async () => {
  assert.equal((await newVisitor(issuer).get('/doctor')).status, 303)
})

test('G-5: with HS256 the issuer checks the signature of one’s own token, of another’s only for an operator', async (t) => {
  const [former, next] = [randomBytes(40), randomBytes(40)].map((bytes) => bytes.toString('base64url'))
  assert.ok(former !== undefined && next !== undefined)
  const shared = await startIssuer({
    jwtAlgorithm: 'HS256',
    jwtSecret: [next, former],
  })
  t.after(() => shared.close())
  await shared.auth.users.create({
    email: 'root@example.com',
    username: 'root',
    password: PASSWORD,
    roles: ['admin'],
  })
  const anna = await shared.signUp('anna')
  const bert = await shared.signUp('bert')
  const visit = async (username: string) => {
    const visitor = newVisitor(shared)
    await visitor.submit('/login', '/login', { username, password: PASSWORD })
    return visitor
  }
  const [asAnna, asRoot] = [await visit('anna'), await visit('root')]

  const own = await look(asAnna, anna.access)
  assert.match(own.html, /No fault was found/)
  const forged = `${anna.access.slice(0, -8)}AAAAAAAA`
  const bad = await look(asAnna, forged)
  assert.match(bad.html, /SIG_WRONG_KEY/)
  assert.match(bad.html, /not proven/, 'A18: claims are not proven')
  // A client that signs people in has brought keys for ID tokens, which say nothing of access tokens.
  await shared.auth.keys.rotate({ use: 'id' }).catch(() => undefined)
  const { keys } = await shared.auth.keys.publicKeys()
  assert.ok(keys.length > 0)
  assert.match((await look(asAnna, anna.access)).html, /No fault was found/)
  assert.match((await look(asAnna, forged)).html, /SIG_WRONG_KEY/)
  const nameless = [Buffer.from('{"alg":"HS256"}').toString('base64url'), ...anna.access.split('.').slice(1)]
  assert.doesNotMatch((await look(asAnna, nameless.join('.'))).html, /No fault was found/)

  const others = await look(asAnna, bert.access)
  assert.doesNotMatch(others.html, /No fault was found|SIG_WRONG_KEY/)
  assert.match(others.html, /not proven/)
  assert.match((await look(asRoot, bert.access)).html, /No fault was found/)
  for (const { html } of [own, bad, others])
    assert.equal(html.includes(former) || html.includes(next), false, 'G-6')
})
