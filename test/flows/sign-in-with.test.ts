import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { z } from 'zod'
import { sqlite } from '../../src/index.ts'
import { codeClient, exchange, requestOf } from './browser.ts'
import { ELSEWHERE } from './elsewhere.ts'
import { claimsOf, handClock, ISSUER, PASSWORD, startIssuer, type TestIssuer } from './issuer.ts'
import { newVisitor, type VisitedPage, type Visitor } from './page-visitor.ts'
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type GithubStandIn,
  type OddProvider,
  type RealProvider,
  startGithubStandIn,
  startOddProvider,
  startRealProvider,
  walk,
} from './provider-stand-ins.ts'
import { codeAt, signUpWithApp } from './second-factor.ts'

const client = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET }
const callback = (id: string) => `${ISSUER}/login/with/${id}/callback`

const store = sqlite(':memory:')
let issuer: TestIssuer
let real: RealProvider
let odd: OddProvider
let other: OddProvider
let github: GithubStandIn
const close: (() => Promise<void>)[] = []

before(async () => {
  real = await startRealProvider([callback('real')])
  odd = await startOddProvider()
  other = await startOddProvider()
  github = await startGithubStandIn()
  issuer = await startIssuer({
    store,
    rateLimits: 'off',
    profile: z.strictObject({ name: z.string().optional(), locale: z.string().optional() }),
    providers: {
      real: { ...client, name: 'Real', issuer: real.url, trustEmail: true },
      odd: { ...client, name: 'Odd', issuer: odd.url, clientAuthentication: 'post', trustEmail: true },
      other: { ...client, name: 'Other', issuer: other.url },
      github: { ...client, issuer: github.url },
    },
  })
  close.push(issuer.close, real.close, odd.close, other.close, github.close)
})
after(async () => {
  for (const one of close) await one()
})

let count = 0
/** Somebody that no other test knows. */
function newPerson(more: Record<string, unknown> = {}) {
  count += 1
  return { sub: `subject-${count}`, email: `person${count}@example.com`, email_verified: true, ...more }
}

/** Back from the provider that somebody was sent to by a start. */
async function backFromOdd(
  visitor: Visitor,
  more: Record<string, string | undefined> = {},
  start = '/login/with/odd',
): Promise<VisitedPage> {
  const sent = await visitor.get(start)
  assert.equal(sent.status, 303, sent.html)
  return visitor.get(odd.answer(sent.location ?? '', more))
}

async function signInWithOdd(
  person: Record<string, unknown>,
  visitor = newVisitor(issuer),
): Promise<Visitor> {
  odd.claims = person
  const back = await backFromOdd(visitor)
  assert.equal(back.location, '/account', JSON.stringify([...visitor.cookies.keys()]))
  return visitor
}

const isSignedIn = async (visitor: Visitor) => (await visitor.get('/account')).status === 200

/** What the page says that a refused sign-in leads to. */
async function assertRefused(page: VisitedPage, visitor: Visitor, words: RegExp): Promise<void> {
  assert.equal(page.status, 303)
  assert.match(page.location ?? '', /^\/login/)
  const shown = await visitor.follow(page.location)
  assert.match(shown.html, words)
  assert.equal(await isSignedIn(visitor), false)
}

const OVER = /begun in another browser, or took too long/
const NOT_COMPLETED = /could not be completed/

test('somebody signs in with node-oidc-provider: an account with their name, and the same one the next time', async () => {
  const person = newPerson({ name: 'Real Person', locale: 'de' })
  real.person = person
  const visitor = newVisitor(issuer)
  const login = await visitor.get('/login')
  assert.match(
    login.html,
    /<a class="button other main-width" href="\/login\/with\/real">Continue with Real<\/a>/,
  )
  const sent = await visitor.get('/login/with/real')
  assert.equal(sent.status, 303)
  const asked = new URL(sent.location ?? '').searchParams
  assert.equal(asked.get('code_challenge_method'), 'S256')
  assert.equal(asked.get('redirect_uri'), callback('real'))
  const back = await walk(sent.location ?? '')
  const done = await visitor.get(back.slice(ISSUER.length))
  assert.equal(done.location, '/account', done.html)
  assert.match((await visitor.get('/account')).html, /Real Person|person\d+@example\.com/)

  const user = await issuer.auth.users.findByLogin(person.email)
  assert.deepEqual(user?.profile, { name: 'Real Person', locale: 'de' })
  assert.equal(user?.emailVerified, true)
  const [session] = await issuer.auth.sessions.list(user?.id ?? '')
  assert.deepEqual(session?.amr, ['fed'])

  // Another address there is the same person here.
  real.person = { ...person, email: 'moved@example.com' }
  const again = newVisitor(issuer)
  const sentAgain = await again.get('/login/with/real?return_to=%2Faccount%2Fsessions')
  const backAgain = await walk(sentAgain.location ?? '')
  assert.equal((await again.get(backAgain.slice(ISSUER.length))).location, '/account/sessions')
  assert.equal((await issuer.auth.sessions.list(user?.id ?? '')).length, 2)
  assert.equal(await issuer.auth.users.findByLogin('moved@example.com'), undefined)
})

