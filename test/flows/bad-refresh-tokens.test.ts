import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { badTokens } from './bad-tokens.ts'
import { type Answer, handClock, PASSWORD, startIssuer, type TestIssuer, tokensOf } from './issuer.ts'
import { callAs, registerClient, signInFor } from './test-clients.ts'

let issuer: TestIssuer
let userId: string
before(async () => {
  // In production, where answers tell least.
  issuer = await startIssuer({ issuer: 'https://auth.example.com', rateLimits: 'off' })
  const user = { email: 'alice@example.com', username: 'alice', password: PASSWORD }
  userId = (await issuer.auth.users.create(user)).id
})
after(() => issuer.close())

const asJson = (refresh_token: unknown) => issuer.call('POST', '/refresh', { json: { refresh_token } })
const asForm = (refresh_token: string) => issuer.call('POST', '/refresh', { form: { refresh_token } })
const asGrant = (refresh_token: string) =>
  issuer.call('POST', '/token', { form: { grant_type: 'refresh_token', refresh_token } })

/** All that somebody can tell answers by. */
const seen = ({ status, text, headers }: Answer) => ({
  status,
  text: text.replace(/"reference":"[^"]*"/, ''),
  headers: [...headers.keys()],
})

async function eventsOf(): Promise<number> {
  return (await issuer.auth.events.list({ userId, limit: 200 })).length
}

test('B4: what is no good refresh token is invalid_grant at every door, and ends nothing', async () => {
  const tokens = await signInFor(issuer, userId)
  const { text: apiKey } = await issuer.auth.apiKeys.create({ userId, name: 'export' })
  const ticket = String((await issuer.call('POST', '/ws-ticket', { token: tokens.access })).body.ticket)
  const client = await registerClient(issuer)
  const known = await eventsOf()
  const others = [
    ['an API key', apiKey],
    ['a ticket', ticket],
    ['the secret of a client', client.secret],
    ['the id of the session', JSON.parse(atob(tokens.access.split('.')[1] ?? '')).sid],
    ['the id of the user', userId],
  ] as const
  for (const [what, bad] of [...badTokens(tokens), ...others]) {
    for (const door of [asJson, asForm, asGrant]) {
      const answer = await door(bad)
      assert.ok([400, 401].includes(answer.status), `${what}: ${answer.status} ${answer.text}`)
      assert.ok(
        ['invalid_grant', 'invalid_request'].includes(String(answer.body.error)),
        `${what}: ${answer.text}`,
      )
    }
    await issuer.call('POST', '/logout', { json: { refresh_token: bad } })
  }
  assert.equal(await eventsOf(), known, 'nothing of it was worth an event')
  assert.equal((await asJson(tokens.refresh)).status, 200)
})

test('B4: a refresh token in a list, an object or twice is 400, and ends nothing', async () => {
  const { refresh } = await signInFor(issuer, userId)
  const known = await eventsOf()
  for (const wrong of [[refresh], { 0: refresh }, { $ne: '' }, [[refresh]], 7, true, null, '', undefined]) {
    const answer = await asJson(wrong)
    assert.equal(answer.status, 400, JSON.stringify(wrong))
    assert.ok(['invalid_grant', 'invalid_request'].includes(String(answer.body.error)), answer.text)
  }
  const text = encodeURIComponent(refresh)
  for (const form of [
    `refresh_token=${text}&refresh_token=${text}`,
    `refresh_token[]=${text}`,
    `refresh_token%5B0%5D=${text}`,
    `refresh_token=${text}%00`,
  ]) {
    assert.equal((await issuer.call('POST', '/refresh', { form })).status, 400, form.slice(0, 30))
    const grant = `grant_type=refresh_token&${form}`
    assert.equal((await issuer.call('POST', '/token', { form: grant })).status, 400, form.slice(0, 30))
  }
  assert.equal(await eventsOf(), known)
  assert.equal((await asJson(refresh)).status, 200)
})

test('B4: a forged token gets the same answer whether its session lives, has ended or never was', async () => {
  const living = await signInFor(issuer, userId)
  const ended = await signInFor(issuer, userId)
  await issuer.call('POST', '/logout', { token: ended.access })
  const changed = (token: string, at: number) => {
    const bytes = Buffer.from(token.slice('cs_rt_'.length), 'base64url')
    bytes[at] = (bytes[at] ?? 0) ^ 1
    return `cs_rt_${bytes.toString('base64url')}`
  }
  for (const door of [asJson, asForm, asGrant]) {
    const answers = [
      changed(living.refresh, 90),
      changed(living.refresh, 43),
      changed(ended.refresh, 90),
      changed(changed(living.refresh, 21), 22),
      changed(changed(living.refresh, 1), 2),
    ].map(door)
    const [first, ...rest] = (await Promise.all(answers)).map(seen)
    assert.equal(first?.status, 400)
    for (const other of rest) assert.deepEqual(other, first)
  }
  assert.equal((await asJson(living.refresh)).status, 200)
})

test('B4: the token of one client is invalid_grant for every other, in the same words as a forged one', async () => {
  const register = () => registerClient(issuer, { grants: ['refresh_token'] })
  const [own, other] = [await register(), await register()]
  const { refresh } = await signInFor(issuer, userId, own)
  const ask = (token: string, client = other) =>
    callAs(issuer, client, '/token', { grant_type: 'refresh_token', refresh_token: token })
  const stolen = seen(await ask(refresh))
  assert.equal(stolen.status, 400)
  assert.deepEqual(stolen, seen(await ask(`${refresh.slice(0, -1)}${refresh.endsWith('A') ? 'B' : 'A'}`)))
  assert.equal((await ask(refresh, own)).status, 200)
})

test('B6: the refresh token of every client turns at each use, and there is no setting that stops it', async () => {
  for (const refreshReuseWindowSeconds of [0, 60]) {
    const clock = handClock()
    const strict = await startIssuer({ clock, refreshReuseWindowSeconds })
    const { id } = await strict.auth.users.create({ email: 'bob@example.com', password: PASSWORD })
    for (const client of [
      await registerClient(strict, { authMethod: 'none' }),
      await registerClient(strict, { grants: ['refresh_token'] }),
    ]) {
      const ask = (refresh_token: string) =>
        callAs(strict, client, '/token', { grant_type: 'refresh_token', refresh_token })
      const first = (await signInFor(strict, id, client)).refresh
      const second = tokensOf(await ask(first)).refresh
      assert.notEqual(second, first)
      const third = tokensOf(await ask(second)).refresh
      assert.notEqual(third, second)
      clock.advance(121_000)
      assert.equal((await ask(second)).body.error, 'invalid_grant', 'the last but one is reuse')
      assert.equal((await ask(third)).body.error, 'invalid_grant', 'and has ended the session')
    }
    await strict.close()
  }
  for (const more of [
    { refreshReuseWindowSeconds: 61 },
    { refreshRotation: false },
    { rotateRefreshTokens: false },
  ]) {
    await assert.rejects(startIssuer(more as object), { name: 'ConfigError' })
  }
})
