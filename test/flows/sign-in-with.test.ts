import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { ISSUER, PASSWORD, startIssuer } from './issuer.ts'
import { newVisitor } from './page-visitor.ts'
import { callback, client, OVER, startProviderSite } from './provider-site.ts'
import { walk } from './provider-stand-ins.ts'
import { codeAt, signUpWithApp } from './second-factor.ts'

const site = await startProviderSite()
const { store, issuer, real, odd, other, github, newPerson, backFromOdd, signInWithOdd, assertRefused } = site
after(site.close)

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

test('no was said, there or here', async () => {
  for (const error of ['access_denied', 'server_error', '<script>']) {
    const visitor = newVisitor(issuer)
    const page = await backFromOdd(visitor, { error, code: undefined })
    await assertRefused(page, visitor, /The sign-in was cancelled/)
  }
})