test('somebody signs in with a provider that has OAuth alone, as GitHub does; only a primary address that is verified counts', async () => {
  github.user = { id: 583231, login: 'octocat', name: 'Octo Cat' }
  const cases: [emails: unknown, words: RegExp | undefined][] = [
    [[], /no e-mail address that can be used/],
    [[{ email: 'octo@example.com', primary: true, verified: false }], /no e-mail address that can be used/],
    [[{ email: 'octo@example.com', primary: false, verified: true }], /no e-mail address that can be used/],
    [{ email: 'octo@example.com', primary: true, verified: true }, /no e-mail address that can be used/],
    [
      [
        { email: 'work@example.com', primary: false, verified: true },
        { email: 'octo@example.com', primary: true, verified: true },
      ],
      undefined,
    ],
  ]
  for (const [emails, words] of cases) {
    github.emails = emails
    const visitor = newVisitor(issuer)
    const sent = await visitor.get('/login/with/github')
    const page = await visitor.get((await walk(sent.location ?? '')).slice(ISSUER.length))
    if (words !== undefined) await assertRefused(page, visitor, words)
    else assert.equal(page.location, '/account')
  }
  const user = await issuer.auth.users.findByLogin('octo@example.com')
  assert.deepEqual(user?.profile, { name: 'Octo Cat' })
  assert.equal(user?.emailVerified, false, 'the configuration does not believe this provider about addresses')
  assert.equal(await issuer.auth.users.findByLogin('work@example.com'), undefined)
})

test('D1: the answer counts in the browser that began, for its own provider, once, and for ten minutes', async () => {
  odd.claims = newPerson()
  const [visitor, thief] = [newVisitor(issuer), newVisitor(issuer)]
  const sent = await visitor.get('/login/with/odd')
  const answer = odd.answer(sent.location ?? '')
  // Login CSRF: the answer of the attacker's sign-in, in the browser of somebody else.
  await assertRefused(await thief.get(answer), thief, OVER)
  // Somebody else began as well, and is handed the answer of another state.
  const begun = await thief.get('/login/with/odd')
  assert.equal(begun.status, 303)
  await assertRefused(await thief.get(answer), thief, OVER)
  for (const state of ['', 'x', `${new URL(sent.location ?? '').searchParams.get('state')}x`]) {
    const page = await visitor.get(odd.answer(sent.location ?? '', { state }))
    await assertRefused(page, visitor, OVER)
  }
  const twice = `${odd.answer(sent.location ?? '')}&state=x`
  await assertRefused(await visitor.get(twice), visitor, OVER)
  // The answer of one provider at the address of another.
  const elsewhere = answer.replace('/login/with/odd/', '/login/with/other/')
  await assertRefused(await visitor.get(elsewhere), visitor, OVER)

  const [name = '', cookie = ''] =
    [...visitor.cookies].find(([one]) => one.startsWith('countersign-with-')) ?? []
  const exchanges = odd.exchanges.length
  assert.equal((await visitor.get(answer)).location, '/account')
  assert.ok(!visitor.cookies.has(name), 'the cookie is gone')
  const replay = newVisitor(issuer)
  await assertRefused(await replay.get(answer), replay, OVER)
  replay.cookies.set(name, cookie)
  await assertRefused(await replay.get(answer), replay, OVER)
  assert.equal(odd.exchanges.length, exchanges + 1, 'the provider was asked once')
})

