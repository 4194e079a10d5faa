import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { generateSigningKey } from '../../src/keys/signing-key.ts'
import { createVerifier } from '../../src/verify.ts'
import { loadedBy } from '../loaded-modules.ts'
import { AUDIENCE, accessClaims, requestWith, sign } from './stand-in.ts'

test('countersign/verify loads no store but counters in memory, no login, grant, endpoint or server, and no package at all', () => {
  const loaded = loadedBy('src/verify.ts')
  const counters = ['src/store/hot/arrival-table.ts', 'src/store/hot/memory.ts']
  const ours = loaded.filter((url) => url.startsWith('src/') && !counters.includes(url))
  const folders = new Set(ours.map((path) => path.split('/')[1]))
  assert.deepEqual([...folders].sort(), [
    'base',
    'errors',
    'guard',
    'http',
    'keys',
    'model',
    'revocation',
    'tokens',
    'verifier-options.ts',
    'verify.ts',
  ])
  const strangers = loaded.filter((url) => !url.startsWith('src/') && !url.startsWith('node:'))
  assert.deepEqual(strangers, [])
})

test('docs/verify.md names the modules of the platform that it loads', () => {
  const page = readFileSync(new URL('../../docs/verify.md', import.meta.url), 'utf8')
  const builtIn = loadedBy('src/verify.ts').filter((url) => url.startsWith('node:'))
  const named = [...page.matchAll(/`(node:[\w/]+)`/g)].map((match) => match[1])
  assert.deepEqual(builtIn.sort(), named.sort())
})

test('it runs where timers are numbers and a fetch refuses `redirect: error`, as in workers', async (t) => {
  const issuer = 'https://auth.example.com'
  const key = generateSigningKey('ES256')
  const timers: NodeJS.Timeout[] = []
  const { setTimeout: start, clearTimeout: stop } = globalThis
  t.mock.method(globalThis, 'setTimeout', (...asked: Parameters<typeof start>) => {
    return timers.push(start(...asked).unref()) - 1
  })
  t.mock.method(globalThis, 'clearTimeout', (timer: number) => stop(timers[timer]))
  const verifier = createVerifier({
    issuer,
    audience: AUDIENCE,
    revocations: 'stateless',
    async fetch(input, init) {
      if (init?.redirect === 'error') throw new TypeError('Invalid redirect value')
      const isSet = String(input) === `${issuer}/keys`
      return Response.json(isSet ? { keys: [key.publicJwk] } : { issuer, jwks_uri: `${issuer}/keys` })
    },
  })
  await verifier.ready()
  assert.equal(timers.length, 1, 'for the next question')
  const request = requestWith(sign(key, accessClaims(issuer)))
  assert.ok((await verifier.check(request, verifier.signedIn)).ok)
  await verifier.close()
})
