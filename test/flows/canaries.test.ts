import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { routes } from '../../src/endpoints/routes.ts'
import { ConfigError, createAuth } from '../../src/index.ts'
import { createLogger } from '../../src/server/log.ts'
import { ISSUER, readAnswer, tokensOf } from './issuer.ts'
import { fieldsOf, goodFields, writeFields } from './route-fields.ts'
import { startTableIssuer } from './table-issuer.ts'

/** Secrets that are sent, each of its own kind. No output may hold one, nor a piece that would do. */
function canaries() {
  const made: string[] = []
  return {
    make(kind: string): string {
      const canary = `kanarie-${kind}-${crypto.randomUUID()}`
      made.push(canary)
      return canary
    },
    assertNoneIn(text: string, where: string): void {
      for (const canary of made) assert.ok(!text.includes(canary), `${canary} in ${where}`)
    },
  }
}

test('G-6: no secret that is sent in any field, header, address or unknown name comes back, is logged, reported, kept or thrown', async () => {
  const birds = canaries()
  const outputs = new Map<string, string>()
  const note = (where: string, text: string): void => {
    outputs.set(where, `${outputs.get(where) ?? ''}${text}\n`)
  }
  const stream = new Writable({
    write(chunk, _, done) {
      note('the log', String(chunk))
      done()
    },
  })
  const logger = createLogger('debug', false, stream)
  const boom = () => {
    throw new Error('the application fails')
  }
  const table = await startTableIssuer({
    logger,
    onRefusal: (report) => note('the reports', inspect(report, { depth: 9 })),
    hooks: { after: { reuse: (report) => note('the reports', inspect(report)), register: boom } },
    renderRefusal: (view) => {
      note('the views', inspect(view, { depth: 9 }))
      return { problem: view.detail, errors: view.errors }
    },
  })

  const secretFields = /password|secret|token|code|assertion|verifier|ticket|key/i
  for (const route of routes) {
    for (const as of [...(route.body?.types ?? []), 'query'] as const) {
      const names = fieldsOf([route]).filter((field) => field.as === as && secretFields.test(field.name))
      const fields = {
        ...goodFields(route),
        ...Object.fromEntries(names.map(({ name }) => [name, birds.make(name)])),
        ...(as === 'query' && { access_token: birds.make('query') }),
      }
      for (const more of [{}, { [birds.make('name')]: birds.make('value') }]) {
        for (const headers of [
          { authorization: `Bearer ${birds.make('bearer')}`, cookie: `session=${birds.make('cookie')}` },
          { authorization: `Basic ${btoa(`root:${birds.make('basic')}`)}`, 'x-api-key': birds.make('key') },
          { authorization: birds.make('scheme'), 'idempotency-key': birds.make('idempotency') },
        ]) {
          const sent = as === 'query' && Object.keys(more).length > 0 ? {} : more
          const answer = await table.send(route, as, writeFields(as, { ...fields, ...sent }), { headers })
          const isName = (text: string) => text.replaceAll(/kanarie-name-[0-9a-f-]{36}/g, '')
          note('the answers', isName(answer.text) + JSON.stringify([...answer.headers]))
        }
      }
    }
  }
  // A life of real secrets: each was given to somebody, and belongs in no other output.
  const password = birds.make('password')
  const account = { email: 'bird@example.com', username: 'birdie', password }
  assert.equal((await table.issuer.call('POST', '/register', { json: account })).status, 201)
  const form = { grant_type: 'password', username: 'birdie', password }
  const first = tokensOf(await table.issuer.call('POST', '/token', { form }))
  const second = tokensOf(
    await table.issuer.refresh(first.refresh, { 'idempotency-key': birds.make('idempotency') }),
  )
  await table.issuer.refresh(`${first.refresh}x`)
  await table.issuer.me(`${second.access}x`)
  await table.issuer.call('POST', '/logout', { token: second.access })
  await table.issuer.refresh(second.refresh)

  note('the events', JSON.stringify(await table.issuer.auth.events.list({ limit: 1000 })))
  note(
    'the database',
    JSON.stringify(table.rows(), (_, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    ),
  )
  await table.close()
  const secretParts = [first, second].flatMap(({ access, refresh }) => [
    access.slice(-43),
    refresh.slice(-43),
    refresh.slice(-64, -43),
  ])
  assert.ok((outputs.get('the log') ?? '').length > 10_000)
  for (const [where, text] of outputs) {
    // The name of an unknown field is told, cut short: it is the client's own, and how else would they find it.
    birds.assertNoneIn(text.replaceAll(/kanarie-name-[0-9a-f-]{36}/g, ''), where)
    for (const part of secretParts) assert.ok(!text.includes(part), `a token in ${where}`)
  }
})

test('G-6: what stops a start does not say which secret it was', () => {
  const birds = canaries()
  const options = {
    secretKey: birds.make('secret-key'),
    jwtSecret: birds.make('jwt-secret'),
    databaseUrl: `mysql://admin:${birds.make('password')}@db.example.com/x`,
    redisUrl: `http://:${birds.make('redis')}@redis.example.com`,
    [birds.make('name').replaceAll('-', '_')]: birds.make('value'),
  }
  try {
    createAuth(options)
    assert.fail('it started')
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    birds.assertNoneIn(inspect(error, { depth: 9, showHidden: true }), 'the error')
  }
})

test('G-6: a key that is at work is in no output of the issuer', async () => {
  const secretKey = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
  const auth = createAuth({ logLevel: 'silent', secretKey, databaseUrl: 'sqlite::memory:' })
  const answers = []
  for (const { method, path } of routes) {
    const request = new Request(ISSUER + path.replaceAll(/\{\w+\}/g, 'x'), { method })
    answers.push((await readAnswer(await auth.fetch(request))).text)
  }
  const seen = inspect(auth, { depth: 12, showHidden: true }) + answers.join('\n')
  assert.ok(seen.length > 10_000)
  assert.ok(!seen.includes(secretKey))
  assert.doesNotMatch(seen, /"d":|PRIVATE KEY/)
  await auth.close()
})
