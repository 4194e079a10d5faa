import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { encodeBase64Url } from '../../src/base/base64url.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { guardRequestOf } from '../../src/guard/guard-request.ts'
import { generateSigningKey } from '../../src/keys/signing-key.ts'
import { createVerifier, type Principal } from '../../src/verify.ts'
import { handClock } from '../flows/issuer.ts'
import { workbench } from './asked.ts'
import { AUDIENCE, accessClaims, type Handler, KEYS, requestWith, sign } from './stand-in.ts'

const { issuerOf, verifierOf, later, close } = workbench()
after(close)

const stateless = { audience: AUDIENCE, revocations: 'stateless' } as const

test('a service checks tokens of an issuer of which it knows the address alone', async () => {
  const { issuer, key, asked } = await issuerOf()
  const verifier = createVerifier({
    issuer,
    ...stateless,
    logger: silentLogger,
    scopes: ['orders:read', 'orders:write'],
  })
  later(verifier.close)
  const token = sign(key, accessClaims(issuer, { sub: 'alice', sid: 's1', plan: 'team' }))

  const read = await verifier.check(requestWith(token), verifier.needs({ scopes: ['orders:read'] }))
  assert.ok(read.ok)
  assert.equal(read.principal.id, 'alice')
  assert.equal(read.principal.sessionId, 's1')
  assert.deepEqual(read.principal.scopes, ['orders:read'])
  assert.deepEqual({ ...read.principal.claims }, { plan: 'team' })
  assert.ok(Object.isFrozen(read.principal.claims), 'all requests with the token share them')

  const write = await verifier.check(requestWith(token), verifier.needs({ scopes: ['orders:write'] }))
  assert.ok(!write.ok)
  assert.equal(write.response.status, 403)
  assert.match(write.response.headers.get('www-authenticate') ?? '', /insufficient_scope.*orders:write/)

  const nobody = await verifier.check(new Request('https://api.example/'), verifier.signedIn)
  assert.ok(!nobody.ok)
  assert.equal(nobody.response.status, 401)
  assert.equal(nobody.response.headers.get('www-authenticate'), 'Bearer')

  const anybody = await verifier.check(new Request('https://api.example/'), verifier.anyone)
  assert.ok(anybody.ok && anybody.principal === undefined)
  assert.equal(asked.length, 2, 'metadata and keys, once')

  // @ts-expect-error: a scope that was not declared.
  assert.ok(verifier.needs({ scopes: ['orders:raed'] }))
})

test('RFC 9728: where the API publishes metadata each challenge leads to it, and to nowhere else', async () => {
  const { issuer, key } = await issuerOf()
  const resourceMetadata = 'https://orders.example.com/.well-known/oauth-protected-resource'
  const verifier = createVerifier({
    issuer,
    ...stateless,
    logger: silentLogger,
    scopes: ['orders:write'],
    resourceMetadata,
  })
  later(verifier.close)
  const token = sign(key, accessClaims(issuer))
  const write = verifier.needs({ scopes: ['orders:write'] })
  for (const request of [new Request('https://api.example/'), requestWith(`${token}x`), requestWith(token)]) {
    const checked = await verifier.check(request, write)
    assert.ok(!checked.ok)
    const challenge = checked.response.headers.get('www-authenticate') ?? ''
    assert.ok(challenge.includes(`resource_metadata="${resourceMetadata}"`), challenge)
  }
  for (const wrong of ['', 'http://orders.example.com/x', '/.well-known/x', 'javascript:alert(1)']) {
    const options = { issuer, ...stateless, resourceMetadata: wrong }
    assert.throws(() => createVerifier(options), /resourceMetadata: https/, wrong)
  }
})

