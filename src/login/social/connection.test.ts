import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { createOutwardFetch, type OutwardFetch } from '../../base/outward-fetch.ts'
import { AuthError } from '../../errors/auth-error.ts'
import { createConnection } from './connection.ts'
import type { Provider } from './provider.ts'

const ISSUER = 'https://provider.example.com'
const ATTEMPT = { state: 'the state', nonce: 'the nonce', verifier: 'v'.repeat(43) }
const ENDPOINTS = ['token_endpoint', 'jwks_uri', 'userinfo_endpoint'] as const
const clock = { now: () => Date.now(), elapsed: () => performance.now() }
const INSIDE = [
  'https://127.0.0.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://10.0.0.1:8443/token',
  'https://[::1]/',
  'https://[::ffff:169.254.169.254]/',
  'https://2130706433/',
  'https://localhost/',
  'http://provider.example.com/token',
  'http://127.0.0.1:6379/',
  'file:///etc/passwd',
]

const provider = {
  ...{ id: 'work', name: 'Work', clientId: 'us', proof: { way: 'post', secret: 'a secret' } },
  ...{ scopes: ['openid'], parameters: {}, anew: {}, trustsEmail: false, trustsRecency: false },
  ...{ keepsTokens: false, isPrivate: false },
  protocol: { kind: 'openid', issuer: ISSUER, idTokenAlgorithm: 'ES256' },
} as const satisfies Provider

let keys: Awaited<ReturnType<typeof generateKeyPair>>
before(async () => {
  keys = await generateKeyPair('ES256', { extractable: true })
})

/** A provider that everybody can reach, but for what the metadata names elsewhere: that is asked for in earnest. */
async function answers(elsewhere: Readonly<Record<string, string>>) {
  const asked: string[] = []
  const outward = createOutwardFetch({ anywhere: false, limitMilliseconds: 1000 })
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: ISSUER, aud: 'us', sub: 'someone', nonce: ATTEMPT.nonce, iat: now, exp: now + 60 }
  const header = { alg: 'ES256', kid: 'one' }
  const pages: Readonly<Record<string, unknown>> = {
    '/.well-known/openid-configuration': {
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/authorize`,
      token_endpoint: `${ISSUER}/token`,
      jwks_uri: `${ISSUER}/keys`,
      userinfo_endpoint: `${ISSUER}/me`,
      ...elsewhere,
    },
    '/token': {
      access_token: 'x',
      token_type: 'Bearer',
      id_token: await new SignJWT(claims).setProtectedHeader(header).sign(keys.privateKey),
    },
    '/keys': { keys: [{ ...(await exportJWK(keys.publicKey)), ...header, use: 'sig' }] },
    '/me': { sub: 'someone', email: 'someone@example.com' },
  }
  const fetch: OutwardFetch = async (url, request) => {
    asked.push(url)
    const { origin, pathname } = new URL(url)
    return origin === ISSUER ? Response.json(pages[pathname]) : outward(url, request)
  }
  const connection = createConnection({
    ...{ provider, redirectUri: 'https://here.example.com/cb', fetch, allowsHttp: false, clock },
  })
  const answer = new URLSearchParams({ code: 'c', state: ATTEMPT.state })
  return { asked, complete: () => connection.complete(answer, ATTEMPT) }
}

test('D5: each thing that a sign-in asks goes through the fetch that asks nothing inside', async (t) => {
  t.mock.method(globalThis, 'fetch', () => assert.fail('another fetch was used'))
  const { asked, complete } = await answers({})
  assert.equal((await complete()).person.email, 'someone@example.com')
  const paths = asked.map((url) => new URL(url).pathname)
  assert.deepEqual(paths, ['/.well-known/openid-configuration', '/token', '/keys', '/me'])
})

test('D5: metadata that names an address inside leads nobody there, whichever endpoint it is of', async () => {
  for (const endpoint of ENDPOINTS) {
    for (const inside of INSIDE) {
      const { complete } = await answers({ [endpoint]: inside })
      await assert.rejects(complete(), (error) => {
        assert.ok(error instanceof AuthError, `${endpoint} ${inside}: ${error}`)
        assert.match(error.code, /^PROVIDER_(UNAVAILABLE|ANSWER_REFUSED)$/, `${endpoint} ${inside}`)
        assert.doesNotMatch(
          JSON.stringify(error.refusal.details),
          /169\.254|6379|passwd/,
          'nor is it repeated',
        )
        return true
      })
    }
  }
})
