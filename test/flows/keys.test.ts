import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type AuthOptions, createAuth } from '../../src/index.ts'
import type { KeyReport } from '../../src/keys/key-management.ts'
import { claimsOf, handClock, startIssuer, type TestIssuer } from './issuer.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-keys-'))
})
after(() => rmSync(folder, { recursive: true }))

let databases = 0
/** Two nodes of one issuer: one database, one clock, announcements many times a second. */
async function startPair(options: AuthOptions = {}) {
  databases += 1
  const clock = handClock()
  const shared = {
    databaseUrl: `sqlite:${join(folder, `${databases}.db`)}`,
    keyTimes: { announcingMilliseconds: 10 },
    clock,
    ...options,
  }
  const a = await startIssuer(shared)
  const b = await startIssuer(shared)
  return { a, b, clock, shared, close: () => Promise.all([a.close(), b.close()]) }
}

const NOBODY = '00000000-0000-4000-8000-000000000000'
/** Has nodes ask the database now instead of in two seconds; answers when they are ready for requests again. */
async function hear(...issuers: readonly TestIssuer[]): Promise<void> {
  for (const { auth } of issuers) await auth.sessions.endAll(NOBODY)
}

/** The report of the first node, as soon as it says so. */
async function reported(
  issuers: TestIssuer | readonly [TestIssuer, ...TestIssuer[]],
  says: (report: KeyReport) => boolean,
): Promise<KeyReport> {
  const all = Array.isArray(issuers) ? issuers : [issuers]
  for (let tries = 0; tries < 1000; tries++) {
    await hear(...all)
    const report = await all[0].auth.keys.list()
    if (says(report)) return report
    await wait(10)
  }
  throw new Error(`not reached: ${JSON.stringify(await all[0].auth.keys.list())}`)
}
/** The phases of the keys of a use, in alphabetical order. */
const phases = ({ keys }: KeyReport, use = 'access') =>
  keys
    .filter((key) => key.use === use)
    .map(({ phase }) => phase)
    .sort()
    .join(' ')
const isPublished = (report: KeyReport) =>
  report.keys.some(({ phase, next }) => phase === 'next' && next?.at !== undefined)

const headerOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())
const jwksOf = (issuer: TestIssuer) => issuer.call('GET', '/.well-known/jwks.json')
/** The published keys for access tokens. */
async function kidsOf(issuer: TestIssuer): Promise<string[]> {
  const [{ body }, { keys }] = await Promise.all([jwksOf(issuer), issuer.auth.keys.list()])
  const ids = new Set(keys.filter(({ use }) => use === 'id').map(({ kid }) => kid))
  return (body.keys as { kid: string }[]).map(({ kid }) => kid).filter((kid) => !ids.has(kid))
}
const newSecret = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
const secondsFrom = (time: unknown, from: number) => (Date.parse(String(time)) - from) / 1000