test('limits, CORS and security headers are those of an issuer, under the same names', async () => {
  const { issuer, key } = await issuerOf()
  const page = 'https://shop.example.com'
  const { verifier } = verifierOf({ issuer, ...stateless, corsOrigins: [page], https: true })
  const word = verifier.limited(verifier.signedIn, { name: 'reports', count: 2, perSeconds: 60 })
  const status = async (
    sub: string,
    access: Parameters<typeof verifier.check>[1] = word,
    facts: { address?: string } = {},
  ) => {
    const checked = await verifier.check(requestWith(sign(key, accessClaims(issuer, { sub }))), access, facts)
    return checked.ok ? 200 : checked.response.status
  }
  assert.deepEqual([await status('alice'), await status('alice'), await status('alice')], [200, 200, 429])
  assert.equal(await status('bob'), 200, 'another account')
  const form = verifier.limited(verifier.anyone, { name: 'form', count: 1, perSeconds: 60 })
  const asked = ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1', undefined, undefined]
  const statuses = []
  for (const address of asked)
    statuses.push(await status('x', form, address === undefined ? {} : { address }))
  assert.deepEqual(
    statuses,
    [200, 429, 200, 200, 429],
    'E11: one /64 is one, and so are all without an address',
  )

  const request = (method: string, origin: string) =>
    new Request('https://api.example/reports', {
      method,
      headers: { origin, 'access-control-request-method': 'GET' },
    })
  const preflight = verifier.cors.preflight(request('OPTIONS', page), ['GET'])
  assert.equal(preflight?.status, 204)
  assert.equal(preflight?.headers.get('access-control-allow-origin'), page)
  assert.equal(verifier.cors.headers(request('GET', page))['Access-Control-Allow-Origin'], page)
  for (const stranger of ['null', 'https://evil.example', `${page}.evil.example`]) {
    assert.equal(verifier.cors.headers(request('GET', stranger))['Access-Control-Allow-Origin'], undefined)
  }
  assert.match(verifier.headers.api['Strict-Transport-Security'] ?? '', /max-age/)
  assert.match(verifier.headers.page()['Content-Security-Policy'] ?? '', /script-src 'self'/)
  const plain = verifierOf({ issuer, ...stateless }).verifier
  assert.equal(plain.headers.api['Strict-Transport-Security'], undefined, 'not where nobody said https')
  for (const wrong of ['*', 'null', 'https://a.example/', 'a.example', 'javascript:x']) {
    const options = { issuer, ...stateless, corsOrigins: [wrong] }
    assert.throws(() => createVerifier(options), /corsOrigins: .* origins/, wrong)
  }
})

test('what is known is judged at once: the gate answers without a promise', async () => {
  const { issuer, key } = await issuerOf()
  const { verifier } = verifierOf({ issuer, ...stateless })
  await verifier.ready()
  const token = sign(key, accessClaims(issuer))
  const request = {
    method: 'GET',
    target: '/orders',
    params: {},
    address: undefined,
    header: (name: string) => (name === 'authorization' ? `Bearer ${token}` : undefined),
  }
  for (let time = 0; time < 4; time++) {
    const admission = verifier.gate.admit(request, verifier.signedIn)
    assert.ok(admission !== undefined && 'scopes' in admission)
  }
})

test('F-6: the sockets it holds end with their tokens, and are told to go when it is closed', async () => {
  const { issuer, key } = await issuerOf()
  const clock = handClock(Date.now())
  const { verifier } = verifierOf({ issuer, ...stateless, clock })
  await verifier.ready()
  const codes: number[] = []
  const hold = async (lifeSeconds: number) => {
    const iat = Math.floor(clock.now() / 1000)
    const token = sign(key, accessClaims(issuer, { iat, exp: iat + lifeSeconds }))
    const request = guardRequestOf(requestWith(token))
    const principal = await verifier.gate.admit(request, verifier.signedIn)
    assert.ok(principal !== undefined && 'scopes' in principal)
    return new Promise<number>((resolve) => {
      const close = (code: number) => {
        codes.push(code)
        resolve(code)
      }
      verifier.gate.hold(request, { close }, principal)
    })
  }
  const stays = hold(300)
  const ends = hold(60)
  clock.advance(61_000)
  assert.equal(await ends, 1008)
  assert.deepEqual(codes, [1008])
  await verifier.close()
  assert.equal(await stays, 1001)
})

