import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startIssuer, tokensOf } from './issuer.ts'

let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-'))
})
after(() => rmSync(folder, { recursive: true }))

const CANARY = 'canary battery staple 8271'

test('B4, G-6: neither database nor log holds a password, a token or a key in the clear', async () => {
  const lines: string[] = []
  const write = (facts: object, message: string) => {
    lines.push(`${message} ${JSON.stringify(facts)} ${'err' in facts ? String(facts.err) : ''}`)
  }
  const secretKey = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
  const issuer = await startIssuer({
    databaseUrl: `sqlite:${join(folder, 'auth.db')}`,
    secretKey,
    logger: { debug: write, info: write, warn: write, error: write },
  })
  const json = { email: 'alice@example.com', username: 'alice', password: CANARY }
  await issuer.call('POST', '/register', { json })
  const form = { grant_type: 'password', username: 'alice', password: CANARY }
  const first = tokensOf(await issuer.call('POST', '/token', { form }))
  const second = tokensOf(await issuer.refresh(first.refresh))
  await issuer.call('POST', '/token', { form: { ...form, username: CANARY, password: first.access } })
  await issuer.call('POST', '/token', { form: { ...form, scope: CANARY } })
  await issuer.call('GET', `/users/me?access_token=${first.access}`, { token: second.access })
  await issuer.call('POST', '/register', { json: { ...json, [CANARY]: CANARY } })
  await issuer.refresh(`${first.refresh}x`)
  await issuer.me(`${first.access}x`)
  await issuer.close()

  const stored = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join()
  const logged = lines.join('\n')
  assert.ok(stored.includes('alice@example.com') && lines.length > 4, 'there is something to look at')
  const secretPart = (token: string) => token.split('.').at(-1)?.slice(-40) ?? token
  for (const secret of [
    CANARY,
    secretKey,
    ...[first, second].flatMap((t) => [t.access, t.refresh]).map(secretPart),
  ]) {
    assert.equal(stored.includes(secret), false, 'in the database')
    assert.equal(logged.includes(secret), false, 'in the log')
  }
  assert.doesNotMatch(stored, /"d":"/, 'a private key in the clear')
})

test('the database file is readable by its owner only', () => {
  for (const name of readdirSync(folder)) {
    assert.equal(statSync(join(folder, name)).mode & 0o077, 0, name)
  }
})

test('E16: a fresh start has no account', async () => {
  const issuer = await startIssuer()
  assert.deepEqual(await issuer.auth.users.list({ limit: 10 }), [])
  for (const username of ['admin', 'root', 'administrator', 'countersign']) {
    for (const password of ['admin', 'password', 'countersign', 'changeme']) {
      const form = { grant_type: 'password', username, password }
      assert.equal((await issuer.call('POST', '/token', { form })).status, 400)
    }
  }
  await issuer.close()
})

test('E2: spaces, any script and 64 characters and more are taken as they are, to the last one', async () => {
  const issuer = await startIssuer()
  const passwords = [
    '  spaces at both ends  ',
    'şifre-uzun-parola-東京',
    `${'0123456789 abcdef '.repeat(6)}end`,
  ]
  for (const [index, password] of passwords.entries()) {
    const username = `user${index}`
    const json = { email: `${username}@example.com`, username, password }
    assert.equal((await issuer.call('POST', '/register', { json })).status, 201, password)
    const token = (text: string) =>
      issuer.call('POST', '/token', { form: { grant_type: 'password', username, password: text } })
    assert.equal((await token(password)).status, 200)
    assert.equal((await token(password.slice(0, -1))).status, 400)
    assert.equal((await token(`${password}x`)).status, 400)
  }
  await issuer.close()
})

test('E5: control characters in a new password are refused, and the field is named', async () => {
  const issuer = await startIssuer()
  for (const password of ['long enough\u0000 but', 'long enough\r\n but', 'long enough\u0007 but']) {
    const answer = await issuer.call('POST', '/register', { json: { email: 'a@example.com', password } })
    assert.equal(answer.status, 400)
    assert.match(answer.text, /"password"/)
  }
  await issuer.close()
})

test('E17: one mailbox is one account, however it is spelt', async () => {
  const issuer = await startIssuer()
  const register = (email: string) => issuer.call('POST', '/register', { json: { email, password: CANARY } })
  assert.equal((await register('Alice@Example.com')).status, 201)
  for (const email of [
    'alice@example.com',
    'ALICE@EXAMPLE.COM',
    ' alice@example.com ',
    'ａlice@example.com',
  ]) {
    assert.equal((await register(email)).status, 409, email)
  }
  for (const email of [
    'a@b@example.com',
    'alice',
    '@example.com',
    'alice@',
    'al ice@example.com',
    'a@localhost',
  ]) {
    assert.equal((await register(email)).status, 400, email)
  }
  await issuer.close()
})