test('G-13: a rotation takes its steps in time, on every node, and refuses no token', async () => {
  const { a, b, clock, close } = await startPair()
  const first = await a.signUp('alice')
  const { kid: old } = headerOf(first.access)
  const next = await a.auth.keys.rotate()
  assert.equal(next.phase, 'next')
  assert.notEqual(next.kid, old)

  await assert.rejects(a.auth.keys.rotate(), { code: 'KEY_STEP_EARLY' }, 'the other node may not know it')
  const published = await reported([b, a], isPublished)
  const at = published.keys.find(({ kid }) => kid === next.kid)?.next?.at ?? 0
  assert.equal(at - clock.now(), 11 * MINUTE, 'two cache lives of 5 minutes, and one')
  assert.deepEqual((await kidsOf(a)).sort(), [old, next.kid].sort())
  assert.equal((await jwksOf(a)).text, (await jwksOf(b)).text, 'byte for byte')
  assert.equal((await jwksOf(a)).headers.get('etag'), (await jwksOf(b)).headers.get('etag'))

  clock.advance(11 * MINUTE - 1)
  const error = await a.auth.keys.rotate().catch((thrown) => thrown)
  assert.equal(error.code, 'KEY_STEP_EARLY')
  assert.equal(secondsFrom(error.refusal.details.allowed_at, clock.now()), 0.001, 'and says from when')
  await hear(a, b)
  const second = await a.refresh(first.refresh)
  assert.equal(headerOf(String(second.body.access_token)).kid, old, 'a key that is next signs nothing')

  clock.advance(1)
  await reported([a, b], (report) => phases(report) === 'active retiring')
  await reported([b, a], (report) => report.nodes.every(({ ringVersion }) => ringVersion === report.version))
  for (const issuer of [a, b]) {
    assert.equal((await issuer.me(first.access)).status, 200, 'what the former key signed is good')
    const refreshed = await issuer.refresh(String(second.body.refresh_token))
    assert.equal(headerOf(String(refreshed.body.access_token)).kid, next.kid)
    for (const other of [a, b])
      assert.equal((await other.me(String(refreshed.body.access_token))).status, 200)
  }
  await assert.rejects(a.auth.keys.retire(old), { code: 'KEY_STEP_EARLY' })
  await assert.rejects(a.auth.keys.retire(next.kid), { code: 'REQUEST_INVALID' }, 'it signs')

  clock.advance(900_000 + 425_000 - 1)
  await a.call('GET', '/readyz')
  assert.ok((await kidsOf(a)).includes(old), 'kept until the last token has ended everywhere')
  clock.advance(1)
  await reported(a, (report) => phases(report) === 'active')
  assert.deepEqual(await kidsOf(a), [next.kid])
  const events = (await a.auth.events.list({ limit: 20 })).filter(({ data }) => data?.use !== 'id')
  assert.deepEqual(
    events.map(({ name }) => name).filter((name) => name.startsWith('key.')),
    ['key.changed', 'key.changed', 'key.changed', 'key.created', 'key.created'],
  )
  await close()
})

test('a key that comes of age gets a successor by itself, on whichever node is first', async () => {
  const { a, b, clock, close } = await startPair({ keyRotationDays: 1 })
  assert.equal(phases(await a.auth.keys.list()), 'active')
  clock.advance(DAY)
  await reported([b, a], (report) => phases(report) === 'active next' && isPublished(report))
  clock.advance(11 * MINUTE)
  await reported(a, (report) => phases(report) === 'active retiring')
  await close()
})

test('A3, A16: the keys for ID tokens are made in the background, published, and sign no access token', async () => {
  const { a, b, close } = await startPair()
  const { access } = await a.signUp('alice')
  const report = await reported(b, (now) => phases(now, 'id') === 'active active')
  const id = report.keys.find(({ use, algorithm }) => use === 'id' && algorithm === 'RS256')
  const { keys } = await b.auth.keys.publicKeys()
  const jwk = keys.find(({ kid }) => kid === id?.kid)
  assert.deepEqual([jwk?.alg, jwk?.use, jwk?.kty], ['RS256', 'sig', 'RSA'])
  const place = keys.findIndex(({ kid }) => kid === id?.kid)
  assert.ok(
    place >= keys.length - 2,
    'with that of ES256 behind those for access tokens, for verifiers that try one after the other',
  )
  assert.equal(headerOf(access).alg, 'ES256')
  await close()
})

