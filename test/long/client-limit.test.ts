import assert from 'node:assert/strict'
import { test } from 'node:test'
import { handClock, startIssuer } from '../flows/issuer.ts'
import { registerClient } from '../flows/test-clients.ts'

test('a client that proves itself is counted by itself too, from however many addresses it comes; a public one is not', async () => {
  const clock = handClock(Date.now())
  const issuer = await startIssuer({ clock, maxStalenessSeconds: 300 })
  const service = await registerClient(issuer, { authMethod: 'client_secret_post' })
  const other = await registerClient(issuer, { authMethod: 'client_secret_post' })
  const ask = async (client: typeof service, address: string, form: Record<string, string> = {}) => {
    const proof = await client.proof()
    return issuer.call('POST', '/token', { form: { grant_type: 'x', ...proof.form, ...form }, address })
  }
  const addressOf = (count: number) => `198.51.100.${1 + (count % 10)}`
  for (let count = 0; count < 6000; count += 1) {
    const { status, text } = await ask(service, addressOf(count))
    if (status !== 400) assert.fail(`${count}: ${status} ${text}`)
  }
  const refused = await ask(service, '203.0.113.9')
  assert.deepEqual([refused.status, refused.body.error], [429, 'too_many_requests'], refused.text)
  assert.match(refused.headers.get('ratelimit') ?? '', /client/)
  assert.ok(Number(refused.headers.get('retry-after')) > 0)
  assert.equal((await ask(other, '203.0.113.9')).status, 400, 'another client')
  // Whoever says its name without its secret takes nothing of what it has.
  for (let count = 0; count < 20; count += 1) {
    assert.equal((await ask(other, '203.0.113.10', { client_secret: 'wrong' })).status, 401)
  }
  assert.equal((await ask(other, '203.0.113.9')).status, 400)
  clock.advance(1000)
  assert.equal((await ask(service, '203.0.113.9')).status, 400, 'a true rate')
  await issuer.close()
})
