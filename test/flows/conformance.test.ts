import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import {
  answerOf,
  CALLBACK,
  codeClient,
  codeFor,
  exchange,
  openBrowser,
  requestOf,
  type TestBrowser,
} from './browser.ts'
import { type Answer, claimsOf, handClock, ISSUER, startIssuer, type TestIssuer, tampered } from './issuer.ts'
import { callAs, type TestClient } from './test-clients.ts'

/**
 * The items of three test plans of the OpenID Foundation's conformance suite, under the suite's own names: Basic OP,
 * Config OP, RP-initiated logout. `docs/conformance.md` lists them. This is our reading of what each asks for, not a run
 * of the suite.
 */
const AFTER = 'https://app.example.com/bye'
const NO_PKCE = { code_challenge: undefined, code_challenge_method: undefined, nonce: 'n' }

const clock = handClock()
let issuer: TestIssuer
let client: TestClient
let browser: TestBrowser
before(async () => {
  issuer = await startIssuer({ clock })
  await issuer.signUp('alice')
  await issuer.signUp('bob')
  client = await codeClient(issuer, { requirePkce: false, postLogoutRedirectUris: [AFTER] })
  browser = openBrowser(issuer)
  await browser.signIn('alice')
})
after(() => issuer.close())

const titles: string[] = []
/** A test that has its line in the document. */
function item(name: string, check: () => Promise<void>): void {
  titles.push(name)
  test(name, check)
}

async function signInBy(more: Record<string, string | undefined> = {}, one = client, who = browser) {
  const answer = await exchange(issuer, one, await codeFor(who, one, { ...NO_PKCE, ...more }), {
    code_verifier: undefined,
  })
  assert.equal(answer.status, 200, answer.text)
  const [access, id] = [String(answer.body.access_token), String(answer.body.id_token)]
  return { access, id, claims: claimsOf(id), refresh: answer.body.refresh_token }
}
const errorOf = async (more: Record<string, string | undefined>, who = browser) =>
  answerOf(await who.open(requestOf(client, { ...NO_PKCE, ...more }))).error
const userinfo = async (scope: string) =>
  (await issuer.call('GET', '/userinfo', { token: (await signInBy({ scope })).access })).body
const isSentToSignIn = ({ status, headers }: Answer) =>
  status === 303 && (headers.get('location')?.startsWith('/login?') ?? false)

// ------------------------------------------------------------------------------------------------------- Basic OP

