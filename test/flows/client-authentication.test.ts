import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type AuthOptions, type ClientAuthMethod, FIRST_PARTY, sqlite } from '../../src/index.ts'
import { handClock, ISSUER, PASSWORD, startIssuer, type TestIssuer } from './issuer.ts'
import {
  assertionClaims,
  basic,
  callAs,
  JWT_BEARER,
  newKey,
  type Proof,
  registerClient,
  signAssertion,
  type TestClient,
  type TestKey,
} from './test-clients.ts'

const METHODS: readonly ClientAuthMethod[] = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
]
/** Endpoints at which clients prove themselves, each with what it is asked. */
const ENDPOINTS: Readonly<Record<string, Record<string, string>>> = {
  '/token': { grant_type: 'client_credentials' },
  '/revoke': { token: 'unknown' },
  '/introspect': { token: 'unknown' },
}

let issuer: TestIssuer
const clients = new Map<ClientAuthMethod, TestClient>()
before(async () => {
  issuer = await startIssuer()
  for (const authMethod of METHODS) clients.set(authMethod, await registerClient(issuer, { authMethod }))
})
after(() => issuer.close())

const clientWith = (method: ClientAuthMethod): TestClient => {
  const client = clients.get(method)
  assert.ok(client !== undefined)
  return client
}

function send(path: string, { form, headers }: Partial<Proof>, more: Record<string, string> = {}) {
  return issuer.call('POST', path, {
    form: { ...ENDPOINTS[path], ...form, ...more },
    ...(headers && { headers: { ...headers } }),
  })
}

test('C8: a client proves itself by the method it is registered for, and by no other, at every endpoint', async () => {
  for (const path of Object.keys(ENDPOINTS)) {
    for (const registered of METHODS) {
      const client = clientWith(registered)
      const { id, secret } = client
      const own = await send(path, await client.proof())
      const isProof = registered !== 'none'
      const expected = isProof || path === '/revoke' ? 200 : path === '/token' ? 400 : 401
      assert.equal(own.status, expected, `${registered} at ${path}: ${own.text}`)

      const foreign: Readonly<Record<string, Proof>> = {
        none: { form: { client_id: id }, headers: {} },
        client_secret_basic: { form: {}, headers: { authorization: basic(id, secret || 'x') } },
        client_secret_post: { form: { client_id: id, client_secret: secret || 'x' }, headers: {} },
        private_key_jwt: { form: await forgedAssertion(id), headers: {} },
      }
      for (const [method, proof] of Object.entries(foreign)) {
        if (method === registered) continue
        const answer = await send(path, proof)
        assert.equal(answer.status, 401, `${registered} by ${method} at ${path}`)
        assert.equal(answer.body.error, 'invalid_client')
        assert.match(answer.headers.get('www-authenticate') ?? '', /^Basic realm=/)
        assert.equal(answer.headers.get('cache-control'), 'no-store', 'C15')
      }
    }
  }
})

async function forgedAssertion(id: string): Promise<Record<string, string>> {
  const assertion = await signAssertion(assertionClaims(id, Date.now() / 1000), await newKey())
  return { client_assertion_type: JWT_BEARER, client_assertion: assertion }
}

test('C8: wrong, empty, cut, extended and foreign secrets are refused, all with the same answer', async () => {
  const { id, secret } = clientWith('client_secret_basic')
  const other = await registerClient(issuer)
  const wrong = [
    'x',
    `${secret}x`,
    secret.slice(0, -1),
    secret.toUpperCase(),
    other.secret,
    'null',
    'undefined',
    ' ',
  ]
  const answers = new Set<string>()
  for (const path of Object.keys(ENDPOINTS)) {
    for (const bad of [...wrong, '']) {
      const answer = await send(path, { headers: { authorization: basic(id, bad) } })
      assert.equal(answer.status, 401, `${path} ${bad}`)
      answers.add(JSON.stringify({ ...answer.body, reference: '' }))
    }
    const unknown = await send(path, { headers: { authorization: basic('nobody', secret) } })
    answers.add(JSON.stringify({ ...unknown.body, reference: '', cause: '', hint: '', details: {} }))
    assert.equal(unknown.status, 401)
  }
  const told = new Set(
    [...answers]
      .map((text) => JSON.parse(text))
      .map(({ error, error_description }) => `${error} ${error_description}`),
  )
  assert.equal(told.size, 1, [...told].join())
})

