import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { sqlite } from '../../src/index.ts'
import { handClock, PASSWORD, startIssuer } from './issuer.ts'
import { newVisitor } from './page-visitor.ts'
import { client, OVER, startProviderSite } from './provider-site.ts'

const site = await startProviderSite()
const { store, issuer, odd, other, newPerson, signInWithOdd, isSignedIn, userOf } = site
after(site.close)

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
