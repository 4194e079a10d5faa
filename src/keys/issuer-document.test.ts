import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fetchDocument, isSafeAddress } from './issuer-document.ts'

const ADDRESS = 'https://issuer.example/keys'

const fetched = (answer: Response, address = ADDRESS) =>
  fetchDocument(address, { fetch: async () => answer, signal: AbortSignal.timeout(10_000) })

test('an address is safe if nobody on the way can answer for it, and nothing in it is a secret or is lost', async () => {
  for (const address of [
    ADDRESS,
    'https://issuer.example:8443/a?b=c',
    'http://127.0.0.1:8000/',
    'http://127.9.9.9',
    'http://[::1]:8000/',
    'http://localhost',
  ]) {
    assert.equal(isSafeAddress(address), true, address)
  }
  for (const address of [
    'http://issuer.example/',
    'http://127.0.0.1.example/',
    'http://localhost.example/',
    'http://10.0.0.1/',
    'http://0.0.0.0/',
    'https://user@issuer.example/',
    'https://:password@issuer.example/',
    'https://user:password@issuer.example/',
    'https://issuer.example/#keys',
    'ftp://localhost/',
    'file:///keys',
    'issuer.example',
    '',
  ]) {
    assert.equal(isSafeAddress(address), false, address)
    await assert.rejects(fetched(Response.json({}), address), { code: 'JWKS_UNREACHABLE' }, address)
  }
})

test('a document may have 1 MiB and not a byte more, whatever it says of its length', async () => {
  const most = 1024 * 1024
  const document = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`
  assert.equal(String((await fetched(new Response(document(most)))).content.a).length, most - 8)
  for (const headers of [{}, { 'content-length': '10' }]) {
    await assert.rejects(fetched(new Response(document(most + 1), { headers })), { code: 'JWKS_UNREACHABLE' })
  }
})

test('JSON is asked for, by the rules of a strict reader that goes sixteen levels deep', async () => {
  const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
  assert.ok((await fetched(new Response(nested(16)))).content.a)
  await assert.rejects(fetched(new Response(nested(17))), { code: 'JWKS_UNREACHABLE' })
  await fetchDocument(ADDRESS, {
    async fetch(_input, init) {
      assert.equal(new Headers(init?.headers).get('accept'), 'application/json')
      return Response.json({})
    },
    signal: AbortSignal.timeout(10_000),
  })
})

test('an answer that is of no use is let go of, whatever becomes of that', async () => {
  let cancelled = 0
  const cancel = () => {
    cancelled++
    throw new Error('the connection is gone')
  }
  const body = () => new ReadableStream({ cancel })
  for (const status of [201, 404, 500]) {
    await assert.rejects(fetched(new Response(body(), { status })), { code: 'JWKS_UNREACHABLE' })
  }
  assert.equal(cancelled, 3)
})