test('D1: state, nonce and verifier are new each time, and the cookie is host-bound over https', async () => {
  const secure = await startIssuer({
    issuer: 'https://auth.example.com',
    providers: { google: client, github: client },
  })
  try {
    const seen = new Set<string>()
    const visitor = newVisitor(secure, '127.0.0.1', 'https://auth.example.com')
    for (let round = 0; round < 6; round++) {
      const sent = await visitor.get('/login/with/github')
      assert.match(sent.location ?? '', /^https:\/\/github\.com\/login\/oauth\/authorize\?/)
      const asked = new URL(sent.location ?? '').searchParams
      for (const one of ['state', 'code_challenge']) seen.add(asked.get(one) ?? '')
      const set = sent.headers.getSetCookie().filter((line) => !line.includes('Max-Age=0'))
      assert.match(
        set[0] ?? '',
        /^__Host-countersign-with-[0-9a-f]{16}=s1\.[^;]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
      )
      assert.equal(asked.get('redirect_uri'), 'https://auth.example.com/login/with/github/callback')
    }
    assert.equal(seen.size, 12)
    const kept = [...visitor.cookies.keys()].filter((name) => name.includes('-with-'))
    assert.equal(kept.length, 4, 'the oldest go')
  } finally {
    await secure.close()
  }
})

test('D2: an address alone opens no account, in whichever order the two came to be', async () => {
  // The account is there first, its address proven or not; the provider is believed, or not; its word is given, or not.
  for (const [provider, local, verified, mayConnect] of [
    ['odd', true, true, true],
    ['odd', true, false, false],
    ['odd', false, true, false],
    ['odd', false, false, false],
    ['other', true, true, false],
    ['other', false, true, false],
  ] as const) {
    const person = newPerson({ email_verified: verified })
    const owner = await issuer.auth.users.create({
      email: person.email,
      password: PASSWORD,
      emailVerified: local,
    })
    const stand = provider === 'odd' ? odd : other
    stand.claims = person
    const visitor = newVisitor(issuer)
    const sent = await visitor.get(`/login/with/${provider}`)
    const page = await visitor.get(stand.answer(sent.location ?? ''))
    const what = JSON.stringify([provider, local, verified])
    if (mayConnect) {
      assert.equal(page.location, '/account', what)
      const [session] = await issuer.auth.sessions.list(owner.id)
      assert.deepEqual(session?.amr, ['fed'], what)
    } else {
      await assertRefused(page, visitor, /There is an account with this address already/)
      assert.deepEqual(await issuer.auth.sessions.list(owner.id), [], what)
    }
  }
  // The other order: whoever came first with an address that is not theirs gets nobody who comes after.
  const victim = newPerson()
  other.claims = { sub: 'attacker', email: victim.email, email_verified: true }
  const attacker = newVisitor(issuer)
  const sent = await attacker.get('/login/with/other')
  assert.equal((await attacker.get(other.answer(sent.location ?? ''))).location, '/account')
  const squatted = await issuer.auth.users.findByLogin(victim.email)
  assert.equal(squatted?.emailVerified, false)
  odd.claims = victim
  const visitor = newVisitor(issuer)
  await assertRefused(await backFromOdd(visitor), visitor, /There is an account with this address already/)
})

test('D2: whoever takes the account back by its address takes it back whole', async () => {
  const letters: { kind: string; text: string }[] = []
  const mailed = await startIssuer({
    providers: { odd: { ...client, name: 'Odd', issuer: odd.url, clientAuthentication: 'post' } },
    mail: { send: async ({ kind, text }) => void letters.push({ kind, text }) },
  })
  try {
    const victim = newPerson()
    odd.claims = { ...victim, email_verified: false }
    const attacker = newVisitor(mailed)
    const sent = await attacker.get('/login/with/odd')
    assert.equal((await attacker.get(odd.answer(sent.location ?? ''))).location, '/account')
    const asked = await mailed.call('POST', '/password/forgot', { json: { email: victim.email } })
    assert.equal(asked.status, 202, asked.text)
    for (let look = 0; look < 500 && !letters.some(({ kind }) => kind === 'reset'); look++) {
      await new Promise((resolve) => setImmediate(resolve))
      await mailed.call('GET', '/healthz')
    }
    const token = /token=(\S+)/.exec(letters.find(({ kind }) => kind === 'reset')?.text ?? '')?.[1]
    const json = { token, new_password: PASSWORD }
    assert.equal((await mailed.call('POST', '/password/reset', { json })).status, 204)
    assert.equal((await attacker.get('/account')).status, 303)
    const again = newVisitor(mailed)
    const sentAgain = await again.get('/login/with/odd')
    const page = await again.get(odd.answer(sentAgain.location ?? ''))
    assert.match((await again.follow(page.location)).html, /There is an account with this address already/)
  } finally {
    await mailed.close()
  }
})

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