test('A1, A2, A7, A8, A10, A11, A17: for each yes the noes', async () => {
  const { issuer, key } = await issuerOf()
  const stranger = generateSigningKey('ES256')
  const { verdictOn } = verifierOf({ issuer, ...stateless })
  const now = Math.floor(Date.now() / 1000)
  const of = (claims: object, header: object = {}) =>
    sign(key, accessClaims(issuer, { ...claims }), { ...header })

  assert.equal(await verdictOn(of({})), 'ok')
  assert.equal(await verdictOn(of({ aud: ['https://other.example', AUDIENCE] })), 'ok')
  assert.equal(await verdictOn(of({}, { typ: 'application/AT+JWT' })), 'ok')

  const noes: [string, string][] = [
    [of({ iss: `${issuer}/` }), 'ISS_TRAILING_SLASH'],
    [of({ iss: 'https://other.example/a' }), 'ISS_OTHER_ENVIRONMENT'],
    [of({ aud: 'https://other.example' }), 'AUD_WRONG_API'],
    [of({ aud: `${AUDIENCE}/` }), 'AUD_WRONG_API'],
    [of({ aud: AUDIENCE.toUpperCase() }), 'AUD_WRONG_API'],
    [of({ aud: [] }), 'CLAIM_WRONG_TYPE'],
    [of({ aud: undefined }), 'CLAIM_MISSING'],
    [of({ exp: now - 6 }), 'TOKEN_EXPIRED'],
    [of({ exp: undefined }), 'EXP_MISSING'],
    [of({ exp: String(now + 300) }), 'EXP_WRONG_TYPE'],
    [of({ iat: now, exp: now + 3601 }), 'TOKEN_LIFE_TOO_LONG'],
    [of({ exp: (now + 300) * 1000 }), 'EXP_IN_MILLISECONDS'],
    [of({ iat: now + 20 }), 'CLOCK_VERIFIER_BEHIND'],
    [of({ nbf: now + 20 }), 'CLOCK_VERIFIER_BEHIND'],
    [of({ sub: 7 }), 'SUB_NOT_STRING'],
    [of({ jti: undefined }), 'CLAIM_MISSING'],
    ...[
      { nbf: null },
      { nbf: 'x' },
      { roles: 'admin' },
      { roles: [7] },
      { amr: 'mfa' },
      { auth_time: '7' },
      { sid: '' },
      { scope: ['orders:read'] },
      { ver: 7 },
      // Without its counters a token would outlive what raised them.
      { ver: 'x' },
      { ver: '1.2' },
    ].map((claims): [string, string] => [of(claims), 'CLAIM_WRONG_TYPE']),
    [of({ client_id: undefined }), 'CLAIM_MISSING'],
    [of({ iat: now + 20, nbf: now }), 'CLOCK_VERIFIER_BEHIND'],
    [of({ cnf: { jkt: 'x' } }), 'DPOP_TOKEN_AS_BEARER'],
    [of({ cnf: null }), 'DPOP_TOKEN_AS_BEARER'],
    [of({ cnf: '' }), 'DPOP_TOKEN_AS_BEARER'],
    [of({}, { typ: 'JWT' }), 'TOKEN_TYP_MISMATCH'],
    [of({}, { typ: undefined }), 'TOKEN_TYP_MISMATCH'],
    [of({ nonce: 'n' }, { typ: 'JWT' }), 'ID_TOKEN_AS_ACCESS'],
    [of({}, { typ: 'dpop+jwt' }), 'TOKEN_TYP_MISMATCH'],
    [of({}, { typ: 'at+jwt+x' }), 'TOKEN_TYP_MISMATCH'],
    [of({}, { typ: 'x-at+jwt' }), 'TOKEN_TYP_MISMATCH'],
    [of({}, { typ: 'logout+jwt' }), 'TOKEN_TYP_MISMATCH'],
    [of({}, { crit: ['exp'] }), 'TOKEN_CRIT_UNKNOWN'],
    [of({}, { b64: true }), 'TOKEN_CRIT_UNKNOWN'],
    [of({}, { alg: 'none' }), 'ALG_NONE'],
    [of({}, { alg: 'HS256' }), 'ALG_MISMATCH'],
    [of({}, { kid: undefined }), 'KID_MISSING'],
    [sign(stranger, accessClaims(issuer), { kid: key.kid }), 'SIG_WRONG_KEY'],
    [sign(stranger, accessClaims(issuer)), 'KID_UNKNOWN'],
  ]
  for (const [token, cause] of noes) assert.equal(await verdictOn(token), cause)
})