item('oidcc-server', async () => {
  const { claims } = await signInBy()
  assert.deepEqual([claims.iss, claims.aud, claims.nonce], [ISSUER, client.id, 'n'])
})
item('oidcc-response-type-missing', async () => {
  assert.equal(await errorOf({ response_type: undefined }), 'invalid_request')
})
item('oidcc-idtoken-signature', async () => {
  const { id } = await signInBy()
  const { alg, kid } = JSON.parse(Buffer.from(id.split('.')[0] ?? '', 'base64url').toString())
  assert.deepEqual([alg, typeof kid], ['RS256', 'string'])
  const { body } = await issuer.call('GET', '/.well-known/jwks.json')
  const keys = createLocalJWKSet(body as unknown as JSONWebKeySet)
  const [expected, currentDate] = [{ issuer: ISSUER, audience: client.id }, new Date(clock.now())]
  assert.equal((await jwtVerify(id, keys, { ...expected, currentDate })).payload.nonce, 'n')
  await assert.rejects(jwtVerify(tampered(id), keys, { ...expected, currentDate }))
})
item('oidcc-idtoken-unsigned', async () => {
  const { body } = await issuer.call('GET', '/.well-known/openid-configuration')
  assert.ok(!(body.id_token_signing_alg_values_supported as string[]).includes('none'))
  await assert.rejects(codeClient(issuer, { idTokenAlgorithm: 'none' as 'RS256' }), {
    code: 'REQUEST_INVALID',
  })
})
item('oidcc-userinfo-get', async () => {
  const { access, claims } = await signInBy()
  assert.equal((await issuer.call('GET', '/userinfo', { token: access })).body.sub, claims.sub)
})
item('oidcc-userinfo-post-header', async () => {
  const { access, claims } = await signInBy()
  assert.equal((await issuer.call('POST', '/userinfo', { token: access })).body.sub, claims.sub)
})
test('oidcc-userinfo-post-body is left out: 401, and nothing is said', async () => {
  const { access } = await signInBy()
  const { status, body } = await issuer.call('POST', '/userinfo', { form: { access_token: access } })
  assert.deepEqual([status, body.sub], [401, undefined])
})
item('oidcc-ensure-request-without-nonce-succeeds-for-code-flow', async () => {
  assert.equal((await signInBy({ nonce: undefined })).claims.nonce, undefined)
})
item('oidcc-scope-profile', async () => {
  assert.equal((await userinfo('openid profile')).preferred_username, 'alice')
})
item('oidcc-scope-email', async () => {
  assert.equal((await userinfo('openid email')).email, 'alice@example.com')
})
for (const scope of ['address', 'phone']) {
  item(`oidcc-scope-${scope}`, async () => {
    assert.deepEqual(Object.keys(await userinfo(`openid ${scope}`)), ['sub'], 'left out, and no error')
  })
}
item('oidcc-scope-all', async () => {
  const claims = await userinfo('openid profile email address phone')
  assert.deepEqual([claims.preferred_username, claims.email], ['alice', 'alice@example.com'])
})
item('oidcc-ensure-other-scope-order-succeeds', async () => {
  assert.equal((await userinfo('email openid')).email, 'alice@example.com')
})
item('oidcc-alternate-happy-flow', async () => {
  const [path, query = ''] = requestOf(client, { ...NO_PKCE, scope: 'email openid' }).split('?')
  const reversed = new URLSearchParams([...new URLSearchParams(query)].reverse())
  const { code = '' } = answerOf(await browser.open(`${path}?${reversed}`))
  const { body } = await exchange(issuer, client, code, { code_verifier: undefined })
  const { body: claims } = await issuer.call('GET', '/userinfo', { token: String(body.access_token) })
  assert.equal(claims.email, 'alice@example.com')
})
for (const display of ['page', 'popup']) {
  item(`oidcc-display-${display}`, async () => void (await signInBy({ display })))
}
/** Asked so, somebody who is signed in has to do it again, and the second ID token says so. */
async function assertSignsInAnew(more: Record<string, string>): Promise<void> {
  const first = await signInBy()
  clock.advance(2000)
  const sent = await browser.open(requestOf(client, { ...NO_PKCE, ...more }))
  assert.ok(isSentToSignIn(sent))
  const back = new URL(sent.headers.get('location') ?? '', ISSUER).searchParams.get('return_to') ?? ''
  assert.ok(isSentToSignIn(await browser.open(back)), 'not by coming back')
  await browser.signIn('alice')
  const { code = '' } = answerOf(await browser.open(back))
  const { body } = await exchange(issuer, client, code, { code_verifier: undefined })
  const { auth_time } = claimsOf(String(body.id_token))
  assert.equal(auth_time, Number(first.claims.auth_time) + 2)
}
item('oidcc-prompt-login', () => assertSignsInAnew({ prompt: 'login' }))
item('oidcc-prompt-none-not-logged-in', async () => {
  assert.equal(await errorOf({ prompt: 'none' }, openBrowser(issuer)), 'login_required')
})
item('oidcc-prompt-none-logged-in', async () => {
  const [first, second] = [await signInBy(), await signInBy({ prompt: 'none' })]
  assert.deepEqual(second.claims.sub, first.claims.sub)
  assert.deepEqual(second.claims.auth_time, first.claims.auth_time)
})
item('oidcc-max-age-1', async () => {
  await assertSignsInAnew({ max_age: '1' })
  clock.advance(2000)
  assert.equal(await errorOf({ max_age: '1', prompt: 'none' }), 'login_required')
})
item('oidcc-max-age-10000', async () => {
  const [first, second] = [await signInBy(), await signInBy({ max_age: '10000' })]
  assert.ok(second.claims.auth_time !== undefined && second.claims.auth_time === first.claims.auth_time)
})
item('oidcc-id-token-hint', async () => {
  const { id, claims } = await signInBy()
  assert.equal((await signInBy({ prompt: 'none', id_token_hint: id })).claims.sub, claims.sub)
})
item('oidcc-login-hint', async () => {
  const sent = await openBrowser(issuer).open(
    requestOf(client, { ...NO_PKCE, login_hint: 'bob@example.com' }),
  )
  const page = await openBrowser(issuer).open(sent.headers.get('location') ?? '')
  assert.match(page.text, /value="bob@example\.com"/)
})
item('oidcc-ui-locales', async () => void (await signInBy({ ui_locales: 'se' })))
item('oidcc-claims-locales', async () => void (await signInBy({ claims_locales: 'se' })))
item('oidcc-ensure-request-with-acr-values-succeeds', async () => {
  await signInBy({ acr_values: 'urn:example:1 urn:example:2' })
})
item('oidcc-codereuse', async () => {
  const code = await codeFor(browser, client, NO_PKCE)
  const once = () => exchange(issuer, client, code, { code_verifier: undefined })
  assert.equal((await once()).status, 200)
  assert.equal((await once()).body.error, 'invalid_grant')
})
item('oidcc-codereuse-30seconds', async () => {
  const code = await codeFor(browser, client, NO_PKCE)
  const once = () => exchange(issuer, client, code, { code_verifier: undefined })
  const first = await once()
  clock.advance(30_000)
  assert.equal((await once()).body.error, 'invalid_grant')
  const token = String(first.body.access_token)
  assert.equal((await issuer.call('GET', '/userinfo', { token })).status, 401, 'what the first got has ended')
})
item('oidcc-ensure-registered-redirect-uri', async () => {
  const { status, headers } = await browser.open(
    requestOf(client, { ...NO_PKCE, redirect_uri: `${CALLBACK}/x` }),
  )
  assert.deepEqual([status, headers.get('location')], [400, null])
})
item('oidcc-ensure-post-request-succeeds', async () => {
  const sent = await openBrowser(issuer).post('/authorize', requestOf(client, NO_PKCE).split('?')[1] ?? '')
  assert.ok(answerOf(await browser.open(sent.headers.get('location') ?? '')).code)
})
item('oidcc-server-client-secret-post', async () => {
  await signInBy({}, await codeClient(issuer, { requirePkce: false, authMethod: 'client_secret_post' }))
})
item('oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported', async () => {
  assert.equal(await errorOf({ request: 'eyJhbGciOiJub25lIn0.e30.' }), 'request_not_supported')
})
item('oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported', async () => {
  const request_uri = 'https://app.example.com/request.jwt'
  assert.equal(await errorOf({ request_uri }), 'request_uri_not_supported')
})
item('oidcc-claims-essential', async () => {
  await signInBy({ claims: '{"userinfo":{"name":{"essential":true}}}' })
})
item('oidcc-ensure-request-object-with-redirect-uri', async () => {
  const request = `eyJhbGciOiJub25lIn0.${Buffer.from('{"redirect_uri":"https://evil.example/"}').toString('base64url')}.`
  assert.equal(await errorOf({ request }), 'request_not_supported')
})
item('oidcc-refresh-token', async () => {
  const first = await signInBy({ scope: 'openid offline_access' })
  const form = { grant_type: 'refresh_token', refresh_token: String(first.refresh) }
  const { body } = await callAs(issuer, client, '/token', form)
  const again = claimsOf(String(body.id_token))
  for (const claim of ['iss', 'sub', 'aud', 'azp', 'auth_time'])
    assert.equal(again[claim], first.claims[claim])
  const second = await codeClient(issuer, { requirePkce: false })
  const theirs = String((await signInBy({ scope: 'openid offline_access' }, second)).refresh)
  const swapped = { grant_type: 'refresh_token', refresh_token: theirs }
  assert.equal((await callAs(issuer, client, '/token', swapped)).body.error, 'invalid_grant')
  assert.equal((await callAs(issuer, second, '/token', swapped)).status, 200)
})
item('oidcc-ensure-request-with-valid-pkce-succeeds', async () => {
  const answer = await exchange(issuer, client, await codeFor(browser, client))
  assert.equal(answer.status, 200)
})
item(
  'oidcc-ensure-request-with-unknown-parameter-succeeds',
  async () => void (await signInBy({ extra: 'foobar' })),
)