test('ID tokens have a key for each algorithm, and each is rotated, brought along and withdrawn by itself', async () => {
  const { a, b, clock, close } = await startPair()
  await reported(a, (report) => phases(report, 'id') === 'active active')
  const idKeys = ({ keys }: KeyReport) => keys.filter(({ use }) => use === 'id')
  const signing = async () =>
    idKeys(await a.auth.keys.list())
      .filter(({ phase }) => phase === 'active')
      .toSorted((one, other) => one.algorithm.localeCompare(other.algorithm))
  const [es] = await signing()
  const next = await a.auth.keys.rotate({ use: 'id', algorithm: 'ES256' })
  assert.deepEqual([next.algorithm, next.phase], ['ES256', 'next'])
  const other = await a.auth.keys.rotate({ use: 'id' })
  assert.deepEqual([other.algorithm, other.phase], ['RS256', 'next'])
  await assert.rejects(a.auth.keys.rotate({ algorithm: 'RS256' }), { code: 'REQUEST_INVALID' })
  const edDsa = { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), alg: 'EdDSA' }
  const no = { code: 'REQUEST_INVALID' }
  await assert.rejects(a.auth.keys.import(edDsa, { use: 'id' }), no, 'no client is registered for it')
  await reported([a, b], (report) =>
    idKeys(report).every(({ phase, next: step }) => phase !== 'next' || step?.at !== undefined),
  )
  clock.advance(11 * MINUTE)
  await reported(a, (report) => phases(report, 'id') === 'active active retiring retiring')
  assert.deepEqual(
    (await signing()).map(({ kid }) => kid),
    [next.kid, other.kid],
  )
  await a.auth.keys.revoke(next.kid)
  const [afterRevoke, untouched] = await signing()
  assert.deepEqual([afterRevoke?.algorithm, untouched?.kid], ['ES256', other.kid])
  assert.ok(afterRevoke?.kid !== next.kid && afterRevoke?.kid !== es?.kid)
  await a.auth.keys.rotate({ use: 'id', now: true })
  const all = await signing()
  assert.deepEqual(
    all.map(({ algorithm }) => algorithm),
    ['ES256', 'RS256'],
  )
  assert.ok(all.every(({ kid }) => kid !== afterRevoke?.kid && kid !== other.kid))
  await close()
})

test('PROTOCOL 2.7: rotate now refuses what the key signed, here at once and elsewhere in the bound; nobody is signed out', async () => {
  const { a, b, close } = await startPair()
  const tokens = await a.signUp('alice')
  const old = headerOf(tokens.access).kid
  for (let times = 0; times < 3; times++) assert.equal((await b.me(tokens.access)).status, 200, 'remembered')
  const signing = await a.auth.keys.rotate({ now: true }, { actor: { kind: 'operator' } })
  assert.equal(signing.phase, 'active')
  const refused = await a.me(tokens.access)
  assert.deepEqual([refused.status, refused.body.cause], [401, 'SIGNING_KEY_REVOKED'])
  await hear(b)
  assert.equal((await b.me(tokens.access)).body.cause, 'SIGNING_KEY_REVOKED')
  assert.ok(!(await kidsOf(b)).includes(old))
  const refreshed = await b.refresh(tokens.refresh)
  assert.equal(refreshed.status, 200)
  assert.equal((await a.me(String(refreshed.body.access_token))).status, 200)
  const [event] = await a.auth.events.list({ name: 'key.revoked', limit: 1 })
  assert.deepEqual([event?.origin.actor.kind, event?.data?.kids], ['operator', old])
  const revoked = (await a.auth.keys.list()).keys.find(({ kid }) => kid === old)
  assert.deepEqual([revoked?.phase, revoked?.secretKey], ['revoked', undefined], 'its private half is erased')
  await close()
})

test('revoke: a key that does not sign goes alone; the one that signs has a successor in the same moment', async () => {
  const { a, close } = await startPair()
  const next = await a.auth.keys.rotate()
  await a.auth.keys.revoke(next.kid)
  const tokens = await a.signUp('alice')
  assert.equal((await a.me(tokens.access)).status, 200)
  await a.auth.keys.revoke(headerOf(tokens.access).kid)
  assert.equal((await a.me(tokens.access)).body.cause, 'SIGNING_KEY_REVOKED')
  assert.equal((await a.me(String((await a.refresh(tokens.refresh)).body.access_token))).status, 200)
  for (const kid of ['unknown', '__proto__', '', "' OR 1=1"]) {
    await assert.rejects(a.auth.keys.revoke(kid), { code: 'NOT_FOUND' })
    await assert.rejects(a.auth.keys.retire(kid), { code: 'NOT_FOUND' })
  }
  await close()
})

