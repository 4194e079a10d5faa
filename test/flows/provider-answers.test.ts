import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { codeClient, exchange, requestOf } from './browser.ts'
import { ELSEWHERE } from './elsewhere.ts'
import { claimsOf, ISSUER, startIssuer } from './issuer.ts'
import { newVisitor, type Visitor } from './page-visitor.ts'
import { client, NOT_COMPLETED, startProviderSite } from './provider-site.ts'
import { CLIENT_ID, walk } from './provider-stand-ins.ts'

const site = await startProviderSite()
const { issuer, real, odd, other, github, newPerson, backFromOdd, signInWithOdd, assertRefused, userOf } =
  site
after(site.close)

test('D3: an ID token counts if all of it holds', async (t) => {
  const now = () => Math.floor(Date.now() / 1000)
  const bad: Record<string, (claims: Record<string, unknown>) => Record<string, unknown>> = {
    'another issuer': (claims) => ({ ...claims, iss: 'https://evil.example' }),
    'no issuer': ({ iss: _, ...claims }) => claims,
    'an issuer with a slash': (claims) => ({ ...claims, iss: `${claims.iss}/` }),
    'another audience': (claims) => ({ ...claims, aud: 'another' }),
    'no audience': ({ aud: _, ...claims }) => claims,
    'several audiences and no azp': (claims) => ({ ...claims, aud: [CLIENT_ID, 'another'] }),
    'another azp': (claims) => ({ ...claims, aud: [CLIENT_ID, 'another'], azp: 'another' }),
    'another azp alone': (claims) => ({ ...claims, azp: 'another' }),
    'it is over': (claims) => ({ ...claims, iat: now() - 700, exp: now() - 100 }),
    'no end': ({ exp: _, ...claims }) => claims,
    'an end in words': (claims) => ({ ...claims, exp: 'tomorrow' }),
    'a sign-in in words': (claims) => ({ ...claims, auth_time: 'just now' }),
    'no time': ({ iat: _, ...claims }) => claims,
    'not yet': (claims) => ({ ...claims, nbf: now() + 300 }),
    'another nonce': (claims) => ({ ...claims, nonce: 'another' }),
    'no nonce': ({ nonce: _, ...claims }) => claims,
    'no subject': ({ sub: _, ...claims }) => claims,
    'a subject that is a number': (claims) => ({ ...claims, sub: 5 }),
    'a subject with a line break': (claims) => ({ ...claims, sub: 'a\nb' }),
  }
  for (const [what, change] of Object.entries(bad)) {
    await t.test(what, async () => {
      odd.claims = newPerson()
      odd.changeClaims = change
      const visitor = newVisitor(issuer)
      const page = await backFromOdd(visitor)
      odd.changeClaims = (claims) => claims
      await assertRefused(page, visitor, NOT_COMPLETED)
    })
  }
  const part = (token: string, index: number) => token.split('.')[index] ?? ''
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const badTokens: Record<string, (token: string) => string | undefined> = {
    'no ID token': () => undefined,
    'changed after it was signed': (token) => {
      const claims = JSON.parse(Buffer.from(part(token, 1), 'base64url').toString())
      return [part(token, 0), encode({ ...claims, email: 'x@example.com' }), part(token, 2)].join('.')
    },
    unsigned: (token) => [encode({ alg: 'none' }), part(token, 1), ''].join('.'),
    'by a shared secret': (token) => [encode({ alg: 'HS256', kid: 'one' }), part(token, 1), 'AAAA'].join('.'),
    'of another algorithm': (token) =>
      [encode({ alg: 'PS256', kid: 'one' }), part(token, 1), part(token, 2)].join('.'),
    'by a key nobody knows': (token) =>
      [encode({ alg: 'RS256', kid: 'two' }), part(token, 1), part(token, 2)].join('.'),
    padded: (token) => `${token}=`,
    'in four parts': (token) => `${token}.x`,
    'with what must be understood': (token) =>
      [encode({ alg: 'RS256', kid: 'one', crit: ['x'], x: 1 }), part(token, 1), part(token, 2)].join('.'),
    empty: () => '',
  }
  for (const [what, change] of Object.entries(badTokens)) {
    await t.test(what, async () => {
      odd.claims = newPerson()
      odd.changeToken = change
      const visitor = newVisitor(issuer)
      const page = await backFromOdd(visitor)
      odd.changeToken = (token) => token
      await assertRefused(page, visitor, NOT_COMPLETED)
    })
  }
  await signInWithOdd(newPerson())
})