// ------------------------------------------------------------------------------------------------------ Config OP

for (const name of [
  'oidcc-discovery-endpoint-verification',
  'oidcc-rp-initiated-logout-discovery-endpoint-verification',
]) {
  item(name, async () => {
    const { status, body } = await issuer.call('GET', '/.well-known/openid-configuration')
    assert.deepEqual([status, body.issuer], [200, ISSUER])
    for (const endpoint of ['authorization', 'token', 'userinfo', 'end_session']) {
      assert.ok(String(body[`${endpoint}_endpoint`]).startsWith(`${ISSUER}/`), endpoint)
    }
    for (const [member, value] of [
      ['scopes_supported', 'openid'],
      ['response_types_supported', 'code'],
      ['grant_types_supported', 'authorization_code'],
      ['grant_types_supported', 'refresh_token'],
      ['subject_types_supported', 'public'],
      ['claims_supported', 'sub'],
      ['id_token_signing_alg_values_supported', 'RS256'],
      ['code_challenge_methods_supported', 'S256'],
    ] as const) {
      assert.ok((body[member] as string[]).includes(value), member)
    }
    for (const [member, values] of Object.entries(body))
      if (Array.isArray(values)) assert.equal(new Set(values).size, values.length, member)
    const jwks = await issuer.call('GET', String(body.jwks_uri).slice(ISSUER.length))
    const keys = jwks.body.keys as Record<string, unknown>[]
    assert.ok(keys.some(({ kty, alg }) => kty === 'RSA' && alg === 'RS256'))
    for (const key of keys) for (const secret of ['d', 'p', 'q', 'k']) assert.equal(key[secret], undefined)
  })
}

