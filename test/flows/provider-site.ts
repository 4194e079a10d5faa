import assert from 'node:assert/strict'
import { z } from 'zod'
import { sqlite } from '../../src/index.ts'
import { ISSUER, startIssuer } from './issuer.ts'
import { newVisitor, type VisitedPage, type Visitor } from './page-visitor.ts'
import {
  CLIENT_ID,
  CLIENT_SECRET,
  startGithubStandIn,
  startOddProvider,
  startRealProvider,
} from './provider-stand-ins.ts'

/** What every provider knows us by. */
export const client = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET }

export const callback = (id: string) => `${ISSUER}/login/with/${id}/callback`

/** What people are told of a sign-in that is over, and of one that went wrong. */
export const OVER = /begun in another browser, or took too long/
export const NOT_COMPLETED = /could not be completed/

/** An issuer, the providers that people sign in to it with, and what they do there. */
export async function startProviderSite() {
  const store = sqlite(':memory:')
  const real = await startRealProvider([callback('real')])
  const odd = await startOddProvider()
  const other = await startOddProvider()
  const github = await startGithubStandIn()
  const issuer = await startIssuer({
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

  async function userOf(login: string) {
    const user = await issuer.auth.users.findByLogin(login)
    assert.ok(user)
    return user
  }

  async function close(): Promise<void> {
    for (const part of [issuer, real, odd, other, github]) await part.close()
  }
  return {
    store,
    issuer,
    real,
    odd,
    other,
    github,
    newPerson,
    backFromOdd,
    signInWithOdd,
    isSignedIn,
    assertRefused,
    userOf,
    close,
  }
}