test('a node that has not heard of the ring for too long neither signs nor shows keys, and comes back by itself', async () => {
  const clock = handClock()
  const issuer = await startIssuer({ clock, maxStalenessSeconds: 5 })
  const tokens = await issuer.signUp('alice')
  const { auth } = issuer
  // The process was stopped for a while, and the database does not answer when it wakes.
  await auth.keys.list()
  clock.advance(5001)
  assert.equal((await jwksOf(issuer)).status, 200, 'it asks first')
  await auth.close()
  clock.advance(5001)
  assert.equal((await jwksOf(issuer)).status, 503)
  assert.equal((await issuer.refresh(tokens.refresh)).status, 503)
})

test('the key set says how long it may be kept, and is not sent twice', async () => {
  const issuer = await startIssuer()
  const { headers, text } = await jwksOf(issuer)
  assert.equal(headers.get('cache-control'), 'public, max-age=300, stale-if-error=3600')
  const etag = headers.get('etag') ?? ''
  assert.match(etag, /^"[\w-]{43}"$/)
  const ask = (field: string) =>
    issuer.call('GET', '/.well-known/jwks.json', { headers: { 'if-none-match': field } })
  for (const field of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const answer = await ask(field)
    assert.deepEqual([answer.status, answer.text, answer.headers.get('etag')], [304, '', etag], field)
    assert.equal(answer.headers.get('cache-control'), headers.get('cache-control'))
  }
  for (const field of ['"other"', etag.slice(1, -1), '']) {
    const answer = await ask(field)
    assert.deepEqual([answer.status, answer.text], [200, text], field)
  }
  await issuer.auth.keys.rotate({ now: true })
  assert.equal((await ask(etag)).status, 200, 'another set has another name')
  await issuer.close()
})

test('every algorithm signs, is checked, and is published by its own name', async () => {
  for (const jwtAlgorithm of ['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256'] as const) {
    // Keys for ID tokens come after ten seconds, which a busy machine may take to make the one of RSA.
    const keyTimes = { announcingMilliseconds: DAY }
    const issuer = await startIssuer({ jwtAlgorithm, keyTimes })
    const { access } = await issuer.signUp('alice')
    const { alg, kid } = headerOf(access)
    assert.equal(alg, jwtAlgorithm)
    assert.equal((await issuer.me(access)).status, 200)
    const { keys } = await issuer.auth.keys.publicKeys()
    assert.deepEqual(
      keys.map((key) => [key.kid, key.alg]),
      [[kid, jwtAlgorithm]],
    )
    await issuer.close()
  }
})

test('another JWT_ALGORITHM is a rotation like any other', async () => {
  const { a, b, clock, shared, close } = await startPair()
  const { access } = await a.signUp('alice')
  await close()
  const moved = await startIssuer({ ...shared, jwtAlgorithm: 'EdDSA' })
  await reported(moved, (report) => phases(report) === 'active next' && isPublished(report))
  clock.advance(11 * MINUTE)
  await reported(moved, (report) => phases(report) === 'active retiring')
  assert.equal((await moved.me(access)).status, 200)
  const { body } = await moved.signIn('alice')
  assert.equal(headerOf(String(body.access_token)).alg, 'EdDSA')
  await moved.close()
  assert.ok(b)
})