test('D4: the answer is of the provider that was asked, and the metadata of the one that is configured', async () => {
  // Mix-up (RFC 9207): the answer says that it comes from somebody else, or does not say from whom.
  for (const iss of ['https://evil.example', `${odd.url}/`, undefined]) {
    odd.claims = newPerson()
    const visitor = newVisitor(issuer)
    await assertRefused(await backFromOdd(visitor, { iss }), visitor, NOT_COMPLETED)
  }
  // The code of one provider, handed in by the answer of another, is worth nothing there.
  const visitor = newVisitor(issuer)
  const sent = await visitor.get('/login/with/other')
  const stolen = odd.answer(sent.location ?? '', { iss: other.url })
  await assertRefused(await visitor.get(stolen), visitor, NOT_COMPLETED)

  for (const issuerOf of ['https://evil.example', `${other.url}/`, '']) {
    const fresh = await startIssuer({
      providers: { other: { ...client, name: 'Other', issuer: other.url } },
    })
    try {
      other.changeMetadata = (metadata) => ({ ...metadata, issuer: issuerOf })
      const somebody = newVisitor(fresh)
      const page = await somebody.get('/login/with/other')
      assert.equal(page.location, '/login', issuerOf)
      assert.match((await somebody.follow(page.location)).html, NOT_COMPLETED)
    } finally {
      other.changeMetadata = (metadata) => metadata
      await fresh.close()
    }
  }
})

test('D5: a provider that does not answer as it should is said to be away, and nobody waits for it', async () => {
  const broken: Record<string, (response: import('node:http').ServerResponse) => unknown> = {
    html: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Down</h1>'),
    'an error': (response) => response.writeHead(500, { 'content-type': 'application/json' }).end('{}'),
    'a redirect': (response) => response.writeHead(302, { location: `${odd.url}/token` }).end(),
    'more than a mebibyte': (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = (): void => {
        if (!response.destroyed && response.write(Buffer.alloc(65_536, ' '))) setImmediate(more)
        else response.once('drain', more)
      }
      more()
    },
    'half of it': (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('{')
      setImmediate(() => response.destroy())
    },
    nothing: (response) => response.destroy(),
  }
  for (const [what, answer] of Object.entries(broken)) {
    odd.claims = newPerson()
    odd.instead.set('/token', (_, response) => answer(response))
    const visitor = newVisitor(issuer)
    const page = await backFromOdd(visitor)
    odd.instead.clear()
    assert.equal(page.location, '/login', what)
    assert.match((await visitor.follow(page.location)).html, /does not answer/, what)
  }
})

test('D6: after the sign-in nobody is led to another site', async () => {
  for (const place of ELSEWHERE) {
    odd.claims = newPerson()
    const visitor = newVisitor(issuer)
    const back = await backFromOdd(
      visitor,
      {},
      `/login/with/odd?return_to=${encodeURIComponent(place.toWellFormed())}`,
    )
    // As an address has it: half a character becomes a whole one there.
    const expected = place.isWellFormed() ? '/account' : '/%EF%BF%BD'
    assert.equal(back.location, expected, JSON.stringify(place))
  }
  odd.claims = newPerson()
  const visitor = newVisitor(issuer)
  const back = await backFromOdd(visitor, {}, '/login/with/odd?return_to=%2Faccount%2Fdata')
  assert.equal(back.location, '/account/data')
})

/** Whether somebody may do what asks for a sign-in of a moment ago: they make an API key. */
async function isRecent(visitor: Visitor): Promise<boolean> {
  const path = '/account/api-keys'
  const page = await visitor.get(path)
  const done = await visitor.post(path, { ...page.hidden, name: 'x', days: '1', 'scope:profile:read': 'on' })
  if (done.location !== path) {
    assert.equal(done.location, '/login/again?return_to=%2Faccount%2Fapi-keys', done.html)
  }
  return done.location === path
}