test('A8: how far clocks may be apart is 5 seconds, or what was said', async () => {
  const { issuer, key } = await issuerOf()
  for (const [options, seconds] of [
    [{}, 5],
    [{ toleranceSeconds: 0 }, 0],
    [{ toleranceSeconds: 60 }, 60],
  ] as const) {
    const clock = handClock()
    const { verdictOn } = verifierOf({ issuer, ...stateless, ...options, clock })
    const now = clock.now() / 1000
    const of = (ago: number) =>
      verdictOn(sign(key, accessClaims(issuer, { iat: now - ago, exp: now - ago + 300 })))
    const verdicts = [
      await of(299 + seconds),
      await of(300 + seconds),
      await of(-seconds),
      await of(-seconds - 1),
    ]
    assert.deepEqual(verdicts, ['ok', 'TOKEN_EXPIRED', 'ok', 'CLOCK_VERIFIER_BEHIND'])
  }
})

test('A5: keys and addresses in a header are neither used nor fetched', async () => {
  const { issuer, key, asked } = await issuerOf()
  const attacker = generateSigningKey('ES256')
  let knocks = 0
  const listener = createServer((_request, response) => {
    response.end(JSON.stringify({ keys: [attacker.publicJwk] }))
  })
  listener.on('connection', () => knocks++)
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  later(async () => void listener.close())
  const address = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/keys`
  const { verdictOn } = verifierOf({ issuer, ...stateless })

  const headers = [
    { jku: address },
    { x5u: address },
    { jwk: attacker.publicJwk },
    { x5c: ['MIIB'] },
    { jku: address, x5u: address, jwk: attacker.publicJwk },
    { jku: address, kid: undefined },
    { jku: address, kid: address },
    { jku: address, kid: key.kid },
  ]
  for (const header of headers) {
    assert.notEqual(await verdictOn(sign(attacker, accessClaims(issuer), header)), 'ok')
    assert.notEqual(await verdictOn(sign(attacker, accessClaims(issuer, { iss: address }), header)), 'ok')
  }
  // Nor do they do harm in a token that is genuine.
  assert.equal(await verdictOn(sign(key, accessClaims(issuer), { jku: address, x5u: address })), 'ok')
  assert.equal(knocks, 0)
  assert.deepEqual([...new Set(asked)], ['/.well-known/oauth-authorization-server', KEYS])
})

test('A14: nothing that objects inherit is taken for a claim or a member of a header', async () => {
  const { issuer, key } = await issuerOf()
  const expecting = verifierOf({ issuer, ...stateless, expect: { constructor: 'x' } })
  assert.equal(await expecting.verdictOn(sign(key, accessClaims(issuer))), 'TOKEN_TYP_MISMATCH')
  const mapped = verifierOf({ issuer, ...stateless, claims: { roles: ['constructor', 'prototype'] } })
  assert.equal(await mapped.verdictOn(sign(key, accessClaims(issuer))), 'ok')

  const { verifier, verdictOn } = verifierOf({ issuer, ...stateless })
  for (const kid of ['constructor', '__proto__', 'toString']) {
    assert.equal(await verdictOn(sign(key, accessClaims(issuer), { kid })), 'KID_UNKNOWN')
  }
  const names = { constructor: 'x', toString: 'text', valueOf: [1], hasOwnProperty: null }
  const payload = JSON.stringify({ ...accessClaims(issuer), ...names }).replace(
    '{',
    '{"__proto__":{"roles":["admin"],"scope":"admin"},',
  )
  const input = `${sign(key, {}).split('.')[0]}.${encodeBase64Url(payload)}`
  const token = `${input}.${encodeBase64Url(key.sign(input))}`
  for (let time = 0; time < 4; time++) {
    const checked = await verifier.check(requestWith(token), verifier.signedIn)
    assert.ok(checked.ok)
    const { principal } = checked
    assert.deepEqual(principal.roles, [])
    assert.deepEqual(principal.scopes, ['orders:read'])
    assert.deepEqual(Object.keys(principal.claims).sort(), Object.keys(names).sort())
    assert.equal(Object.getPrototypeOf(principal.claims), Object.prototype)
  }
})

test('A14: what somebody adds to all objects is nobody’s claim', async () => {
  const { issuer, key } = await issuerOf()
  const { verifier } = verifierOf({ issuer, ...stateless })
  await verifier.ready()
  const token = sign(key, accessClaims(issuer))
  const read = () =>
    verifier.gate.admit(
      { method: 'GET', target: '/', params: {}, address: undefined, header: () => `Bearer ${token}` },
      verifier.signedIn,
    )
  for (let time = 0; time < 4; time++) {
    Object.assign(Object.prototype, { sid: 's', plan: 'team', amr: ['hwk'], auth_time: 1e10 })
    let admission: unknown
    let claims: unknown
    try {
      admission = read()
      claims = Object.keys((admission as { claims: object }).claims)
    } finally {
      for (const name of ['sid', 'plan', 'amr', 'auth_time']) Reflect.deleteProperty(Object.prototype, name)
    }
    const { sessionId, amr, authTime } = admission as Principal
    assert.deepEqual([sessionId, amr, authTime, claims], [undefined, [], undefined, []])
  }
})

test('a key that is new at the issuer is found while its first tokens wait, by one question for all', async () => {
  const issuer = await issuerOf()
  const clock = handClock(Date.now())
  const { verifier, verdictOn } = verifierOf({ issuer: issuer.issuer, ...stateless, clock })
  await verifier.ready()
  const next = generateSigningKey('EdDSA')
  issuer.publish([issuer.key.publicJwk, next.publicJwk])
  const early = sign(next, accessClaims(issuer.issuer))
  assert.equal(await verdictOn(early), 'KID_UNKNOWN', 'the keys were fetched a moment ago')
  assert.equal(issuer.countOf(KEYS), 1)

  clock.advance(30_000)
  const tokens = Array.from({ length: 50 }, () => sign(next, accessClaims(issuer.issuer)))
  const verdicts = await Promise.all(tokens.map(verdictOn))
  assert.deepEqual(new Set(verdicts), new Set(['ok']))
  assert.equal(issuer.countOf(KEYS), 2)
})

test('a token of another issuer makes nobody fetch anything', async () => {
  const { issuer, countOf } = await issuerOf()
  const clock = handClock(Date.now())
  const { verifier, verdictOn } = verifierOf({ issuer, ...stateless, clock })
  await verifier.ready()
  clock.advance(30_000)
  const token = sign(generateSigningKey('ES256'), accessClaims('https://other.example/a'))
  assert.equal(await verdictOn(token), 'KID_UNKNOWN')
  assert.equal(countOf(KEYS), 1)
})

test('PROTOCOL 3.2: no refusal but that of an unknown key makes anybody fetch the keys', async () => {
  const { issuer, key, countOf } = await issuerOf()
  const clock = handClock(Date.now())
  const { verifier, verdictOn } = verifierOf({ issuer, ...stateless, clock })
  await verifier.ready()
  clock.advance(60_000)
  const stranger = generateSigningKey('ES256')
  const noes = [
    [sign(key, accessClaims(issuer, { exp: clock.now() / 1000 - 10 })), 'TOKEN_EXPIRED'],
    [sign(key, accessClaims(issuer, { aud: 'https://other.example' })), 'AUD_WRONG_API'],
    [sign(key, accessClaims(issuer), { kid: undefined }), 'KID_MISSING'],
    [sign(stranger, accessClaims(issuer), { kid: key.kid }), 'SIG_WRONG_KEY'],
    ['e30.e30.c2ln', 'TOKEN_TYP_MISMATCH'],
  ] as const
  for (const [token, cause] of noes) assert.equal(await verdictOn(token), cause)
  assert.equal(countOf(KEYS), 1)
  assert.equal(await verdictOn(sign(stranger, accessClaims(issuer))), 'KID_UNKNOWN')
  assert.equal(countOf(KEYS), 2)
})

test('an issuer that does not answer is 503 and asks to come again, never 401', async () => {
  const issuer = await issuerOf()
  const pages = new Map(issuer.pages)
  issuer.pages.clear()
  const { verifier, verdictOn } = verifierOf({ issuer: issuer.issuer, ...stateless })
  await assert.rejects(verifier.ready(), { code: 'JWKS_UNREACHABLE' })
  const token = sign(issuer.key, accessClaims(issuer.issuer))
  assert.equal(await verdictOn(token), 'JWKS_UNREACHABLE')
  const checked = await verifier.check(requestWith(token), verifier.signedIn)
  assert.ok(!checked.ok)
  assert.equal(checked.response.status, 503)
  assert.ok(checked.response.headers.has('retry-after'))
  assert.ok((await verifier.check(requestWith(token), verifier.anyone)).ok)

  for (const [path, page] of pages) issuer.pages.set(path, page)
  await verifier.ready()
  assert.equal(await verdictOn(token), 'ok')
})

test('PROTOCOL 3.2: while the issuer does not answer, a key that nobody here knows is 503, and those that are known go on', async () => {
  const issuer = await issuerOf()
  const clock = handClock()
  const { verifier, verdictOn } = verifierOf({ issuer: issuer.issuer, ...stateless, clock })
  await verifier.ready()
  const claims = () => accessClaims(issuer.issuer, { iat: clock.now() / 1000, exp: clock.now() / 1000 + 300 })
  const unknown = sign(generateSigningKey('ES256'), claims())
  assert.equal(await verdictOn(unknown), 'KID_UNKNOWN')
  issuer.pages.clear()
  clock.advance(30_000)
  for (let time = 0; time < 2; time += 1) assert.equal(await verdictOn(unknown), 'JWKS_UNREACHABLE')
  assert.equal(await verdictOn(sign(issuer.key, claims())), 'ok')
})

test('a redirect is not followed', async () => {
  const [issuer, elsewhere] = await Promise.all([issuerOf(), issuerOf()])
  const redirect: Handler = (_request, response) => {
    response.writeHead(302, { location: elsewhere.issuer + KEYS }).end()
  }
  issuer.pages.set(KEYS, redirect)
  const { verifier } = verifierOf({ issuer: issuer.issuer, ...stateless })
  await assert.rejects(verifier.ready(), { code: 'JWKS_UNREACHABLE' })
  assert.equal(elsewhere.asked.length, 0)
})

test('A9: of several issuers each has its own keys, audience and terms', async () => {
  const [ours, theirs] = await Promise.all([issuerOf(), issuerOf({ algorithm: 'EdDSA', path: '/tenant' })])
  const { verdictOn } = verifierOf({
    issuers: [
      { issuer: ours.issuer, ...stateless },
      {
        issuer: theirs.issuer,
        audience: 'theirs',
        revocations: 'stateless',
        tokenType: 'JWT',
        maxLifetimeSeconds: 600,
      },
    ],
  })
  const now = Math.floor(Date.now() / 1000)
  const plain = { typ: 'JWT' }
  const ofTheirs = (more: object = {}, header: object = plain) =>
    sign(theirs.key, accessClaims(theirs.issuer, { aud: 'theirs', ...more }), { ...header })
  for (let time = 0; time < 3; time++) {
    assert.equal(await verdictOn(sign(ours.key, accessClaims(ours.issuer))), 'ok')
    assert.equal(await verdictOn(ofTheirs()), 'ok')
  }

  const noes: [string, string][] = [
    // One issuer's key under the other's name, with and without the other's kid.
    [sign(theirs.key, accessClaims(ours.issuer)), 'KID_UNKNOWN'],
    [sign(ours.key, accessClaims(theirs.issuer, { aud: 'theirs' }), plain), 'KID_UNKNOWN'],
    [sign(theirs.key, accessClaims(ours.issuer), { kid: ours.key.kid }), 'ALG_MISMATCH'],
    [sign(theirs.key, accessClaims(ours.issuer), { kid: ours.key.kid, alg: 'ES256' }), 'SIG_WRONG_KEY'],
    // One issuer's terms for the other's tokens.
    [sign(ours.key, accessClaims(ours.issuer, { aud: 'theirs' })), 'AUD_WRONG_API'],
    [sign(ours.key, accessClaims(ours.issuer), plain), 'TOKEN_TYP_MISMATCH'],
    [ofTheirs({ aud: AUDIENCE }), 'AUD_WRONG_API'],
    [ofTheirs({}, {}), 'TOKEN_TYP_MISMATCH'],
    [ofTheirs({ at_hash: 'x' }), 'ID_TOKEN_AS_ACCESS'],
    [ofTheirs({ iat: now, exp: now + 601 }), 'TOKEN_LIFE_TOO_LONG'],
    // Names that are nearly ours, and none at all.
    [sign(ours.key, accessClaims(`${ours.issuer}/`)), 'ISS_TRAILING_SLASH'],
    [sign(ours.key, accessClaims('https://evil.example/a')), 'ISS_OTHER_ENVIRONMENT'],
    [sign(ours.key, accessClaims('__proto__')), 'ISS_OTHER_ENVIRONMENT'],
    [sign(ours.key, accessClaims(ours.issuer, { iss: undefined })), 'CLAIM_MISSING'],
    [sign(ours.key, accessClaims(ours.issuer, { iss: [ours.issuer] })), 'CLAIM_WRONG_TYPE'],
  ]
  for (const [token, cause] of noes) assert.equal(await verdictOn(token), cause)
})

test('an issuer that is down does not hold up the tokens of another', async () => {
  const [up, down] = await Promise.all([issuerOf(), issuerOf()])
  down.pages.clear()
  const { verdictOn } = verifierOf({
    issuers: [
      { issuer: up.issuer, ...stateless },
      { issuer: down.issuer, ...stateless },
    ],
  })
  assert.equal(await verdictOn(sign(up.key, accessClaims(up.issuer))), 'ok')
  assert.equal(await verdictOn(sign(down.key, accessClaims(down.issuer))), 'JWKS_UNREACHABLE')
})

test('A20: a key that leaves the key set takes what is remembered of its tokens with it', async () => {
  const issuer = await issuerOf()
  const { verifier, verdictOn } = verifierOf({ issuer: issuer.issuer, ...stateless })
  const token = sign(issuer.key, accessClaims(issuer.issuer))
  for (let time = 0; time < 4; time++) assert.equal(await verdictOn(token), 'ok')
  issuer.publish([generateSigningKey('ES256').publicJwk])
  await verifier.ready()
  assert.equal(await verdictOn(token), 'KID_UNKNOWN')
})

test('A20: two verifiers share nothing: a token for one is none for the other, warm or cold', async () => {
  const { issuer, key } = await issuerOf()
  const one = verifierOf({ issuer, audience: 'one', revocations: 'stateless' })
  const two = verifierOf({ issuer, audience: 'two', revocations: 'stateless' })
  const token = sign(key, accessClaims(issuer, { aud: 'one', jti: randomUUID() }))
  for (let time = 0; time < 4; time++) {
    assert.equal(await one.verdictOn(token), 'ok')
    assert.equal(await two.verdictOn(token), 'AUD_WRONG_API')
  }
})

test('whoever does not follow revocations is told so, unless they said it', async (t) => {
  const { issuer } = await issuerOf()
  const warnings: string[] = []
  const logger = { ...silentLogger, warn: (_facts: object, message: string) => void warnings.push(message) }
  createVerifier({ issuer, ...stateless, logger })
  assert.equal(warnings.length, 0)
  createVerifier({ issuer, audience: AUDIENCE, logger })
  assert.match(warnings.join(), /revocations are not followed/)
  // Also where there is no log: it is the one thing that nobody may overlook.
  const { mock } = t.mock.method(console, 'warn', (message: string) => void warnings.push(message))
  createVerifier({ issuer, ...stateless })
  assert.equal(mock.callCount(), 0)
  createVerifier({ issuer, audience: AUDIENCE })
  assert.match(warnings[1] ?? '', /^countersign: revocations are not followed/)
})

test('options that cannot work are refused, all at once', () => {
  const wrong = {
    issuer: 'http://issuer.example',
    audience: [],
    tokenType: 'jwt',
    algorithm: 'HS256',
    maxKeyAgeSeconds: 1,
    revocations: { clientId: 'x', clientSecret: '', staleness: 'loose', maxStalenessSeconds: 0, secret: 'x' },
    claims: { scopes: 'scp' },
    toleranceSeconds: 61,
    cacheBytes: -1,
    issuerr: 'x',
  }
  assert.throws(
    // @ts-expect-error: as a program without types would.
    () => createVerifier(wrong),
    (error: unknown) => {
      assert.ok(error instanceof TypeError)
      for (const part of [
        'https, or http on loopback',
        'audience:',
        'tokenType:',
        'algorithm:',
        'maxKeyAgeSeconds:',
        'clientId and clientSecret',
        'revocations.staleness',
        'revocations.maxStalenessSeconds',
        'revocations.secret: there is no such option',
        'claims.scopes: there is no such option',
        'toleranceSeconds: 0 to 60',
        'cacheBytes: from 0',
        'issuerr: there is no such option',
      ]) {
        assert.ok(error.message.includes(part), part)
      }
      return true
    },
  )
  const named = { jwksUri: 'https://issuer.example/keys', audience: AUDIENCE }
  const follower = { clientId: 'orders', clientSecret: 'x' }
  for (const [issuer, url] of [
    ['issuer.example', undefined],
    ['http://issuer.example', undefined],
    ['https://issuer.example#', undefined],
    ['https://issuer.example', 'http://issuer.example/revocations'],
    ['https://issuer.example', ''],
  ] as const) {
    // A secret of the client would go there.
    const revocations = { ...follower, ...(url !== undefined && { url }) }
    assert.throws(() => createVerifier({ ...named, issuer, revocations }), /revocations\.url: https/, issuer)
  }
  const good = { issuer: 'https://issuer.example', ...stateless }
  const nameless = { audience: AUDIENCE, revocations: follower } as unknown as typeof good
  assert.throws(() => createVerifier(nameless), /^TypeError: createVerifier\(\): issuer: a text is needed/)
  const elsewhere = { ...follower, url: 'https://issuer.example/revocations' }
  assert.ok(createVerifier({ ...named, issuer: 'issuer.example', revocations: elsewhere }))
  assert.throws(() => createVerifier({ issuers: [] }), /one or more/)
  assert.throws(() => createVerifier({ issuers: [good, good] }), /^TypeError: .*stands twice/)
  for (const [name, values] of Object.entries({
    // A text would be written behind the time of an end, which would then be in centuries (A8).
    toleranceSeconds: [-1, 61, Number.NaN, '5', null],
    maxLifetimeSeconds: [0, -1, Number.POSITIVE_INFINITY, Number.NaN, '3600'],
    cacheBytes: [-1, Number.NaN, 2 ** 34 + 1, '0'],
    scopes: ['orders:read', 5, null, [5]],
    corsOrigins: ['https://a.example', null, [5]],
    https: ['false', 0, null],
    renderRefusal: [null, 'x'],
    onRefusal: [null, {}],
    logger: [null, {}, 5],
    fetch: [null, 'x', {}],
    clock: [null, {}, { now: Date.now }],
    issuers: [null, 'x', [], [null]],
    expect: [null, 'access', ['access'], { token_use: 5 }],
    claims: [null, 'scope', [], { roles: 5 }, { roles: [] }, { roles: [''] }, { roles: '' }],
    'claims.clientItself': ['gty', ['gty'], ['gty', 5], ['', 'x'], ['gty', 'x', 'y']].map((clientItself) => ({
      clientItself,
    })),
  })) {
    const option = name.split('.')[0] ?? name
    for (const value of values) {
      const options = { ...good, [option]: value } as typeof good
      assert.throws(
        () => createVerifier(options),
        (error) => error instanceof TypeError && error.message.includes(name),
        `${name} ${JSON.stringify(value)}`,
      )
    }
  }
  for (const more of [
    { toleranceSeconds: 0, maxLifetimeSeconds: 1, cacheBytes: 0 },
    { toleranceSeconds: 60, claims: {}, expect: {} },
    { claims: { roles: ['a', 'b'], tokenId: 'none', clientItself: [['a', 'b'], 'x'] } },
  ] as const) {
    assert.ok(createVerifier({ ...good, ...more }))
  }
  for (const [more, isTaken] of [
    [{ maxKeyAgeSeconds: 600 }, true],
    [{ maxKeyAgeSeconds: 599 }, false],
    [{ maxKeyAgeSeconds: Number.POSITIVE_INFINITY }, false],
    [{ maxKeyAgeSeconds: Number.NaN }, false],
    [{ maxKeyAgeSeconds: '600' }, false],
    [{ revocations: { ...follower, maxStalenessSeconds: 1 } }, true],
    [{ revocations: { ...follower, maxStalenessSeconds: 3600 } }, true],
    [{ revocations: { ...follower, maxStalenessSeconds: 3601 } }, false],
    [{ revocations: { ...follower, maxStalenessSeconds: 0.5 } }, false],
    [{ revocations: { ...follower, maxStalenessSeconds: '5' } }, false],
    [{ revocations: null }, false],
    [{ revocations: true }, false],
    [{ revocations: 'none' }, false],
  ] as const) {
    const options = { ...good, ...more } as unknown as typeof good
    if (isTaken) assert.ok(createVerifier(options))
    else assert.throws(() => createVerifier(options), /maxKeyAge|revocations/, JSON.stringify(more))
  }
  // @ts-expect-error: where there are several, everything is said of each.
  assert.throws(() => createVerifier({ issuers: [good], audience: AUDIENCE }), /belongs to each/)
})
