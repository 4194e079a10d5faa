import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bench, first, ISSUER, METADATA, OPENID, SET, whyNot } from '../../test/keys/followed-issuer.ts'
import { metadataAddresses } from './discovery.ts'

test('keys are found by the metadata of RFC 8414', async () => {
  const { jwks, asked } = bench()
  await jwks.start()
  assert.deepEqual(asked, [METADATA, SET])
  assert.equal(jwks.find(first.kid)?.algorithm, 'ES256')
  assert.equal(jwks.find('another'), undefined)
  assert.ok(jwks.isUsable())
})

test('keys are found by OpenID Connect Discovery where there is nothing of RFC 8414', async () => {
  for (const other of [undefined, new Response('<html>', { status: 200 })]) {
    const { jwks, pages, asked } = bench()
    pages[METADATA] = () => other
    pages[OPENID] = () => ({ issuer: ISSUER, jwks_uri: SET })
    await jwks.start()
    assert.deepEqual(asked, [METADATA, OPENID, SET])
  }
})

test('the well-known name stands before the path of an issuer, or behind it', () => {
  assert.deepEqual(metadataAddresses('https://host.example/tenants/one'), [
    'https://host.example/.well-known/oauth-authorization-server/tenants/one',
    'https://host.example/tenants/one/.well-known/openid-configuration',
  ])
  assert.deepEqual(metadataAddresses('https://host.example/'), [
    'https://host.example/.well-known/oauth-authorization-server',
    'https://host.example/.well-known/openid-configuration',
  ])
})

test('A9: metadata counts only if it names the very issuer it was asked for', async () => {
  const others = [`${ISSUER}/`, 'https://ISSUER.example', 'https://other.example', '', undefined, [ISSUER]]
  for (const issuer of others) {
    const { jwks, pages, countOf } = bench()
    pages[METADATA] = pages[OPENID] = () => ({ issuer, jwks_uri: SET })
    assert.match(await whyNot(jwks), /another issuer/)
    assert.equal(countOf(SET), 0, String(issuer))
  }
})

test('a key set is fetched from a safe address only', async () => {
  for (const address of [
    'http://issuer.example/keys',
    'http://127.0.0.1/keys',
    'https://127.0.0.1/keys',
    'https://localhost:8080/keys',
    'https://[::1]/keys',
    'https://user:password@issuer.example/keys',
    'file:///etc/keys',
    'data:application/json,{}',
    'keys',
    '',
    7,
    undefined,
  ]) {
    const { jwks, pages, asked } = bench()
    pages[METADATA] = () => ({ issuer: ISSUER, jwks_uri: address })
    assert.match(await whyNot(jwks), /missing or not safe/)
    assert.deepEqual(asked, [METADATA, OPENID], String(address))
  }
})

test('an issuer on loopback may be asked by http', async () => {
  const issuer = 'http://127.0.0.1:8000'
  const { jwks, pages } = bench({ issuer })
  pages[`${issuer}/.well-known/oauth-authorization-server`] = () => ({ issuer, jwks_uri: `${issuer}/keys` })
  pages[`${issuer}/keys`] = () => ({ keys: [first.publicJwk] })
  await jwks.start()
  assert.ok(jwks.find(first.kid))
})

test('why an issuer was not found is said for each of its places', async () => {
  const { jwks, pages } = bench()
  pages[METADATA] = () => new Response('<html>')
  pages[OPENID] = () => new Response('', { status: 503 })
  const why = await whyNot(jwks)
  assert.match(why, /oauth-authorization-server: not_json; .*openid-configuration: status 503/)
  const elsewhere = `${ISSUER}:8000/\u001b${'x'.repeat(500)}`
  pages[METADATA] = () => ({ issuer: elsewhere, jwks_uri: SET })
  pages[OPENID] = () => ({ issuer: 5, jwks_uri: SET })
  const [first, second] = (await whyNot(jwks)).split('; ')
  assert.equal(first, `${METADATA}: it is the document of another issuer, ${ISSUER}:8000/?${'x'.repeat(171)}`)
  assert.equal(second, `${OPENID}: it is the document of another issuer`)
})
