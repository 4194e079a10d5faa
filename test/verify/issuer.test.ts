import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { nodeListener } from '../../src/node.ts'
import { startIssuer, type TestIssuer } from '../flows/issuer.ts'
import { findFreePort } from '../servers/free-port.ts'
import { type Asked, workbench } from './asked.ts'

let issuer: TestIssuer
let server: Server
let address = ''
let follower: { readonly clientId: string; readonly clientSecret: string }
const { verifierOf, later, close } = workbench()

before(async () => {
  const port = await findFreePort()
  address = `http://127.0.0.1:${port}`
  issuer = await startIssuer({ issuer: address })
  server = createServer(nodeListener(issuer.auth))
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
  const { client, secret } = await issuer.auth.clients.create({
    name: 'orders',
    grants: ['client_credentials'],
    scopes: ['revocations:read'],
  })
  assert.ok(secret !== undefined)
  follower = { clientId: client.id, clientSecret: secret }
  later(async () => {
    server.close()
    server.closeAllConnections()
    await issuer.close()
  })
})
after(close)

/** Waits until the verdict on a token is this one; how long that may take is for the test's own time limit to say. */
async function until(wanted: string, { verdictOn }: Asked, token: string): Promise<void> {
  for (;;) {
    if ((await verdictOn(token)) === wanted) return
    await pause(20)
  }
}

test('a sign-out at the issuer reaches a service that only verifies', { timeout: 120_000 }, async () => {
  const asked = verifierOf({ issuer: address, audience: address, revocations: follower })
  await asked.verifier.ready()
  const { access } = await issuer.signUp('alice')
  const other = await issuer.signUp('bob')
  for (let time = 0; time < 4; time++) assert.equal(await asked.verdictOn(access), 'ok')
  await issuer.call('POST', '/logout', { token: access })
  await until('SESSION_ENDED', asked, access)
  assert.equal(await asked.verdictOn(other.access), 'ok')
})

test('so does an account that was disabled', { timeout: 120_000 }, async () => {
  const asked = verifierOf({ issuer: address, audience: address, revocations: follower })
  const { access } = await issuer.signUp('carol')
  assert.equal(await asked.verdictOn(access), 'ok')
  const carol = await issuer.auth.users.findByLogin('carol')
  await issuer.auth.users.disable(carol?.id ?? '')
  await until('TOKEN_VERSION_STALE', asked, access)
})

test('a client that may not read the revocations lets nobody in', { timeout: 120_000 }, async () => {
  const { access } = await issuer.signUp('dave')
  const wrong = { ...follower, clientSecret: `${follower.clientSecret}x` }
  for (const staleness of ['strict', 'relaxed'] as const) {
    const asked = verifierOf({ issuer: address, audience: address, revocations: { ...wrong, staleness } })
    await assert.rejects(asked.verifier.ready(), { code: 'DENYLIST_DOWN' })
    assert.equal(await asked.verdictOn(access), 'REVOCATION_STALE')
  }
})

test('without an answer: strict refuses past its bound, relaxed and stateless go on', {
  timeout: 120_000,
}, async () => {
  const revocations = { ...follower, maxStalenessSeconds: 1 }
  const strict = verifierOf({ issuer: address, audience: address, revocations })
  const relaxed = verifierOf({
    issuer: address,
    audience: address,
    revocations: { ...revocations, staleness: 'relaxed' },
  })
  const stateless = verifierOf({ issuer: address, audience: address, revocations: 'stateless' })
  const { access } = await issuer.signUp('erin')
  // On a busy machine an answer may take longer than the bound of the strict one.
  for (const asked of [strict, relaxed, stateless]) await until('ok', asked, access)
  server.close()
  server.closeAllConnections()
  await until('REVOCATION_STALE', strict, access)
  assert.equal(await relaxed.verdictOn(access), 'ok')
  assert.equal(await stateless.verdictOn(access), 'ok')
})