test('E15: whoever has a second factor is asked for it after a provider, too', async () => {
  const app = await signUpWithApp(issuer, 'careful', Date.now)
  await issuer.auth.sessions.endAll(app.id)
  const identity = newPerson()
  await store.identities.add(
    {
      id: crypto.randomUUID(),
      userId: app.id,
      provider: 'odd',
      issuer: odd.url,
      subject: identity.sub,
      email: identity.email,
      userEpoch: (await issuer.auth.users.find(app.id))?.epoch ?? 0,
    },
    { name: 'identity.added', origin: { actor: { kind: 'system' } }, userId: app.id },
  )
  odd.claims = identity
  const here = newVisitor(issuer)
  const page = await backFromOdd(here, {}, '/login/with/odd?return_to=%2Faccount%2Fdata')
  assert.equal(page.location, '/login/step?return_to=%2Faccount%2Fdata')
  assert.deepEqual(await issuer.auth.sessions.list(app.id), [])
  const step = await here.get(page.location ?? '')
  const done = await here.post('/login/step', {
    ...step.hidden,
    // The code of now was spent when the app was set up.
    code: codeAt(app.secret, Date.now() + 30_000),
  })
  assert.equal(done.location, '/account/data', (await here.follow(done.location)).html)
  const [session] = await issuer.auth.sessions.list(app.id)
  assert.deepEqual(session?.amr, ['fed', 'otp', 'mfa'])
})

test('a closed account stays closed, and registration is as open as it is', async () => {
  const person = newPerson()
  await signInWithOdd(person)
  const user = await issuer.auth.users.findByLogin(person.email)
  await issuer.auth.users.disable(user?.id ?? '')
  const visitor = newVisitor(issuer)
  await assertRefused(await backFromOdd(visitor), visitor, /The name or the password is wrong/)

  for (const [registration, trustEmail, verified, words] of [
    ['closed', true, true, /Registration is closed/],
    ['invite', true, true, /Registration is closed/],
    ['verified', false, true, /no e-mail address that can be used/],
    ['verified', true, false, /no e-mail address that can be used/],
    ['verified', true, true, undefined],
    ['open', false, false, undefined],
  ] as const) {
    const one = await startIssuer({
      registration,
      providers: {
        odd: { ...client, name: 'Odd', issuer: odd.url, clientAuthentication: 'post', trustEmail },
      },
    })
    try {
      odd.claims = newPerson({ email_verified: verified })
      const somebody = newVisitor(one)
      const sent = await somebody.get('/login/with/odd')
      const page = await somebody.get(odd.answer(sent.location ?? ''))
      const what = JSON.stringify([registration, trustEmail, verified])
      if (words === undefined) assert.equal(page.location, '/account', what)
      else assert.match((await somebody.follow(page.location)).html, words, what)
    } finally {
      await one.close()
    }
  }
})