test('a sign-in is as old as the provider says, and where it does not say it is never recent', async () => {
  const now = Math.floor(Date.now() / 1000)
  const one = await codeClient(issuer)
  for (const [auth_time, recent] of [
    [now, true],
    [now - 3600, false],
    [undefined, false],
  ] as const) {
    const what = String(auth_time && auth_time - now)
    const person = newPerson({ auth_time })
    const visitor = await signInWithOdd(person)
    assert.equal(await isRecent(visitor), recent, what)
    // Other applications are told the same, or nothing.
    const ask = (more: Record<string, string>) => visitor.get(requestOf(one, more))
    const { code = '' } = Object.fromEntries(new URL((await ask({})).location ?? '').searchParams)
    const { body } = await exchange(issuer, one, code)
    assert.equal(claimsOf(String(body.id_token)).auth_time, auth_time, what)
    assert.equal(claimsOf(String(body.access_token)).auth_time, auth_time, what)
    const silent = new URL((await ask({ prompt: 'none', max_age: '600' })).location ?? '').searchParams
    assert.equal(silent.get('error'), recent ? null : 'login_required', what)
    const sent = await ask({ max_age: '600' })
    if (recent) continue
    // Whoever comes back from the provider as before is no further.
    const login = new URL(sent.location ?? '', ISSUER)
    const returnTo = login.searchParams.get('return_to') ?? ''
    const page = await visitor.get(login.pathname + login.search)
    assert.match(page.html, /\/login\/with\/odd\?[^"]*prompt=login/)
    const start = `/login/with/odd?${new URLSearchParams({ return_to: returnTo })}`
    odd.claims = person
    assert.equal((await backFromOdd(visitor, {}, start)).location, returnTo, what)
    assert.match((await visitor.get(returnTo)).location ?? '', /^\/login\?/, what)
  }
})

test('asked for a fresh proof, a provider has the person prove themselves anew, and what it passes over counts for nothing', async () => {
  const person = newPerson({ auth_time: undefined })
  const visitor = await signInWithOdd(person)
  const again = await visitor.get('/login/again?return_to=%2Faccount%2Fapi-keys')
  assert.match(again.html, /href="\/reset">Get a link by e-mail to set a password/)
  const start = /href="(\/login\/with\/odd\?[^"]*prompt=login)"/
    .exec(again.html)?.[1]
    ?.replaceAll('&amp;', '&')
  assert.ok(start, again.html)
  const asked = new URL((await visitor.get(start)).location ?? '').searchParams
  assert.deepEqual([asked.get('prompt'), asked.get('max_age')], ['login', '0'])

  const sessions = async () => issuer.auth.sessions.list((await userOf(person.email)).id)
  const before = await sessions()
  for (const auth_time of [undefined, Math.floor(Date.now() / 1000) - 3600]) {
    odd.claims = { ...person, auth_time }
    const back = await backFromOdd(visitor, {}, start)
    assert.equal(back.location, '/login/again?return_to=%2Faccount%2Fapi-keys')
    assert.match((await visitor.get(back.location)).html, /does not say that you signed in there just now/)
    assert.deepEqual(
      (await sessions()).map(({ id }) => id),
      before.map(({ id }) => id),
      'as before',
    )
  }
  odd.claims = { ...person, auth_time: Math.floor(Date.now() / 1000) }
  assert.equal((await backFromOdd(visitor, {}, start)).location, '/account/api-keys')
  assert.equal(await isRecent(visitor), true)

  const usual = new URL((await newVisitor(issuer).get('/login/with/odd')).location ?? '').searchParams
  assert.deepEqual(
    [usual.get('prompt'), usual.get('max_age')],
    [null, '315360000'],
    'to be told, and no more',
  )
})

test('node-oidc-provider says when, without a word to the person; asked anew it asks them', async () => {
  real.person = newPerson()
  const cookies = new Map<string, string>()
  const come = async (visitor: Visitor, start: string) => {
    const back = await walk((await visitor.get(start)).location ?? '', cookies)
    return visitor.get(back.slice(ISSUER.length))
  }
  const visitor = newVisitor(issuer)
  const asked = real.asked
  assert.equal((await come(visitor, '/login/with/real')).location, '/account')
  assert.equal((await come(newVisitor(issuer), '/login/with/real')).location, '/account')
  assert.equal(real.asked, asked + 1, 'its own session answered')
  const { id } = await userOf(real.person.email ?? '')
  for (const { authenticatedAt } of await issuer.auth.sessions.list(id)) {
    assert.ok(authenticatedAt > 0 && authenticatedAt % 1000 === 0, String(authenticatedAt))
  }
  assert.equal((await come(visitor, '/login/with/real?prompt=login')).location, '/account')
  assert.equal(real.asked, asked + 2)
  assert.equal(await isRecent(visitor), true)
})

test('a provider without ID tokens is no fresh proof, unless its configuration says so by name', async () => {
  github.user = { id: 4711, login: 'hub' }
  github.emails = [{ email: 'hub@example.com', primary: true, verified: true }]
  for (const trustRecency of [false, true]) {
    const one = await startIssuer({
      providers: { github: { ...client, issuer: github.url, trustRecency } },
    })
    try {
      const visitor = newVisitor(one)
      const back = await walk((await visitor.get('/login/with/github')).location ?? '')
      assert.equal((await visitor.get(back.slice(ISSUER.length))).location, '/account')
      assert.equal(await isRecent(visitor), trustRecency)
      const again = await visitor.get('/login/again')
      assert.equal(/Continue with GitHub/.test(again.html), trustRecency)
    } finally {
      await one.close()
    }
  }
})
