import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { handClock, PASSWORD, startIssuer } from './issuer.ts'

const PRODUCTION = { issuer: 'https://id.example.test', databaseUrl: 'sqlite::memory:' } as const

test('G-5: the client learns a general code and a reference, the operator the cause by that reference', async () => {
  const issuer = await startIssuer()
  try {
    const { access } = await issuer.signUp('anna')
    const forged = `${access.slice(0, -6)}AAAAAA`
    const answer = await issuer.call('GET', '/users/me', { token: forged })
    assert.equal(answer.status, 401)
    const reference = String(answer.body.reference)
    assert.match(reference, /^[0-9a-f]{24}$/)

    const explained = await issuer.auth.explain(reference)
    assert.equal(explained.cause, 'SIG_WRONG_KEY')
    assert.equal(explained.record?.facts.route, 'GET /users/me')
    assert.match(String(explained.record?.facts.credential_fp), /^[0-9a-f]{12}$/)
    assert.ok(
      explained.evidence.some((line) => line.includes('not proven')),
      'A18: claims are not proven',
    )
    assert.ok(explained.evidence.includes('client now: first-party, active'))
    assert.equal(JSON.stringify(explained).includes(forged.slice(-20)), false, 'G-6: no credential')

    const { cause } = await issuer.auth.explain(new Response(answer.text))
    assert.equal(cause, 'SIG_WRONG_KEY')
    assert.equal((await issuer.auth.explain('0'.repeat(24))).cause, undefined)
  } finally {
    await issuer.close()
  }
})

test('a refusal is counted for Prometheus and kept where the command line finds it', async () => {
  const issuer = await startIssuer()
  try {
    const { body } = await issuer.call('GET', '/users/me')
    const metrics = await issuer.call('GET', '/metrics')
    assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
    assert.match(metrics.text, /^countersign_refusals_total\{code="HDR_MISSING",[^}]*\} 1$/m)
    // It is written by the batch, within a second; what is not written yet is found in memory.
    const record = await issuer.auth.refusals.find(String(body.reference))
    assert.equal(record?.code, 'HDR_MISSING')
  } finally {
    await issuer.close()
  }
})

test('E7: /metrics and /readyz take no password, so nobody learns there whether one is right', async () => {
  const issuer = await startIssuer({ ...PRODUCTION, basicForPeople: true })
  await issuer.auth.users.create({
    email: 'root@example.com',
    username: 'root',
    password: PASSWORD,
    roles: ['admin'],
  })
  const answers = async (path: string, password: string) => {
    const authorization = `Basic ${Buffer.from(`root:${password}`).toString('base64')}`
    const { status, text } = await issuer.call('GET', path, { headers: { authorization } })
    return [status, text.replace(/"reference":"[^"]*"/, '')]
  }
  for (const path of ['/metrics', '/readyz']) {
    assert.deepEqual(await answers(path, PASSWORD), await answers(path, 'not my password'), path)
  }
  assert.deepEqual(await answers('/readyz', PASSWORD), [200, '{"status":"ready"}'])
  await issuer.close()
})

test('a scraper goes on reading /metrics while nobody can be checked, and who was not known before does not begin to', async () => {
  const clock = handClock()
  const store = createSqliteStore(':memory:')
  let isAway = false
  const pull: typeof store.revocations.pull = (...question) =>
    isAway ? Promise.reject(new Error('the database is away')) : store.revocations.pull(...question)
  const issuer = await startIssuer({
    issuer: PRODUCTION.issuer,
    store: { ...store, revocations: { ...store.revocations, pull } },
    clock,
    maxStalenessSeconds: 5,
  })
  try {
    const { id } = await issuer.auth.users.create({
      email: 'ops@example.com',
      password: PASSWORD,
      roles: ['admin'],
    })
    const [known = '', fresh = '', withdrawn = ''] = await Promise.all(
      ['known', 'fresh', 'withdrawn'].map(async (name) => {
        const { text } = await issuer.auth.apiKeys.create({ userId: id, name, scopes: ['admin:events'] })
        return text
      }),
    )
    const read = (key: string) => issuer.call('GET', '/metrics', { headers: { 'x-api-key': key } })
    assert.equal((await read(known)).status, 200)
    assert.equal((await read(withdrawn)).status, 200)
    const [one] = (await issuer.auth.apiKeys.list(id)).filter(({ name }) => name === 'withdrawn')
    await issuer.auth.apiKeys.revoke(id, one?.id ?? '')
    assert.equal((await read(withdrawn)).status, 404)

    isAway = true
    clock.advance(6000)
    const { status, text } = await read(known)
    assert.equal(status, 200)
    assert.match(text, /^countersign_revocation_stale 1$/m, 'and it tells why')
    for (const key of [fresh, withdrawn]) assert.equal((await read(key)).status, 404)
    assert.equal((await issuer.call('GET', '/metrics')).status, 404)
  } finally {
    await issuer.close()
  }
})

test('G-17: in production /metrics looks absent, but to whoever may read the events, or where a setting opens it', async () => {
  const issuer = await startIssuer(PRODUCTION)
  try {
    assert.equal((await issuer.call('GET', '/metrics')).status, 404)
    const { access } = await issuer.signUp('anna')
    const refused = await issuer.call('GET', '/metrics', { token: access })
    assert.equal(refused.status, 404)
    assert.equal(refused.text.includes('SCOPE'), false, 'the client learns nothing of why')
    const { cause, evidence } = await issuer.auth.explain(String(refused.body.reference))
    assert.equal(cause, 'NOT_FOUND')
    assert.ok(evidence.includes('closed: SCOPE_MISSING'), evidence.join('\n'))

    const { id } = await issuer.auth.users.create({
      email: 'ops@example.com',
      password: PASSWORD,
      roles: ['admin'],
    })
    const { text: key } = await issuer.auth.apiKeys.create({
      userId: id,
      name: 'prometheus',
      scopes: ['admin:events'],
    })
    for (const headers of [{ authorization: `Bearer ${key}` }, { 'x-api-key': key }])
      assert.equal((await issuer.call('GET', '/metrics', { headers })).status, 200, Object.keys(headers)[0])
    const cut = await issuer.call('GET', '/metrics', { headers: { 'x-api-key': key.slice(0, -1) } })
    assert.equal(cut.status, 404)
  } finally {
    await issuer.close()
  }
  const open = await startIssuer({ ...PRODUCTION, metrics: 'open' })
  try {
    assert.equal((await open.call('GET', '/metrics')).status, 200)
  } finally {
    await open.close()
  }
})