// ------------------------------------------------------------------------------------------------------- RP logout

async function signedOutBy(parameters: (id: string) => Record<string, string>): Promise<Answer> {
  const bob = openBrowser(issuer)
  await bob.signIn('bob')
  const { id } = await signInBy({}, client, bob)
  const answer = await bob.open(`/oidc/logout?${new URLSearchParams(parameters(id))}`)
  const error = await errorOf({ prompt: 'none' }, bob)
  assert.equal(error, answer.status === 303 ? 'login_required' : undefined, 'signed out only by a redirect')
  return answer
}
const leadsTo = ({ status, headers }: Answer) => (status === 303 ? headers.get('location') : status)
const asks = ({ status, text }: Answer) => status === 200 && text.includes('Sign out?')

item('oidcc-rp-initiated-logout', async () => {
  const answer = await signedOutBy((id) => ({
    id_token_hint: id,
    post_logout_redirect_uri: AFTER,
    state: 's'.repeat(128),
  }))
  assert.equal(leadsTo(answer), `${AFTER}?state=${'s'.repeat(128)}`)
})
item('oidcc-rp-initiated-logout-no-state', async () => {
  assert.equal(
    leadsTo(await signedOutBy((id) => ({ id_token_hint: id, post_logout_redirect_uri: AFTER }))),
    AFTER,
  )
})
item('oidcc-rp-initiated-logout-no-post-logout-redirect-uri', async () => {
  assert.equal(leadsTo(await signedOutBy((id) => ({ id_token_hint: id, state: 's' }))), '/login')
})
item('oidcc-rp-initiated-logout-no-params', async () => assert.ok(asks(await signedOutBy(() => ({})))))
item('oidcc-rp-initiated-logout-only-state', async () =>
  assert.ok(asks(await signedOutBy(() => ({ state: 's' })))),
)
item('oidcc-rp-initiated-logout-no-id-token-hint', async () => {
  assert.equal(leadsTo(await signedOutBy(() => ({ post_logout_redirect_uri: AFTER }))), 400)
})
item('oidcc-rp-initiated-logout-bad-post-logout-redirect-uri', async () => {
  const bad = `${AFTER}/x`
  assert.equal(
    leadsTo(await signedOutBy((id) => ({ id_token_hint: id, post_logout_redirect_uri: bad }))),
    400,
  )
})
item('oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri', async () => {
  const bad = `${AFTER}?foo=bar`
  assert.equal(
    leadsTo(await signedOutBy((id) => ({ id_token_hint: id, post_logout_redirect_uri: bad }))),
    400,
  )
})
item('oidcc-rp-initiated-logout-modified-id-token-hint', async () => {
  const answer = await signedOutBy((id) => ({ id_token_hint: tampered(id), post_logout_redirect_uri: AFTER }))
  assert.equal(leadsTo(answer), 400)
})
item('oidcc-rp-initiated-logout-bad-id-token-hint', async () => {
  const answer = await signedOutBy(() => ({ id_token_hint: 'bad', post_logout_redirect_uri: AFTER }))
  assert.equal(leadsTo(answer), 400)
})

test('docs/conformance.md lists each of these, and says pass', () => {
  const page = readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([\w-]+)` \| (pass|left out)\b/gm)].map(([, name, how]) => [name, how])
  const passed = rows.filter(([, how]) => how === 'pass').map(([name]) => name)
  assert.deepEqual(passed.sort(), [...titles].sort())
})