test('HS256: a secret of its own signs, is never published, and its kid tells nothing', async () => {
  const secretKey = newSecret()
  for (const jwtSecret of [undefined, newSecret()]) {
    const issuer = await startIssuer({ jwtAlgorithm: 'HS256', secretKey, ...(jwtSecret && { jwtSecret }) })
    const { access } = await issuer.signUp('alice')
    const { alg, kid } = headerOf(access)
    assert.equal(alg, 'HS256')
    assert.match(kid, /^hs-[0-9a-f]{8}$/)
    assert.equal((await issuer.me(access)).status, 200)
    const exported = await issuer.auth.keys.exportSecret()
    assert.equal(exported.kid, kid)
    assert.equal(exported.secret === jwtSecret, jwtSecret !== undefined)
    assert.notEqual(exported.secret, secretKey)
    const text = (await jwksOf(issuer)).text
    assert.ok(!text.includes('oct') && !text.includes(exported.secret) && !text.includes(kid), text)
    assert.deepEqual(
      (await issuer.auth.keys.list()).keys.map((key) => [key.kid, key.phase]),
      [[kid, 'active']],
    )
    await assert.rejects(issuer.auth.keys.rotate(), { code: 'REQUEST_INVALID' })
    await issuer.close()
  }
  const issuer = await startIssuer({ secretKey })
  await assert.rejects(
    issuer.auth.keys.exportSecret(),
    { code: 'REQUEST_INVALID' },
    'private keys never leave',
  )
  await issuer.close()
})

test('A15: a bad JWT_SECRET stops the start: empty, short, published, of words, repeated, out of SECRET_KEY', async () => {
  const good = newSecret()
  const bad = [
    '',
    ' ',
    'secret',
    'changeme',
    'your-256-bit-secret',
    'a-string-secret-at-least-256-bits-long',
    'x'.repeat(64),
    '0'.repeat(64),
    '0123456789abcdef'.repeat(4),
    'password'.repeat(8),
    good.slice(0, 42),
    `${good}=`,
    `"${good}"`,
    Buffer.from('correct horse battery staple and more').toString('base64url'),
    'qwertyuiop'.repeat(5),
    good.toLowerCase().replaceAll(/[-_]/g, 'a').slice(0, 20),
    `${good},${good}`,
    `${good},secret`,
    '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
    'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ',
  ]
  for (const jwtSecret of bad) {
    await assert.rejects(startIssuer({ jwtAlgorithm: 'HS256', jwtSecret }), /jwtSecret|JWT_SECRET/, jwtSecret)
  }
  await assert.rejects(startIssuer({ jwtAlgorithm: 'HS256', secretKey: good, jwtSecret: good }), /SECRET_KEY/)
  await assert.rejects(startIssuer({ jwtAlgorithm: 'ES256', jwtSecret: good }), /only for HS256/)
})

test('HS256: a changed list reaches the nodes one by one and refuses nothing', async () => {
  const [old, fresh] = [newSecret(), newSecret()]
  const options = { jwtAlgorithm: 'HS256', jwtSecret: old } as const
  const { a, b, shared, close } = await startPair(options)
  const first = await a.signUp('alice')
  await a.close()
  const changed = await startIssuer({ ...shared, jwtSecret: [fresh, old] })
  const mixed = await changed.refresh(first.refresh)
  assert.equal((await b.me(String(mixed.body.access_token))).status, 200, 'the former secret goes on signing')
  assert.equal((await changed.me(first.access)).status, 200)
  await b.close()
  const last = await startIssuer({ ...shared, jwtSecret: [fresh, old] })
  const moved = await reported(changed, (report) => phases(report) === 'active retiring')
  const { body } = await changed.refresh(String(mixed.body.refresh_token))
  assert.equal(headerOf(String(body.access_token)).kid, moved.keys[0]?.kid)
  for (const token of [first.access, String(mixed.body.access_token), String(body.access_token)]) {
    assert.equal((await last.me(token)).status, 200)
  }
  await Promise.all([changed.close(), last.close(), close()])
})

