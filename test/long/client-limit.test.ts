import assert from 'node:assert/strict'
import { test } from 'node:test'
import { handClock, startIssuer } from '../flows/issuer.ts'
import { basic, registerClient } from '../flows/test-clients.ts'

test('a client that proves itself is counted by itself too, from however many addresses it comes; a public one is not', async () => {
  const clock = handClock(Date.now())
  const issuer = await startIssuer({ clock })
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

test('B10: introspection ends where an address asks 200 times a second, and a client 1000 times from wherever it comes', async () => {
  const clock = handClock(Date.now())
  const issuer = await startIssuer({ clock })
  const [service, other] = [await registerClient(issuer), await registerClient(issuer)]
  const ask = async (client: typeof service, address: string, more: Record<string, string> = {}) => {
    const { headers, form } = await client.proof()
    return issuer.call('POST', '/introspect', {
      form: { token: 'x', ...form },
      headers: { ...headers, ...more },
      address,
    })
  }
  // Who guesses at a secret takes from the address, and nothing from the client that it is of.
  const guess = { authorization: basic(service.id, 'wrong') }
  for (let count = 0; count < 12_000; count += 1) {
    const { status } = await ask(service, '198.51.100.200', guess)
    if (status !== 401) assert.fail(`${count}: ${status}`)
  }
  assert.equal((await ask(service, '198.51.100.200', guess)).status, 429)
  assert.equal((await ask(other, '198.51.100.200')).status, 429, 'the right secret is not told apart')
  for (let count = 0; count < 60_000; count += 1) {
    const { status, text } = await ask(service, `198.51.100.${1 + (count % 100)}`)
    if (status !== 200) assert.fail(`${count}: ${status} ${text}`)
  }
  const refused = await ask(service, '203.0.113.9')
  assert.deepEqual([refused.status, refused.body.error], [429, 'too_many_requests'], refused.text)
  assert.match(refused.headers.get('ratelimit') ?? '', /^"\/introspect of client";r=0/)
  assert.equal((await ask(other, '203.0.113.9')).status, 200, 'another client')
  clock.advance(1000)
  assert.equal((await ask(service, '203.0.113.9')).status, 200, 'a true rate')
  await issuer.close()
})
