import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { handClock, PASSWORD, startIssuer, type TestIssuer } from './issuer.ts'
import { newVisitor, type VisitedPage, type Visitor } from './page-visitor.ts'
import { codeAt, fromBase32 } from './second-factor.ts'

const STEP = 30_000
const clock = handClock()

let issuer: TestIssuer
before(async () => {
  // By hand time passes in no time; how fresh the revocations are is not what is tried here.
  issuer = await startIssuer({
    clock,
    staleness: 'relaxed',
    roles: { careful: { scopes: [] } },
    requireSecondFactor: ['careful'],
  })
})
after(() => issuer.close())

async function newAccount(username: string, roles = ['user']): Promise<string> {
  const account = { email: `${username}@example.com`, username, password: PASSWORD, roles }
  return (await issuer.auth.users.create(account)).id
}

const RIGHT = (username: string) => ({ username, password: PASSWORD })

function secretIn({ html }: VisitedPage): Uint8Array {
  const [, secret = ''] = /secret=([A-Z2-7]+)/.exec(html) ?? []
  assert.notEqual(secret, '')
  return fromBase32(secret)
}

function codesIn({ html }: VisitedPage): string[] {
  const [, lines = ''] = /<code class="lines">([^<]+)<\/code>/.exec(html) ?? []
  return lines.split('\n').filter((line) => line !== '')
}

/** Signs in and sets an app up on the pages. */
async function withApp(username: string) {
  const id = await newAccount(username)
  const visitor = newVisitor(issuer)
  await visitor.submit('/login', '/login', RIGHT(username))
  const page = await visitor.get('/account/two-step/app')
  const secret = secretIn(page)
  const done = await visitor.submitFrom(page, '/account/two-step/app', { code: codeAt(secret, clock.now()) })
  clock.advance(STEP)
  return { id, visitor, secret, page, done, codes: codesIn(done) }
}

async function atStep(username: string, returnTo = ''): Promise<{ visitor: Visitor; page: VisitedPage }> {
  const visitor = newVisitor(issuer)
  const page = await visitor.submit(`/login${returnTo}`, '/login', RIGHT(username))
  return { visitor, page }
}