test('G-13: a mixed deploy of SECRET_KEY refuses nothing and can be rolled back; then keys are encrypted anew', async () => {
  const [old, fresh] = [newSecret(), newSecret()]
  const { a, b, shared } = await startPair({ secretKey: old })
  const tokens = await a.signUp('alice')
  const [former] = (await a.auth.keys.list()).keys
  await a.close()
  // One node has the new list, the other not yet.
  const changed = await startIssuer({ ...shared, secretKey: [fresh, old] })
  let refreshToken = tokens.refresh
  for (const issuer of [changed, b, changed, b]) {
    const { status, body, text } = await issuer.refresh(refreshToken)
    assert.equal(status, 200, text)
    refreshToken = String(body.refresh_token)
    for (const other of [changed, b]) assert.equal((await other.me(String(body.access_token))).status, 200)
  }
  const underOld = ({ keys }: KeyReport) => keys.every(({ secretKey }) => secretKey === former?.secretKey)
  assert.ok(underOld(await changed.auth.keys.list()))
  // Rolled back.
  await changed.close()
  const back = await startIssuer({ ...shared, secretKey: old })
  assert.equal((await back.refresh(refreshToken)).status, 200)
  await back.close()
  await b.close()
  // Deployed everywhere.
  const done = await startIssuer({ ...shared, secretKey: [fresh, old] })
  const resealed = await reported(done, (report) => !underOld(report))
  assert.equal(new Set(resealed.keys.map(({ secretKey }) => secretKey)).size, 1)
  const [event] = await done.auth.events.list({ name: 'key.reencrypted', limit: 1 })
  assert.equal(event?.data?.secret_key, resealed.keys[0]?.secretKey)
  await done.close()
  await assert.rejects(
    startIssuer({ ...shared, secretKey: old }),
    (error: Error & { refusal?: { details: object } }) => {
      assert.match(error.message, /SECRET_KEY_IN_USE: .*Put the missing key back behind the new one/)
      assert.match(JSON.stringify(error.refusal?.details), /named \d+ times/)
      return true
    },
  )
})

test('the start proves that every live key decrypts, and otherwise says what to do', async () => {
  const { a, b, shared, close } = await startPair()
  await a.signUp('alice')
  const { store } = await import('../../src/store/sqlite/index.ts').then(({ sqlite }) => ({
    store: sqlite(String(shared.databaseUrl).replace('sqlite:', '')),
  }))
  await close()
  await store.open({ clock: shared.clock, migrate: false })
  const { version, keys } = await store.keys.ring()
  const damaged = keys.map((key) => ({ ...key, sealed: `${key.sealed.slice(0, -8)}AAAAAAAA` }))
  const origin = { actor: { kind: 'system' } } as const
  await store.keys.replace(version, damaged, { name: 'key.changed', origin })
  await store.close()
  await assert.rejects(startIssuer(shared), /SIGNING_KEY_UNREADABLE/)
  assert.ok(b)
})

test('an imported key waits like any other; weak, doubled and half keys are refused', async () => {
  const { a, b, clock, close } = await startPair()
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
  ])
  const jwk = {
    ...(await crypto.subtle.exportKey('jwk', privateKey)),
    alg: 'ES256',
    key_ops: undefined,
    ext: undefined,
  }
  const { d, ...half } = jwk
  const noes = [
    undefined,
    'x',
    {},
    half,
    { ...jwk, alg: 'HS256' },
    { ...jwk, alg: 'RS256' },
    { ...jwk, alg: undefined },
    { ...jwk, use: 'enc' },
  ]
  for (const no of noes) await assert.rejects(a.auth.keys.import(no), { code: 'JWK_REFUSED' })
  await assert.rejects(a.auth.keys.import({ ...jwk, kid: 'no\nline' }), { code: 'REQUEST_INVALID' })
  const imported = await a.auth.keys.import({ ...jwk, kid: 'from-before' })
  assert.deepEqual([imported.kid, imported.phase], ['from-before', 'next'])
  await assert.rejects(a.auth.keys.import({ ...jwk, kid: 'from-before' }), { code: 'REQUEST_INVALID' })
  await assert.rejects(a.auth.keys.import(jwk), { code: 'REQUEST_INVALID' }, 'one next key at a time')
  await reported([a, b], isPublished)
  clock.advance(11 * MINUTE)
  await reported(a, (report) => phases(report) === 'active retiring')
  const { access } = await a.signUp('alice')
  assert.equal(headerOf(access).kid, 'from-before')
  assert.equal((await a.me(access)).status, 200)
  assert.ok(d)
  await close()
})

