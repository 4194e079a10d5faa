import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startIssuer, type TestIssuer, tokensOf } from './issuer.ts'

const newSecret = (): string => randomBytes(32).toString('base64url')

/** Nodes on one database, each with a list of secrets of its own, as a deploy leaves them for a while. */
function cluster(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-deploy-'))
  const running: TestIssuer[] = []
  t.after(async () => {
    for (const node of running) await node.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return async (...secretKey: string[]): Promise<TestIssuer> => {
    const databaseUrl = `sqlite:${join(folder, 'auth.db')}`
    const node = await startIssuer({ databaseUrl, secretKey, rateLimits: 'off' })
    running.push(node)
    return node
  }
}

/** The fingerprint of the secret that a refresh token is made with. */
const keyOf = (token: string): string => Buffer.from(token.slice(6), 'base64url').toString('hex', 17, 21)

test('PROTOCOL 1.4: while one node reads the old secret alone, all write with it, and tokens pass between them', async (t) => {
  const start = cluster(t)
  const [former, next] = [newSecret(), newSecret()]
  const old = await start(former)
  const { refresh } = await old.signUp('alice')
  const deployed = await start(next, former)

  let token = refresh
  for (const node of [deployed, old, deployed, old]) {
    token = tokensOf(await node.refresh(token)).refresh
    assert.equal(keyOf(token), keyOf(refresh), 'the new secret must not write yet')
  }
  const bob = await deployed.signUp('bob')
  assert.equal(keyOf(bob.refresh), keyOf(refresh))
  const [one, two] = await Promise.all([old.refresh(bob.refresh), deployed.refresh(bob.refresh)])
  assert.equal(tokensOf(one).refresh, tokensOf(two).refresh, 'one generation has one text on both')
})

test('PROTOCOL 1.4: a node that does not know the secret says 503 and never 400, and nobody is signed out', async (t) => {
  const start = cluster(t)
  const [former, next] = [newSecret(), newSecret()]
  const first = await start(former)
  const { access, refresh } = await first.signUp('alice')
  await first.close()
  // The deployed node is alone, so it writes with the new secret; then the roll-back begins.
  const deployed = await start(next, former)
  const old = await start(former)
  const turned = tokensOf(await deployed.refresh(refresh))
  assert.notEqual(keyOf(turned.refresh), keyOf(refresh))

  for (const answer of [
    await old.refresh(turned.refresh),
    await old.refresh(refresh),
    await old.call('POST', '/logout', { json: { refresh_token: turned.refresh } }),
  ]) {
    assert.equal(answer.status, 503, answer.text)
    assert.ok(answer.headers.get('retry-after'))
  }
  assert.equal((await old.me(access)).status, 200, 'access tokens are signed by a key that both read')
  assert.equal((await deployed.refresh(turned.refresh)).status, 200)
})

test('PROTOCOL 1.4: rolled back alone, the old list does not start, and says how many need the new one', async (t) => {
  const start = cluster(t)
  const [former, next] = [newSecret(), newSecret()]
  const first = await start(former)
  const { refresh } = await first.signUp('alice')
  await first.close()
  const deployed = await start(next, former)
  const { refresh: turned } = tokensOf(await deployed.refresh(refresh))
  await deployed.close()

  await assert.rejects(start(former), (error: Error) => {
    assert.match(error.message, /SECRET_KEY/)
    return true
  })
  // Rolled back as it should be: the new one stays in the list, behind.
  const rolledBack = await start(former, next)
  const { refresh: again } = tokensOf(await rolledBack.refresh(turned))
  assert.equal(keyOf(again), keyOf(refresh))
})