test('an account is connected by whoever is signed in to it, moments ago, by a form of ours', async () => {
  const [person, alias] = [
    newPerson(),
    newPerson({ email: 'somewhere.else@example.com', email_verified: false }),
  ]
  await issuer.auth.users.create({ email: person.email, password: PASSWORD, username: 'linker' })
  const visitor = newVisitor(issuer)
  await visitor.submit('/login', '/login', { username: 'linker', password: PASSWORD })
  const page = await visitor.get('/account/connections')
  assert.match(
    page.headers.get('content-security-policy') ?? '',
    /form-action 'self' https: http:;/,
    'wherever the provider leads on to',
  )
  assert.match(page.html, /Connect Odd/)

  // Another site, and a link, begin nothing.
  const foreign = await visitor.post('/account/connections/with/odd', page.hidden, {
    'sec-fetch-site': 'cross-site',
    origin: 'https://evil.example',
  })
  assert.equal(foreign.status, 403)
  assert.equal((await visitor.get('/account/connections/with/odd')).status, 405)

  const sent = await visitor.post('/account/connections/with/odd', page.hidden)
  assert.equal(sent.status, 303, sent.html)
  odd.claims = alias
  const answer = odd.answer(sent.location ?? '')
  // In the browser of somebody else who is signed in, with the cookie: the account is not theirs.
  const stranger = await signInWithOdd(newPerson())
  for (const [name, value] of visitor.cookies) {
    if (name.startsWith('countersign-with-')) stranger.cookies.set(name, value)
  }
  odd.claims = alias
  const stolen = await stranger.follow((await stranger.get(answer)).location)
  assert.match(stolen.html, OVER)

  const again = await visitor.post('/account/connections/with/odd', page.hidden)
  const back = await visitor.get(odd.answer(again.location ?? ''))
  assert.equal(back.location, '/account/connections')
  const shown = await visitor.follow(back.location)
  assert.match(shown.html, /It is connected/)
  assert.match(shown.html, /somewhere\.else@example\.com/)

  // It opens this account from now on, and no other account can have it.
  const elsewhere = await signInWithOdd(alias)
  assert.match((await elsewhere.get('/account')).html, /linker/)
  const sentByStranger = await stranger.post(
    '/account/connections/with/odd',
    (await stranger.get('/account/connections')).hidden,
  )
  const refused = await stranger.get(odd.answer(sentByStranger.location ?? ''))
  assert.match((await stranger.follow(refused.location)).html, /is connected to another account here already/)

  // Taken away it opens nothing, and whoever came by it is out.
  const id = /\/account\/connections\/([0-9a-f-]{36})\/remove/.exec(shown.html)?.[1]
  const removed = await visitor.post(`/account/connections/${id}/remove`, page.hidden)
  assert.match((await visitor.follow(removed.location)).html, /It is removed/)
  assert.equal(await isSignedIn(elsewhere), false)
  assert.equal(await isSignedIn(visitor), true)
  const events = await issuer.auth.events.list({ userId: (await userOf('linker')).id, limit: 100 })
  const names = events.map(({ name }) => name)
  assert.ok(names.includes('identity.added') && names.includes('identity.removed'))
})

async function userOf(login: string) {
  const user = await issuer.auth.users.findByLogin(login)
  assert.ok(user)
  return user
}

test('B7: what ends the session while the provider is asked ends the connection as well', async () => {
  const person = newPerson()
  const owner = await issuer.auth.users.create({ email: person.email, password: PASSWORD })
  const thief = newVisitor(issuer)
  await thief.submit('/login', '/login', { username: person.email, password: PASSWORD })
  const page = await thief.get('/account/connections')
  const sent = await thief.post('/account/connections/with/odd', page.hidden)
  odd.claims = newPerson()
  odd.instead.set('/token', async (request, response) => {
    odd.instead.clear()
    await issuer.auth.users.setPassword(owner.id, 'another long sentence')
    const asked = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    const body = await text(request)
    const answered = await fetch(`${odd.url}/token`, { ...asked, body })
    response.writeHead(200, { 'content-type': 'application/json' }).end(await answered.text())
  })
  const exchanges = odd.exchanges.length
  await thief.get(odd.answer(sent.location ?? ''))
  assert.equal(odd.exchanges.length, exchanges + 1)
  assert.deepEqual(await store.identities.list(owner.id), [])
})

test('E15: a password beside a provider is no second factor', async () => {
  const person = newPerson()
  await signInWithOdd(person)
  const { id } = await userOf(person.email)
  await issuer.auth.users.setPassword(id, PASSWORD)
  const visitor = await signInWithOdd(person)
  await visitor.submit('/login/again', '/login/again', { password: PASSWORD })
  assert.equal(await isSignedIn(visitor), true)
  const [session, ...more] = await issuer.auth.sessions.list(id)
  assert.deepEqual([session?.amr, more], [['fed', 'pwd'], []])
})

