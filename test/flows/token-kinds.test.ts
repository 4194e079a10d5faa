import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { encodeBase64Url } from '../../src/base/base64url.ts'
import { guardedClock } from '../../src/base/clock.ts'
import { routes } from '../../src/endpoints/routes.ts'
import { createKeyRing } from '../../src/keys/key-ring.ts'
import { createSecretKeys } from '../../src/keys/secret-keys.ts'
import type { Signer } from '../../src/keys/signing-key.ts'
import { Access } from '../../src/model/access.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { createRefreshTokens } from '../../src/tokens/refresh-token.ts'
import { claimsOf, ISSUER, PASSWORD, SECRET_KEY, tokensOf } from './issuer.ts'
import { startTableIssuer, type TableIssuer } from './table-issuer.ts'

let table: TableIssuer
let key: Signer
before(async () => {
  table = await startTableIssuer()
  // The issuer's own key, so that the signature is never what is wrong.
  const store = createSqliteStore(table.path)
  const clock = guardedClock()
  await store.open({ clock, migrate: false })
  const ring = createKeyRing({
    store: store.keys,
    secretKeys: createSecretKeys([SECRET_KEY]),
    signingSecrets: undefined,
    clock,
    maxStalenessMilliseconds: 60_000,
    onChange() {},
  })
  await ring.load()
  key = ring.signingKey()
  await store.close()
})
after(() => table.close())

const signIn = async () => tokensOf(await table.issuer.signIn('root'))

function sign(header: object, claims: object): string {
  const input = [header, claims].map((part) => encodeBase64Url(JSON.stringify(part))).join('.')
  return `${input}.${encodeBase64Url(key.sign(input))}`
}

/** A token of ours with another header or other claims, genuinely signed. */
function variant(access: string, claims: object, header: object = {}): string {
  return sign(
    { alg: key.algorithm, typ: 'at+jwt', kid: key.kid, ...header },
    { ...claimsOf(access), ...claims },
  )
}

test('A8: the type of a token decides where it works: a cross-table of every kind at every guarded route', async () => {
  const { access, refresh } = await signIn()
  const kinds: readonly (readonly [name: string, token: string, works: boolean])[] = [
    ['an access token', access, true],
    ['the same, signed again', variant(access, {}), true],
    ['the long form of its type', variant(access, {}, { typ: 'application/at+jwt' }), true],
    ['the type in capitals', variant(access, {}, { typ: 'AT+JWT' }), true],
    ['no type', variant(access, {}, { typ: undefined }), false],
    ['JWT', variant(access, {}, { typ: 'JWT' }), false],
    ['an ID token', variant(access, { nonce: 'n', at_hash: 'x' }, { typ: 'JWT' }), false],
    ['a logout token', variant(access, { events: {} }, { typ: 'logout+jwt' }), false],
    ['a DPoP proof', variant(access, { htm: 'GET', htu: ISSUER }, { typ: 'dpop+jwt' }), false],
    ['a security event', variant(access, {}, { typ: 'secevent+jwt' }), false],
    ['a client assertion', variant(access, {}, { typ: 'client-authentication+jwt' }), false],
    ['a token with a suffix', variant(access, {}, { typ: 'at+jwt2' }), false],
    ['a list of types', variant(access, {}, { typ: ['at+jwt'] }), false],
    ['a token that is bound to a key', variant(access, { cnf: { jkt: 'x' } }), false],
    ['a refresh token', refresh, false],
  ]
  const guarded = routes.filter(({ access: word, method }) => Access.requirementOf(word) && method === 'GET')
  assert.ok(guarded.length >= 3)
  for (const route of guarded) {
    for (const [name, token, works] of kinds) {
      const { status, text } = await table.send(route, 'query', '', { token })
      assert.equal(status === 401, !works, `${name} at ${route.path}: ${text}`)
    }
  }
})

test('A8: only a refresh token refreshes, and an access token in its place ends nothing', async () => {
  const { access, refresh } = await signIn()
  for (const token of [
    access,
    variant(access, {}, { typ: 'JWT' }),
    variant(access, {}, { typ: 'refresh+jwt' }),
  ]) {
    const json = { refresh_token: token }
    assert.equal((await table.issuer.call('POST', '/refresh', { json })).status, 400)
    const form = { grant_type: 'refresh_token', refresh_token: token }
    assert.equal((await table.issuer.call('POST', '/token', { form })).body.error, 'invalid_grant')
    assert.equal((await table.issuer.call('POST', '/logout', { json })).status, 204)
    assert.equal(
      (await table.issuer.call('POST', '/logout', { token: variant(access, {}, { typ: 'JWT' }) })).status,
      204,
    )
  }
  assert.equal((await table.issuer.me(access)).status, 200)
  assert.equal((await table.issuer.refresh(refresh)).status, 200)
})

test('A11: exp, iat, sub, jti and client_id are there and of the right type, or the token is refused', async () => {
  const { access } = await signIn()
  for (const claim of ['exp', 'iat', 'sub', 'jti', 'client_id', 'iss', 'aud']) {
    const isTime = claim === 'exp' || claim === 'iat'
    const wrong = [
      undefined,
      null,
      true,
      {},
      [],
      isTime ? String(claimsOf(access)[claim]) : 7,
      isTime ? -1 : '',
    ]
    for (const value of wrong) {
      const { status } = await table.issuer.me(variant(access, { [claim]: value }))
      assert.equal(status, 401, `${claim} ${JSON.stringify(value)}`)
    }
  }
})