test('an app is set up by its QR code, shows recovery codes once, and is asked for from then on', async () => {
  const { visitor, secret, page, done, codes } = await withApp('alice')
  assert.match(page.html, /<svg class="qr" role="img" aria-label="QR code/)
  assert.ok(Buffer.byteLength(page.html) < 20_000, `${Buffer.byteLength(page.html)} bytes`)
  assert.doesNotMatch(page.html, /\sstyle=/)
  assert.match(done.html, /The app is set up/)
  assert.equal(codes.length, 10)
  assert.equal(codesIn(await visitor.get('/account/two-step')).length, 0, 'once')
  assert.match((await visitor.get('/account')).html, /Two-step sign-in<\/dt><dd>On/)

  const step = await atStep('alice', '?return_to=/orders')
  assert.match(step.page.html, /Enter your code/)
  assert.match(step.page.html, /name="code"[^>]*autocomplete="one-time-code" inputmode="numeric"/)
  assert.equal(step.visitor.cookies.has('countersign'), false, 'E15: no session yet')
  const wrong = await step.visitor.submitFrom(step.page, '/login/step', { code: '000000' })
  assert.match(wrong.html, /That code is not right/)
  const code = codeAt(secret, clock.now())
  const sent = await step.visitor.post('/login/step', { ...wrong.hidden, code })
  assert.equal(sent.location, '/orders')
  assert.equal((await step.visitor.get('/account')).status, 200)

  const again = await atStep('alice')
  const replayed = await again.visitor.submitFrom(again.page, '/login/step', { code })
  assert.match(replayed.html, /That code is not right/, 'E14: a code is good once')
  clock.advance(STEP)
})

test('E14: a recovery code lets in once; five wrong tries end the challenge', async () => {
  const { codes } = await withApp('bea')
  const { visitor, page } = await atStep('bea')
  assert.match(page.html, /href="\/login\/step\?by=recovery"/)
  const recovery = await visitor.get('/login/step?by=recovery')
  assert.match(recovery.html, /Use a recovery code/)
  const sent = await visitor.post('/login/step', { ...recovery.hidden, code: codes[0] ?? '' })
  assert.equal(sent.location, '/account')
  const twice = await atStep('bea')
  assert.match(
    (await twice.visitor.submitFrom(twice.page, '/login/step', { code: codes[0] ?? '' })).html,
    /not right/,
  )

  await withApp('carl')
  const guess = await atStep('carl')
  let shown = guess.page
  for (let tried = 0; tried < 6 && !/name="username"/.test(shown.html); tried++) {
    shown = await guess.visitor.submitFrom(shown, '/login/step', { code: `00000${tried}` })
  }
  assert.match(shown.html, /Too many tries|too many tries/, 'the throttle or the challenge says no by now')
})

test('E15: the second step cannot be left out, begun without the first, or answered for somebody else', async () => {
  await withApp('dora')
  const { secret } = await withApp('eve')
  const step = await atStep('dora')
  for (const path of ['/account', '/account/two-step']) {
    assert.equal((await step.visitor.get(path)).status, 303, path)
  }
  const eves = await step.visitor.submitFrom(step.page, '/login/step', { code: codeAt(secret, clock.now()) })
  assert.match(eves.html, /That code is not right/)
  const stranger = newVisitor(issuer)
  const nothing = await stranger.get('/login/step')
  assert.equal(nothing.location, '/login')
  assert.match((await stranger.get('/login')).html, /Sign in again/)
  const { hidden } = await stranger.get('/login')
  const forged = await stranger.post('/login/step', {
    ...hidden,
    challenge_token: 'cs_challenge_x',
    code: '123456',
  })
  assert.equal(stranger.cookies.has('countersign'), false)
  assert.equal(forged.status, 303)
  clock.advance(STEP)
})

test('a sign-in that needs a factor first sets it up on the way, and an offer outlives a wrong code', async () => {
  await newAccount('fay', ['careful'])
  const visitor = newVisitor(issuer)
  const page = await visitor.submit('/login', '/login', RIGHT('fay'))
  assert.match(page.html, /Your account needs a second step/)
  assert.equal(visitor.cookies.has('countersign'), false)
  const secret = secretIn(page)
  const wrong = await visitor.submitFrom(page, '/login/enrol', { code: '000000' })
  assert.match(wrong.html, /not the code that the app shows now/)
  assert.deepEqual(secretIn(wrong), secret, 'nobody has to scan again')
  const done = await visitor.submitFrom(wrong, '/login/enrol', { code: codeAt(secret, clock.now()) })
  assert.match(done.html, /The app is set up/)
  assert.equal(codesIn(done).length, 10)
  clock.advance(STEP)
})

test('what a sign-in needs is changed only by whoever has just proven who they are', async () => {
  const { visitor, secret } = await withApp('gus')
  clock.advance(11 * 60_000)
  const away = await visitor.get('/account/two-step')
  assert.equal(away.location, '/login/again?return_to=%2Faccount%2Ftwo-step')
  const asks = await visitor.get(away.location ?? '')
  assert.match(asks.html, /Confirm that it is you/)
  assert.doesNotMatch(asks.html, /name="password"/, 'the password alone is not enough')
  const former = visitor.cookies.get('countersign')
  const back = await visitor.post('/login/again', { ...asks.hidden, code: codeAt(secret, clock.now()) })
  assert.equal(back.location, '/account/two-step')
  assert.notEqual(visitor.cookies.get('countersign'), former, 'F-1: a new id')
  const page = await visitor.get('/account/two-step')
  assert.match(page.html, /10 codes left/)
  const codes = await visitor.submitFrom(page, '/account/two-step/codes', {})
  assert.equal(codesIn(codes).length, 10)
  const removed = await visitor.submitFrom(codes, '/account/two-step/app/remove', {})
  assert.match(removed.html, /It is removed/)
  assert.match((await visitor.get('/account')).html, /Two-step sign-in<\/dt><dd>Off/)
})

test('with a second factor the password is changed only by whoever has just proven who they are', async () => {
  const { visitor, secret } = await withApp('gina')
  clock.advance(601_000)
  const fields = { password: PASSWORD, 'new-password': 'another long sentence' }
  const page = await visitor.get('/account/password')
  const away = await visitor.post('/account/password', { ...page.hidden, ...fields })
  assert.equal(away.location, '/login/again?return_to=%2Faccount%2Fpassword')
  const asks = await visitor.get(away.location ?? '')
  const back = await visitor.post('/login/again', { ...asks.hidden, code: codeAt(secret, clock.now()) })
  assert.equal(back.location, '/account/password')
  const done = await visitor.submit('/account/password', '/account/password', fields)
  assert.match(done.html, /password is changed/i)
})

test('F-7: a session that was left open makes no API key', async () => {
  const id = await newAccount('hanna')
  const visitor = newVisitor(issuer)
  await visitor.submit('/login', '/login', RIGHT('hanna'))
  clock.advance(11 * 60_000)
  const path = '/account/api-keys'
  const page = await visitor.get(path)
  const fields = { ...page.hidden, name: 'for later', days: '365', 'scope:profile:read': 'on' }
  const away = await visitor.post(path, fields)
  assert.equal(away.location, '/login/again?return_to=%2Faccount%2Fapi-keys')
  assert.deepEqual(await issuer.auth.apiKeys.list(id), [])
  const asks = await visitor.get(away.location ?? '')
  const back = await visitor.post('/login/again', { ...asks.hidden, password: PASSWORD })
  assert.equal(back.location, path)
  await visitor.post(path, { ...fields, ...(await visitor.get(path)).hidden })
  assert.equal((await issuer.auth.apiKeys.list(id)).length, 1)
})

test('without a second factor the password is asked for again', async () => {
  await newAccount('hal')
  const visitor = newVisitor(issuer)
  await visitor.submit('/login', '/login', RIGHT('hal'))
  clock.advance(11 * 60_000)
  const { location } = await visitor.get('/account/two-step')
  const asks = await visitor.get(location ?? '')
  const wrong = await visitor.submitFrom(asks, '/login/again', { password: 'guess' })
  assert.match(wrong.html, /not your current password/)
  const right = await visitor.post('/login/again', { ...wrong.hidden, password: PASSWORD })
  assert.equal(right.location, '/account/two-step')
  assert.equal((await visitor.get('/account/two-step')).status, 200)
})

test('E8: a browser in which both steps were taken is let past an attack on the account, at both steps', async () => {
  const { id, secret } = await withApp('kim')
  const both = async (visitor: Visitor) => {
    clock.advance(STEP)
    const page = await visitor.submit('/login', '/login', RIGHT('kim'))
    if (!page.html.includes('Enter your code')) return page
    return visitor.submitFrom(page, '/login/step', { code: codeAt(secret, clock.now()) })
  }
  const visitor = newVisitor(issuer, '192.0.2.10')
  await both(visitor)
  const device = visitor.cookies.get('countersign-device')
  assert.ok(device, 'after the second step, and not before')
  await issuer.auth.sessions.endAll(id)
  const form = { grant_type: 'password', username: 'kim', password: 'not the right one' }
  for (let index = 0; index < 60; index++) {
    await issuer.call('POST', '/token', { form, address: `198.51.100.${index}` })
  }

  const stranger = await both(newVisitor(issuer, '203.0.113.1'))
  assert.match(stranger.html, /Too many tries/)
  const known = newVisitor(issuer, '203.0.113.2')
  known.cookies.set('countersign-device', device)
  await both(known)
  assert.equal((await known.get('/account')).status, 200)
})
