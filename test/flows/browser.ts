import { createHash } from 'node:crypto'
import type { ClientOffer } from '../../src/index.ts'
import { type Answer, ISSUER, PASSWORD, type TestIssuer } from './issuer.ts'
import { callAs, registerClient, type TestClient } from './test-clients.ts'

/** A browser: it keeps the cookie, and goes where it is sent one step at a time. */
export interface TestBrowser {
  cookie: string | undefined
  signIn(username: string): Promise<void>
  open(path: string, headers?: Record<string, string>): Promise<Answer>
  post(path: string, form: Record<string, string> | string, headers?: Record<string, string>): Promise<Answer>
}

export function openBrowser(issuer: TestIssuer): TestBrowser {
  const headersOf = (more: Record<string, string> = {}) => ({
    ...(browser.cookie !== undefined && { cookie: browser.cookie }),
    ...more,
  })
  const keep = (answer: Answer): Answer => {
    for (const line of answer.headers.getSetCookie()) {
      if (!/^(__Host-)?countersign=/.test(line)) continue
      browser.cookie = line.includes('Max-Age=0') ? undefined : line.split(';')[0]
    }
    return answer
  }
  const browser: TestBrowser = {
    cookie: undefined,
    async signIn(username) {
      const json = { username, password: PASSWORD }
      const answer = keep(await issuer.call('POST', '/session', { json, headers: headersOf() }))
      if (answer.status !== 200) throw new Error(answer.text)
    },
    open: async (path, more) => keep(await issuer.call('GET', path, { headers: headersOf(more) })),
    post: async (path, form, more) =>
      keep(
        await issuer.call('POST', path, {
          form,
          headers: headersOf({ 'sec-fetch-site': 'same-origin', ...more }),
        }),
      ),
  }
  return browser
}

export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
export const CALLBACK = 'https://app.example.com/cb'

export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

/** A request that can be granted; a test changes one thing of it. An undefined member is left out. */
export function requestOf(
  client: Pick<TestClient, 'id'>,
  more: Record<string, string | undefined> = {},
): string {
  const parameters = {
    client_id: client.id,
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid',
    state: 'the state',
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: 'S256',
    ...more,
  }
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return `/authorize?${new URLSearchParams(given)}`
}

/** A client of the code flow that people are not asked about, unless the test says otherwise. */
export function codeClient(issuer: TestIssuer, offer: Partial<ClientOffer> = {}): Promise<TestClient> {
  return registerClient(issuer, {
    grants: ['authorization_code', 'refresh_token'],
    redirectUris: [CALLBACK],
    scopes: ['openid', 'profile', 'email', 'offline_access', 'profile:read'],
    skipConsent: true,
    ...offer,
  })
}

/** The parameters of an answer that went to the client. */
export function answerOf(answer: Answer, callback = CALLBACK): Record<string, string> {
  const location = answer.headers.get('location') ?? ''
  if (answer.status !== 303 || !location.startsWith(callback)) {
    throw new Error(`no answer to the client: ${answer.status} ${location} ${answer.text}`)
  }
  return Object.fromEntries(new URL(location).searchParams)
}

/** Asks and is answered at once; the code. */
export async function codeFor(
  browser: TestBrowser,
  client: TestClient,
  more: Record<string, string | undefined> = {},
): Promise<string> {
  const { code } = answerOf(await browser.open(requestOf(client, more)), more.redirect_uri ?? CALLBACK)
  if (code === undefined) throw new Error('no code')
  return code
}

export function exchange(
  issuer: TestIssuer,
  client: TestClient,
  code: string,
  more: Record<string, string | undefined> = {},
): Promise<Answer> {
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
    ...more,
  }
  const given = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return callAs(issuer, client, '/token', Object.fromEntries(given))
}

export { ISSUER }