test('the last way in stays, and whoever has no password proves themselves where they come from', async () => {
  const person = newPerson()
  const visitor = await signInWithOdd(person)
  const page = await visitor.get('/account/connections')
  const id = /\/account\/connections\/([0-9a-f-]{36})\/remove/.exec(page.html)?.[1]
  const refused = await visitor.post(`/account/connections/${id}/remove`, page.hidden)
  assert.match((await visitor.follow(refused.location)).html, /your only way to sign in/)
  assert.equal((await visitor.get('/account')).html.includes('••••'), false)

  const again = await visitor.get('/login/again?return_to=%2Faccount%2Fconnections')
  assert.match(again.html, /href="\/login\/with\/odd\?return_to=%2Faccount%2Fconnections&amp;prompt=login"/)
  assert.doesNotMatch(again.html, /name="password"/)

  const user = await userOf(person.email)
  await issuer.auth.users.setPassword(user.id, PASSWORD)
  const renewed = newVisitor(issuer)
  await renewed.submit('/login', '/login', { username: person.email, password: PASSWORD })
  const fresh = await renewed.get('/account/connections')
  const removed = await renewed.post(`/account/connections/${id}/remove`, fresh.hidden)
  assert.match((await renewed.follow(removed.location)).html, /It is removed/)
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
  assert.match(again.html, /href="\/reset">Set a password/)
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

test('an answer that comes by a form, as Apple’s does, is led on to where the cookies are', async () => {
  odd.claims = newPerson()
  const visitor = newVisitor(issuer)
  const sent = await visitor.get('/login/with/odd')
  const { searchParams } = new URL(odd.answer(sent.location ?? ''), ISSUER)
  const cookies = [...visitor.cookies]
  visitor.cookies.clear()
  const fields = { ...Object.fromEntries(searchParams), junk: 'x'.repeat(100) }
  const posted = await visitor.post('/login/with/odd/callback', fields, {
    'sec-fetch-site': 'cross-site',
    origin: odd.url,
  })
  assert.equal(posted.status, 303)
  assert.match(posted.location ?? '', /^\/login\/with\/odd\/callback\?code=/)
  assert.doesNotMatch(posted.location ?? '', /junk/)
  for (const [name, value] of cookies) visitor.cookies.set(name, value)
  assert.equal((await visitor.get(posted.location ?? '')).location, '/account')
  assert.equal((await visitor.get('/login/with/nobody')).status, 404)
})

test('tokens of a provider are kept where the configuration says so: encrypted, and exchanged by one of all who ask', async () => {
  const clock = handClock(Date.now())
  const keeping = sqlite(':memory:')
  const options = {
    store: keeping,
    clock,
    providers: {
      odd: { ...client, name: 'Odd', issuer: odd.url, clientAuthentication: 'post', keepTokens: true },
      other: { ...client, name: 'Other', issuer: other.url, clientAuthentication: 'post' },
    },
  } as const
  const one = await startIssuer(options)
  try {
    const person = newPerson()
    const visitor = newVisitor(one)
    odd.claims = person
    const sent = await visitor.get('/login/with/odd')
    const asked = new URL(sent.location ?? '').searchParams
    assert.deepEqual(
      [asked.get('scope'), asked.get('prompt')],
      ['openid profile email offline_access', 'consent'],
    )
    assert.equal((await visitor.get(odd.answer(sent.location ?? ''))).location, '/account')
    const user = await one.auth.users.findByLogin(person.email)
    const id = user?.id ?? ''
    const kept = await keeping.identities.findTokens(id, 'odd')
    assert.match(kept?.sealed ?? '', /^s1\./)
    assert.doesNotMatch(kept?.sealed ?? '', /access/)

    // The first one ends within the minute that whoever is handed it needs.
    clock.advance(1000)
    const before = odd.exchanges.length
    const tokens = await Promise.all(Array.from({ length: 12 }, () => one.auth.providers.token(id, 'odd')))
    assert.equal(odd.exchanges.length, before + 1)
    assert.equal(odd.exchanges.at(-1)?.get('refresh_token'), 'refresh 0')
    assert.deepEqual(new Set(tokens.map((token) => token?.accessToken)), new Set([`access ${before + 1}`]))
    assert.equal(await one.auth.providers.token(id, 'other'), undefined)
    assert.equal(await one.auth.providers.token('nobody', 'odd'), undefined)

    // Away is not taken back.
    clock.advance(1000)
    odd.instead.set('/token', (_, response) => response.writeHead(500).end())
    await assert.rejects(one.auth.providers.token(id, 'odd'), { code: 'PROVIDER_UNAVAILABLE' })
    odd.instead.clear()
    assert.equal((await one.auth.providers.token(id, 'odd'))?.accessToken, `access ${before + 2}`)
    clock.advance(1000)
    odd.instead.set('/token', (_, response) =>
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}'),
    )
    assert.equal(await one.auth.providers.token(id, 'odd'), undefined)
    odd.instead.clear()
    assert.equal(await keeping.identities.findTokens(id, 'odd'), undefined)
  } finally {
    await one.close()
  }
})

test('no was said, there or here', async () => {
  for (const error of ['access_denied', 'server_error', '<script>']) {
    const visitor = newVisitor(issuer)
    const page = await backFromOdd(visitor, { error, code: undefined })
    await assertRefused(page, visitor, /The sign-in was cancelled/)
  }
})
