import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { z } from 'zod'
import { sqlite } from '../../src/index.ts'
import { handClock, PASSWORD, startIssuer } from './issuer.ts'
import { newVisitor, type Visitor } from './page-visitor.ts'
import { client, OVER } from './provider-site.ts'
import { startOddProvider } from './provider-stand-ins.ts'

const odd = await startOddProvider()
const clock = handClock(Date.now())
const store = sqlite(':memory:')
const options = {
  store,
  clock,
  rateLimits: 'off',
  profile: z.strictObject({
    name: z.string().optional(),
    department: z.string().min(2, 'Use two letters at least.').meta({ title: 'Department' }),
  }),
  providers: {
    odd: {
      ...client,
      name: 'Odd',
      issuer: odd.url,
      clientAuthentication: 'post',
      trustEmail: true,
      keepTokens: true,
    },
  },
} as const
const issuer = await startIssuer(options)
after(async () => {
  await issuer.close()
  await odd.close()
})

let people = 0
function newPerson(more: Record<string, unknown> = {}) {
  people += 1
  return { sub: `newcomer-${people}`, email: `newcomer${people}@example.com`, email_verified: true, ...more }
}

/** Back from the provider, as that person. */
async function comeBack(visitor: Visitor, person: Record<string, unknown>, start = '/login/with/odd') {
  odd.claims = person
  const sent = await visitor.get(start)
  return visitor.get(odd.answer(sent.location ?? ''))
}

/** The page that asks a newcomer. */
async function askedOf(visitor: Visitor, person = newPerson()) {
  const page = await visitor.follow((await comeBack(visitor, person)).location)
  assert.ok(page.hidden.newcomer, page.html)
  return page
}

const isThere = async (email: string) => (await issuer.auth.users.findByLogin(email)) !== undefined

test('a newcomer fills in what the provider did not tell, and only then has an account', async () => {
  const person = newPerson({ name: 'Nora' })
  const visitor = newVisitor(issuer)
  const back = await comeBack(visitor, person, '/login/with/odd?return_to=%2Faccount%2Fsessions')
  assert.match(back.location ?? '', /^\/login\/newcomer\?newcomer=[\w-]{43}$/)
  assert.equal(await isThere(person.email), false)
  assert.equal((await visitor.get('/account')).status, 303, 'nobody is signed in')

  const page = await visitor.follow(back.location)
  assert.equal(page.status, 200)
  assert.match(page.html, /newcomer\d+@example\.com/)
  assert.match(page.html, /name="profile\.department"/)
  assert.doesNotMatch(
    page.html,
    /profile\.name|type="password"/,
    'what is known or optional is not asked for',
  )
  const done = await visitor.post('/login/newcomer', { ...page.hidden, 'profile.department': 'Sales' })
  assert.equal(done.location, '/account/sessions', done.html)
  const user = await issuer.auth.users.findByLogin(person.email)
  assert.deepEqual(user?.profile, { name: 'Nora', department: 'Sales' })
  assert.equal(user?.emailVerified, true)
  assert.equal((await visitor.get('/account')).status, 200)
  assert.ok(![...visitor.cookies.keys()].some((name) => name.includes('-with-')), 'the cookie is gone')
  assert.ok(await issuer.auth.providers.token(user?.id ?? '', 'odd'), 'the provider’s tokens are kept')

  const again = newVisitor(issuer)
  assert.equal((await comeBack(again, person)).location, '/account', 'from then on nothing is asked')
})

test('what is filled in wrong is asked for again, with what was typed', async () => {
  const person = newPerson()
  const visitor = newVisitor(issuer)
  const page = await askedOf(visitor, person)
  for (const [typed, problem] of [
    ['', /Department: Fill this in/],
    ['x', /Department: Use two letters at least/],
  ] as const) {
    const refused = await visitor.post('/login/newcomer', { ...page.hidden, 'profile.department': typed })
    assert.equal(refused.location, '/login/newcomer')
    const shown = await visitor.follow(refused.location)
    assert.match(shown.html, problem)
    assert.equal(shown.hidden.newcomer, page.hidden.newcomer)
    assert.equal(await isThere(person.email), false)
  }
  const more = { 'profile.department': 'IT', 'profile.name': 'Mallory', 'profile.admin': 'true' }
  const done = await visitor.post('/login/newcomer', { ...page.hidden, ...more })
  assert.equal(done.location, '/account', done.html)
  const user = await issuer.auth.users.findByLogin(person.email)
  assert.deepEqual(
    user?.profile,
    { name: 'Some One', department: 'IT' },
    'G-10: what was not asked for reaches nothing',
  )
})