test('C8: two ways in one request are refused, whether they are right or not', async () => {
  const client = clientWith('client_secret_basic')
  const { id, secret } = client
  const assertion = await forgedAssertion(id)
  const authorization = basic(id, secret)
  for (const path of Object.keys(ENDPOINTS)) {
    for (const proof of [
      { form: { client_id: id, client_secret: secret }, headers: { authorization } },
      { form: assertion, headers: { authorization } },
      { form: { ...assertion, client_id: id, client_secret: secret }, headers: {} },
      { form: { client_id: 'another' }, headers: { authorization } },
    ]) {
      const answer = await send(path, proof)
      assert.deepEqual([answer.status, answer.body.error], [400, 'invalid_request'], path)
    }
    assert.equal(
      (await send(path, { form: { client_id: id }, headers: { authorization } })).status,
      200,
      'named twice',
    )
    const twice = new URLSearchParams({ ...ENDPOINTS[path], client_id: id }).toString()
    const doubled = await issuer.call('POST', path, { form: `${twice}&client_id=${id}` })
    assert.deepEqual([doubled.status, doubled.body.error], [400, 'invalid_request'], 'C14')
  }
})

test('Basic credentials are form-decoded first, and what cannot be read is invalid_client', async () => {
  const { id, secret } = await registerClient(issuer, { id: 'a.client_with-signs' })
  const percent = (text: string) =>
    [...text].map((letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')
  const header = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
  for (const good of [
    header(`${id}:${secret}`),
    header(`${percent(id)}:${percent(secret)}`),
    header(`${id.replaceAll('-', '%2D')}:${secret.replaceAll('-', '%2D')}`),
    header(`${id}:${secret}`).replace('Basic', 'basic'),
  ]) {
    assert.equal((await send('/token', { headers: { authorization: good } })).status, 200, good)
  }
  for (const bad of [
    header(`${id}:${percent(percent(secret))}`),
    header(`${id}:%`),
    header(`${id}:%zz`),
    header(`${id}:%ff`),
    header(id),
    header(`${secret}:${id}`),
    'Basic',
    'Basic ',
    'Basic !!!',
    `Basic ${id}:${secret}`,
    `Bearer ${secret}`,
    'Digest username="x"',
    header(`${id}\0:${secret}`),
    header(`:${secret}`),
  ]) {
    const answer = await send('/token', { headers: { authorization: bad } })
    assert.deepEqual([answer.status, answer.body.error], [401, 'invalid_client'], bad)
  }
})

test('an absent or empty client is the built-in one; Swagger UI sends an empty Basic header', async () => {
  await issuer.signUp('alice')
  const form = { grant_type: 'password', username: 'alice', password: PASSWORD }
  for (const proof of [
    {},
    { headers: { authorization: basic('', '') } },
    { headers: { authorization: basic(FIRST_PARTY, '') } },
    { form: { client_id: '' } },
    { form: { client_id: FIRST_PARTY, client_secret: '' } },
  ]) {
    const answer = await issuer.call('POST', '/token', { ...proof, form: { ...form, ...proof.form } })
    assert.equal(answer.status, 200, JSON.stringify(proof))
  }
})

interface AssertionIssuer {
  readonly issuer: TestIssuer
  readonly key: TestKey
  readonly now: () => number
  /** Asks for a token with such an assertion. */
  ask(assertion: string, more?: Record<string, string>): ReturnType<TestIssuer['call']>
  claims(more?: Record<string, unknown>): Record<string, unknown>
}

async function withAssertions(options: AuthOptions = {}): Promise<AssertionIssuer> {
  const clock = handClock()
  const own = await startIssuer({ clock, ...options })
  const [key, second] = [await newKey('ES256', 'first'), await newKey('EdDSA', 'second')]
  await own.auth.clients.create({
    id: 'signer',
    name: 'Signs',
    authMethod: 'private_key_jwt',
    keys: [key.jwk, second.jwk],
  })
  const now = () => Math.floor(clock.now() / 1000)
  return {
    issuer: own,
    key,
    now,
    ask: (assertion, more) => {
      const form = { client_assertion_type: JWT_BEARER, client_assertion: assertion }
      return own.call('POST', '/token', { form: { grant_type: 'client_credentials', ...form, ...more } })
    },
    claims: (more) => ({ ...assertionClaims('signer', now()), ...more }),
  }
}

test('C9: an assertion is good once, whoever presents it, at whatever endpoint', async () => {
  const { issuer: own, key, ask, claims } = await withAssertions()
  const assertion = await signAssertion(claims(), key)
  assert.equal((await ask(assertion)).status, 200)
  assert.equal((await ask(assertion)).status, 401, 'again')
  const form = { client_assertion_type: JWT_BEARER, client_assertion: assertion, token: 'x' }
  assert.equal((await own.call('POST', '/introspect', { form })).status, 401)

  const raced = await signAssertion(claims(), key)
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(raced)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1, 'of 20 at once one')
  const same = claims()
  const [one, two] = [await signAssertion(same, key), await signAssertion({ ...same, extra: 1 }, key)]
  assert.deepEqual(
    [(await ask(one)).status, (await ask(two)).status],
    [200, 401],
    'by its jti, not by its text',
  )
  await own.close()
})

test('C9: an assertion that was refused uses its jti not up', async () => {
  const { issuer: own, key, ask, claims } = await withAssertions()
  const good = claims()
  assert.equal((await ask(await signAssertion({ ...good, aud: 'https://other.example' }, key))).status, 401)
  assert.equal((await ask(await signAssertion(good, await newKey('ES256', 'first')))).status, 401, 'forged')
  assert.equal((await ask(await signAssertion(good, key))).status, 200)
  await own.close()
})

test('C9: every claim of an assertion counts', async () => {
  const { issuer: own, key, now, ask, claims } = await withAssertions()
  const good: readonly Record<string, unknown>[] = [
    {},
    { aud: `${ISSUER}/token` },
    { aud: [ISSUER] },
    { aud: [ISSUER, `${ISSUER}/token`] },
    { exp: now() + 300 },
    { iat: undefined },
    { iat: now() + 5, nbf: now() },
  ]
  for (const more of good) {
    const answer = await ask(await signAssertion(claims(more), key))
    assert.equal(answer.status, 200, `${JSON.stringify(more)} ${answer.text}`)
  }
  const bad: readonly Record<string, unknown>[] = [
    { iss: 'another' },
    { sub: 'another' },
    { sub: undefined },
    { iss: undefined },
    { sub: ['signer'] },
    { aud: undefined },
    { aud: [] },
    { aud: 'https://other.example' },
    { aud: [ISSUER, 'https://other.example'] },
    { aud: `${ISSUER}/` },
    { aud: `${ISSUER}/introspect` },
    { aud: { 0: ISSUER } },
    { exp: undefined },
    { exp: now() - 5 },
    { exp: now() + 306 },
    { exp: String(now() + 60) },
    { exp: (now() + 60) * 1000 },
    { iat: now() + 6 },
    { nbf: now() + 6 },
    { jti: undefined },
    { jti: '' },
    { jti: 7 },
    { jti: 'x'.repeat(257) },
  ]
  for (const more of bad) {
    const answer = await ask(await signAssertion(claims(more), key))
    assert.deepEqual([answer.status, answer.body.error], [401, 'invalid_client'], JSON.stringify(more))
  }
  await own.close()
})

test('C9, A1, A7: the key is one of the registration, never one that the assertion brings', async () => {
  const { issuer: own, key, ask, claims } = await withAssertions()
  const foreign = await newKey('ES256', 'first')
  const rs = await newKey('RS256', 'first')
  const { kid: _, ...nameless } = key
  for (const [header, signer] of [
    [{ jwk: foreign.jwk }, foreign],
    [{ jku: 'https://attacker.example/jwks.json' }, foreign],
    [{ kid: 'unknown' }, key],
    [{ kid: '__proto__' }, key],
    [{ kid: 'second' }, key],
    [{}, { ...nameless, kid: undefined }],
    [{}, rs],
    [{ typ: 'at+jwt' }, key],
    [{ typ: 'dpop+jwt' }, key],
  ] as const) {
    const answer = await ask(await signAssertion(claims(), signer, header))
    assert.equal(answer.status, 401, JSON.stringify(header))
  }
  for (const typ of ['JWT', 'client-authentication+jwt']) {
    assert.equal((await ask(await signAssertion(claims(), key, { typ }))).status, 200, typ)
  }
  const parts = (await signAssertion(claims(), key)).split('.')
  const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')
  for (const text of [
    `${none}.${parts[1]}.`,
    parts.slice(0, 2).join('.'),
    `${parts.join('.')}=`,
    `${parts.join('.')}\n`,
    'x',
    'x'.repeat(8192),
    `${parts[0]}.${Buffer.from('[]').toString('base64url')}.${parts[2]}`,
  ]) {
    const { status } = await ask(text)
    assert.ok(status === 401 || status === 400, text.slice(0, 20))
  }
  const good = await signAssertion(claims(), key)
  assert.equal((await ask(good, { client_assertion_type: 'x' })).status, 400)
  assert.equal((await ask(good, { client_id: 'another' })).status, 401)
  assert.equal((await ask(good, { client_id: 'signer' })).status, 200)
  await own.close()
})

test('C9: where the store cannot say whether an assertion was used, the answer is 503', async () => {
  const store = sqlite(':memory:')
  const { issuer: own, key, ask, claims } = await withAssertions({ store })
  const take = store.oneTime.take
  Object.assign(store.oneTime, { take: () => Promise.reject(new Error('no answer')) })
  const answer = await ask(await signAssertion(claims(), key))
  assert.ok(answer.status >= 500)
  Object.assign(store.oneTime, { take })
  assert.equal((await ask(await signAssertion(claims(), key))).status, 200)
  await own.close()
})

test('a key is replaced while both are good, and the former one is refused afterwards', async () => {
  const { issuer: own, key, ask, claims } = await withAssertions()
  const next = await newKey('ES256', 'next')
  await own.auth.clients.change('signer', { keys: [key.jwk, next.jwk] })
  for (const good of [key, next]) assert.equal((await ask(await signAssertion(claims(), good))).status, 200)
  await own.auth.clients.change('signer', { keys: [next.jwk] })
  assert.equal((await ask(await signAssertion(claims(), key))).status, 401)
  assert.equal(
    (await ask(await signAssertion(claims(), next, { kid: undefined }))).status,
    200,
    'the only one',
  )
  await own.close()
})

test('B4, G-6: neither database, answer nor log holds a client secret in the clear', async () => {
  const lines: string[] = []
  const write = (facts: object, message: string) => void lines.push(`${message} ${JSON.stringify(facts)}`)
  const own = await startIssuer({ logger: { debug: write, info: write, warn: write, error: write } })
  const client = await registerClient(own)
  await callAs(own, client, '/token', ENDPOINTS['/token'] ?? {})
  await own.call('POST', '/token', {
    form: { grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret },
  })
  const listed = JSON.stringify([
    await own.auth.clients.list({ limit: 10 }),
    await own.auth.events.list({ limit: 10 }),
  ])
  assert.ok(lines.length > 0)
  assert.ok(![listed, ...lines].some((text) => text.includes(client.secret)))
  await own.close()
})