test('A11: exp and nbf are judged to the second with a tolerance of 5 s, and a start in the future is refused', async () => {
  const { access } = await signIn()
  const now = Math.floor(Date.now() / 1000)
  for (const [claims, status] of [
    [{ exp: now + 60, iat: now }, 200],
    [{ exp: now - 60, iat: now - 120 }, 401],
    [{ exp: now - 10, iat: now - 120 }, 401],
    [{ nbf: now - 1 }, 200],
    [{ nbf: now + 60 }, 401],
    [{ iat: now + 60, exp: now + 120 }, 401],
    [{ exp: now + 86_400, iat: now }, 401],
    [{ nbf: String(now) }, 401],
    [{ nbf: null }, 401],
  ] as const) {
    assert.equal((await table.issuer.me(variant(access, claims))).status, status, JSON.stringify(claims))
  }
})

test('B4: what the database holds does not make a refresh token, not even together with the secret key', async () => {
  const { access, refresh } = await signIn()
  const session = String(claimsOf(access).sid)
  const [row] = (table.rows().cs_sessions ?? []).filter((one) =>
    Object.values(one as object).includes(session),
  ) as Record<string, unknown>[]
  assert.ok(row)
  const tokens = createRefreshTokens(ISSUER, createSecretKeys([SECRET_KEY]))
  const genuine = tokens.read(refresh)
  assert.ok('sessionSecret' in genuine)
  assert.ok(!JSON.stringify(table.rows()).includes(Buffer.from(genuine.sessionSecret).toString('base64url')))
  assert.equal(genuine.sessionSecret.byteLength >= 16, true, '128 random bits or more')

  // A thief who has both writes tokens with a good MAC out of everything that the row holds.
  const stolen = Object.values(row).flatMap((value) => {
    const bytes =
      typeof value === 'string'
        ? Buffer.from(value, 'base64url')
        : value instanceof Uint8Array
          ? value
          : undefined
    return bytes === undefined ? [] : [bytes.subarray(0, genuine.sessionSecret.byteLength)]
  })
  for (const bytes of stolen.filter(({ byteLength }) => byteLength === genuine.sessionSecret.byteLength)) {
    for (const generation of [0, 1, 2]) {
      const forged = tokens.write({ ...genuine, generation, sessionSecret: new Uint8Array(bytes) })
      assert.equal((await table.issuer.refresh(forged)).body.error, 'invalid_grant')
    }
  }
  assert.ok(stolen.length > 3)
  assert.equal((await table.issuer.refresh(refresh)).status, 200, 'and the session lives on')
})

test('B4: a refresh token works for its own session and user only, and scope only shrinks', async () => {
  const json = { email: 'bob@example.com', username: 'bob', password: PASSWORD }
  await table.issuer.call('POST', '/register', { json })
  const bob = tokensOf(await table.issuer.signIn('bob'))
  const root = await signIn()
  const tokens = createRefreshTokens(ISSUER, createSecretKeys([SECRET_KEY]))
  const [mine, other] = [tokens.read(bob.refresh), tokens.read(root.refresh)]
  assert.ok('sessionSecret' in mine && 'sessionSecret' in other)
  for (const swapped of [
    { ...mine, userId: other.userId },
    { ...mine, sessionId: other.sessionId },
    { ...mine, userId: other.userId, sessionId: other.sessionId },
    { ...mine, sessionSecret: other.sessionSecret },
  ]) {
    assert.equal((await table.issuer.refresh(tokens.write(swapped))).body.error, 'invalid_grant')
  }
  const narrow = await table.issuer.signIn('root', { scope: 'profile:read' })
  const refresh_token = String(narrow.body.refresh_token)
  const wider = { refresh_token, scope: 'profile:read admin:dashboard' }
  const refreshed = await table.issuer.call('POST', '/refresh', { json: wider })
  assert.ok(!String(refreshed.body.scope ?? '').includes('admin'), refreshed.text)
  assert.equal((await table.issuer.refresh(bob.refresh)).status, 200)
})

test('F-8: a credential in the address is refused at every guarded route, also beside a good one', async () => {
  const { access } = await signIn()
  for (const route of routes.filter(({ access: word }) => Access.requirementOf(word))) {
    for (const name of ['access_token', 'token']) {
      const { status } = await table.send(route, 'query', `?${name}=${access}`)
      assert.equal(status, 401, `${route.method} ${route.path} ${name}`)
    }
    const beside = await table.send(route, 'query', `?access_token=${access}`, { token: access })
    assert.equal(beside.status, 401, `${route.method} ${route.path}`)
  }
})

test('F-9: two Authorization fields are refused at every guarded route', async () => {
  const { access } = await signIn()
  for (const route of routes.filter(({ access: word }) => Access.requirementOf(word))) {
    for (const second of [`Bearer ${access}`, 'Bearer x', 'Basic cm9vdDpyb290']) {
      const headers = new Headers([
        ['authorization', `Bearer ${access}`],
        ['authorization', second],
      ])
      const address = ISSUER + route.path.replaceAll(/\{\w+\}/g, 'x')
      const { status } = await table.issuer.auth.fetch(
        new Request(address, { method: route.method, headers }),
      )
      assert.equal(status, 401, `${route.method} ${route.path} ${second}`)
    }
  }
})