test('a way back that no cookie holds beside the newcomer is left out', async () => {
  const visitor = newVisitor(issuer)
  const person = newPerson({ name: 'N'.repeat(200), picture: `https://example.com/${'p'.repeat(900)}` })
  const longest = `/account/sessions?of=${'x'.repeat(2200)}`
  const back = await comeBack(
    visitor,
    person,
    `/login/with/odd?${new URLSearchParams({ return_to: longest })}`,
  )
  const page = await visitor.follow(back.location)
  const done = await visitor.post('/login/newcomer', { ...page.hidden, 'profile.department': 'IT' })
  assert.equal(done.location, '/account', done.html)
})

test('F-5: a page of another site fills in nothing', async () => {
  const person = newPerson()
  const visitor = newVisitor(issuer)
  const page = await askedOf(visitor, person)
  const { csrf_token: _, ...rest } = page.hidden
  await visitor.post('/login/newcomer', { ...rest, 'profile.department': 'IT' })
  assert.equal(await isThere(person.email), false)
})

test('an address that has got an account meanwhile opens it to nobody', async () => {
  const person = newPerson()
  const visitor = newVisitor(issuer)
  const page = await askedOf(visitor, person)
  const json = { email: person.email, password: PASSWORD, profile: { department: 'IT' } }
  const registered = await issuer.call('POST', '/register', { json })
  assert.equal(registered.status, 201, registered.text)
  const refused = await visitor.post('/login/newcomer', { ...page.hidden, 'profile.department': 'IT' })
  assert.match((await visitor.follow(refused.location)).html, /There is an account with this address already/)
  assert.equal((await visitor.get('/account')).status, 303)
})

test('a schema that needs what no form can ask for refuses a newcomer as before', async () => {
  const nested = await startIssuer({
    ...options,
    store: sqlite(':memory:'),
    profile: z.strictObject({ home: z.strictObject({ street: z.string() }) }),
  })
  try {
    odd.claims = newPerson()
    const visitor = newVisitor(nested)
    const sent = await visitor.get('/login/with/odd')
    const back = await visitor.get(odd.answer(sent.location ?? ''))
    assert.equal(back.location, '/login')
    assert.match((await visitor.follow('/login')).html, /role="alert"/)
  } finally {
    await nested.close()
  }
})

test('D2: a newcomer of a provider counts no more where its name stands for another one', async () => {
  const secretKey = randomBytes(32).toString('base64url')
  const own = { ...options, store: sqlite(':memory:'), secretKey }
  const [former, present] = await Promise.all([
    startIssuer(own),
    startIssuer({
      ...own,
      store: sqlite(':memory:'),
      providers: { odd: { ...options.providers.odd, issuer: 'https://other.example.com' } },
    }),
  ])
  try {
    const [visitor, later] = [newVisitor(former), newVisitor(present)]
    const asked = (await comeBack(visitor, newPerson())).location ?? ''
    for (const [name, value] of visitor.cookies) later.cookies.set(name, value)
    assert.equal((await visitor.get(asked)).status, 200)
    assert.match((await later.follow(asked)).html, OVER)
  } finally {
    await Promise.all([former.close(), present.close()])
  }
})

test('D1: a newcomer counts in their own browser, under their own name, once, and for ten minutes', async () => {
  const person = newPerson()
  const [visitor, thief] = [newVisitor(issuer), newVisitor(issuer)]
  const asked = (await comeBack(visitor, person)).location
  const page = await visitor.follow(asked)
  const fields = { ...page.hidden, 'profile.department': 'IT' }
  const assertOver = async (by: Visitor, more: Record<string, string> = {}) => {
    const own = (await by.get('/login')).hidden
    const refused = await by.post('/login/newcomer', {
      ...fields,
      ...own,
      newcomer: page.hidden.newcomer ?? '',
      ...more,
    })
    assert.equal(refused.location, '/login')
    assert.match((await by.follow(refused.location)).html, OVER)
    assert.equal((await by.get('/account')).status, 303)
  }
  assert.match((await thief.follow((await thief.get(asked ?? '')).location)).html, OVER)
  await assertOver(thief)
  await assertOver(visitor, { newcomer: 'x'.repeat(43) })
  // Somebody else’s, in the place of theirs.
  const other = (await comeBack(thief, newPerson())).location ?? ''
  await assertOver(visitor, { newcomer: other.slice(-43) })
  const late = newVisitor(issuer)
  const second = newPerson()
  const its = await askedOf(late, second)
  const kept = [...visitor.cookies]
  clock.advance(599_000)
  assert.equal((await visitor.get(asked ?? '')).status, 200)
  assert.equal((await visitor.post('/login/newcomer', fields)).location, '/account')
  const replay = newVisitor(issuer)
  for (const [name, value] of kept) if (name.includes('-with-')) replay.cookies.set(name, value)
  await assertOver(replay)

  clock.advance(1000)
  const refused = await late.post('/login/newcomer', { ...its.hidden, 'profile.department': 'IT' })
  assert.match((await late.follow(refused.location)).html, OVER)
  assert.equal(await isThere(second.email), false)
})