test('G-17: /readyz shows what nodes must agree on, in development and to whoever looks after keys', async () => {
  const { a, b, close } = await startPair()
  await a.signUp('alice')
  await reported([a, b], (report) => report.nodes.every(({ ringVersion }) => ringVersion === report.version))
  const [one, other] = [await a.call('GET', '/readyz'), await b.call('GET', '/readyz')]
  assert.deepEqual(one.body, other.body)
  const { keys, ring_version: version, secret_keys: secrets } = one.body as Record<string, unknown[]>
  assert.ok(Number(version) > 0 && (secrets?.length ?? 0) === 1 && (keys?.length ?? 0) >= 1)
  await close()

  const options = {
    issuer: 'https://login.example.com',
    databaseUrl: `sqlite:${join(folder, 'production.db')}`,
  }
  const prepared = createAuth({ ...options, secretKey: newSecret() })
  await prepared.migrate()
  await prepared.close()
  const production = await startIssuer(options)
  const { access } = await production.signUp('admin')
  assert.deepEqual((await production.call('GET', '/readyz')).body, { status: 'ready' })
  const asUser = await production.call('GET', '/readyz', { token: access })
  assert.deepEqual([asUser.status, asUser.body], [200, { status: 'ready' }])
  const forged = await production.call('GET', '/readyz', { token: `${access}x` })
  assert.deepEqual([forged.status, forged.body], [200, { status: 'ready' }])
  await production.auth.users.setRoles(String(claimsOf(access).sub), ['user', 'admin'])
  const admin = String((await production.signIn('admin')).body.access_token)
  const shown = await production.call('GET', '/readyz', { token: admin })
  assert.equal((shown.body.keys as unknown[]).length, 1)
  await production.close()
})

test('/admin/keys: list, rotate, retire, revoke for whoever has the scope, and nobody else', async () => {
  const { a, close } = await startPair()
  const user = await a.signUp('alice')
  await a.auth.users.setRoles(String(claimsOf(user.access).sub), ['user', 'admin'])
  const admin = () => a.signIn('alice').then(({ body }) => String(body.access_token))
  const token = await admin()
  const routes = [
    ['GET', '/admin/keys'],
    ['POST', '/admin/keys/rotate'],
    ['POST', '/admin/keys/x/retire'],
    ['POST', '/admin/keys/x/revoke'],
  ] as const
  const plain = await a.signUp('bob')
  for (const [method, path] of routes) {
    assert.equal((await a.call(method, path)).status, 401)
    assert.equal((await a.call(method, path, { token: plain.access })).status, 403)
  }
  const listed = await a.call('GET', '/admin/keys', { token })
  assert.equal((listed.body.nodes as unknown[]).length, 2)
  const begun = await a.call('POST', '/admin/keys/rotate', { token, json: {} })
  assert.deepEqual([begun.status, begun.body.phase, begun.body.next_phase], [200, 'next', 'active'])
  const early = await a.call('POST', '/admin/keys/rotate', { token, json: { use: 'access' } })
  assert.equal(early.status, 409)
  assert.match(early.text, /Too early/)
  assert.equal((await a.call('POST', '/admin/keys/rotate', { token, json: { use: 'refresh' } })).status, 400)
  assert.equal((await a.call('POST', `/admin/keys/${begun.body.kid}/retire`, { token })).status, 204)
  assert.equal((await a.call('POST', `/admin/keys/${begun.body.kid}/retire`, { token })).status, 404)
  const now = await a.call('POST', '/admin/keys/rotate', { token, json: { now: true } })
  assert.deepEqual([now.status, now.body.phase], [200, 'active'])
  assert.equal((await a.call('GET', '/admin/keys', { token })).body.cause, 'SIGNING_KEY_REVOKED')
  const fresh = await admin()
  const revoked = await a.call('POST', `/admin/keys/${now.body.kid}/revoke`, { token: fresh })
  assert.equal(revoked.status, 204)
  assert.ok(!listed.text.includes('"d"') && !listed.text.includes('sealed'))
  await close()
})
