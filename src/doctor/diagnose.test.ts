import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, it } from 'node:test'
import { diagnose } from './diagnose.ts'
import type { Evidence, Header, HttpRequest } from './evidence.ts'
import type { Diagnosis } from './finding.ts'
import { redact } from './redact.ts'
import { diagnoseRefusal } from './refusal-finding.ts'
import { reportDiagnosis } from './report.ts'

const NOW = 1_800_000_000
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const JWK = { ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256' }
const CONFIG = { issuer: 'https://id', audience: 'api', algorithms: ['ES256'], keys: [JWK] }

function tokenWith(claims: object, header: object = {}): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const basics = { iss: 'https://id', aud: 'api', sub: 'u', iat: NOW - 60, exp: NOW + 600 }
  const text = `${part({ alg: 'ES256', kid: 'k', typ: 'at+jwt', ...header })}.${part({ ...basics, ...claims })}`
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}

const TOKEN = tokenWith({})
const request = (...headers: readonly Header[]): HttpRequest => ({
  method: 'GET',
  url: 'https://api.test/orders',
  headers,
})
const bearer = (text: string): Header => ['Authorization', `Bearer ${text}`]
const answer = (status: number, ...headers: readonly Header[]) => ({ status, headers })
const look = (evidence: Evidence): Diagnosis => redact(diagnose(evidence, NOW), evidence)
const codesOf = (evidence: Evidence): string[] => look(evidence).causes.map(({ code }) => code)

describe('what arrived is not what was sent', () => {
  const arrived = (authorization: string) =>
    codesOf({
      exchanges: [
        {
          as_sent: request(bearer(TOKEN)),
          as_received: request(['authorization', authorization]),
          response: answer(401),
        },
      ],
    })
  for (const [what, authorization, codes] of [
    [
      'a token that lost its end is cut, and no gateway replaced it',
      `Bearer ${TOKEN.slice(0, 150)}`,
      ['TOKEN_TRUNCATED'],
    ],
    ['one that a log masks says nothing', 'Bearer ***', []],
    ['one that stands there twice was joined', `Bearer ${TOKEN}, Bearer ${TOKEN}`, ['HDR_DUPLICATE']],
    ['Basic is no token of a gateway', 'Basic dXNlcjpwYXNz', ['HDR_SCHEME_MISMATCH']],
    [
      'a token of its own was put there by a gateway',
      `Bearer ${tokenWith({ iss: 'https://edge' })}`,
      ['EDGE_REPLACES_TOKEN'],
    ],
  ] as const) {
    it(what, () => assert.deepEqual(arrived(authorization), codes))
  }
})

describe('a redirect', () => {
  const first = {
    as_sent: request(bearer(TOKEN)),
    response: answer(302, ['Location', 'https://files.test/1']),
  }
  const other = { as_sent: { ...request(), url: 'https://cdn.test/logo.png' }, response: answer(200) }
  const followed = (...headers: readonly Header[]) => ({
    as_sent: { ...request(...headers), url: 'https://files.test/1' },
    response: answer(headers.length > 0 ? 200 : 401),
  })
  it('lost the header where the call that follows it has none', () => {
    assert.equal(codesOf({ exchanges: [first, other, followed()] })[0], 'HDR_DROPPED_ON_REDIRECT')
  })
  it('lost none because some other call of the page has none', () => {
    assert.deepEqual(codesOf({ exchanges: [first, other, followed(bearer(TOKEN))] }), [])
  })
})

it('the call in question is the one that was refused, not the icon that is missing', () => {
  const icon = { as_sent: { ...request(), url: 'https://api.test/favicon.ico' }, response: answer(404) }
  const call = { as_sent: request(['Authorization', `Bearer Bearer ${TOKEN}`]), response: answer(401) }
  assert.deepEqual(codesOf({ exchanges: [icon, call] }), ['HDR_DOUBLE_SCHEME'])
})

it('a call without an answer is not judged to be well', () => {
  assert.equal(
    look({ exchanges: [{ as_sent: request(['Cookie', 'sid=0123456789abcdef']) }] }).verdict,
    'undecided',
  )
})

it('an API key of ours is called one, and other secrets by their names', () => {
  const seen = (text: string) => reportDiagnosis(look({ tokens: [{ text }], config: CONFIG }))
  assert.match(seen('cs_key_0123456789abcdef'), /^TOKEN_OPAQUE.*\n.*an API key of Countersign/)
  assert.match(seen('cs_rt_0123456789abcdef'), /^TOKEN_WRONG_KIND_REFRESH.*\n.*but a refresh token/)
  assert.match(seen('cs_code_0123456789abcdef'), /^TOKEN_WRONG_KIND_REFRESH.*\n.*but an authorization code/)
})

describe('what may have another reason is not certain', () => {
  const causesOf = (evidence: Evidence) =>
    look(evidence).causes.map(({ code, certainty }) => `${code} ${certainty}`)

  it('a token that is bound to a key was not sent as Bearer by being pasted here', () => {
    const text = tokenWith({ cnf: { jkt: 'thumbprint' } })
    assert.deepEqual(causesOf({ tokens: [{ text }] }), ['DPOP_TOKEN_AS_BEARER probable'])
    const exchanges = [{ as_sent: request(bearer(text)), response: answer(401) }]
    assert.deepEqual(causesOf({ exchanges }), ['DPOP_TOKEN_AS_BEARER certain'])
  })

  it('the data of somebody else may be shared, or asked for by an administrator', () => {
    const seen = (path: string) => {
      const as_sent = { ...request(bearer(TOKEN)), url: `https://api.test${path}` }
      return causesOf({ exchanges: [{ as_sent, response: { ...answer(200), body: '{"owner":"v"}' } }] })
    }
    assert.deepEqual(seen('/documents/5'), ['WRONG_USER_DATA probable'])
    assert.deepEqual(seen('/me'), ['WRONG_USER_DATA certain'])
  })

  it('a life that is an hour longer than the setting may be of the setting before', () => {
    const config = { ...CONFIG, access_ttl_s: 3600 }
    assert.deepEqual(causesOf({ tokens: [{ text: tokenWith({ exp: NOW - 60 + 7200 }) }], config }), [
      'TIMEZONE_OFFSET probable',
    ])
  })

  it('a token without a kid is for the one key of its algorithm', () => {
    const rsa = { kty: 'RSA', kid: 'r', alg: 'RS256', n: 'AQAB', e: 'AQAB' }
    const text = tokenWith({}, { kid: undefined })
    const codes = (...keys: readonly object[]) =>
      codesOf({ tokens: [{ text }], config: { ...CONFIG, keys: [JWK, ...keys] as never } })
    assert.deepEqual(codes(rsa, { ...JWK, kid: 'e', use: 'enc' }), [])
    assert.deepEqual(codes(rsa, { ...JWK, kid: 'other' }), ['KID_MISSING'])
  })
})

it('an answer that finds nothing says which settings it was not told', () => {
  const { verdict, notChecked } = look({ tokens: [{ text: TOKEN }], config: { keys: [JWK] } })
  assert.equal(verdict, 'ok')
  assert.ok(notChecked.some((what) => what.startsWith('issuer, audience, algorithm: ')))
  assert.ok(
    !look({ tokens: [{ text: TOKEN }], config: CONFIG }).notChecked.some((what) => what.startsWith('issuer')),
  )
})

it('a credential in the place of its scheme is not printed', () => {
  const secret = 's3cretthatnobodymaysee'
  for (const value of [`${secret} Bearer`, `${secret}, ${secret}`, `Key ${secret} x`]) {
    const evidence = { exchanges: [{ as_sent: request(['Authorization', value]), response: answer(401) }] }
    assert.equal(JSON.stringify(look(evidence)).includes(secret), false, value)
  }
})

it('strangers have no say over whether there is an answer', () => {
  const odd = { toString: 1, valueOf: null }
  const claims = [
    'iss',
    'aud',
    'sub',
    'exp',
    'nbf',
    'iat',
    'roles',
    'groups',
    'scope',
    'typ',
    'client_id',
    'cnf',
    'tid',
  ]
  const texts = [
    ...claims.flatMap((name) => [tokenWith({ [name]: odd }), tokenWith({ [name]: [odd] })]),
    ...['alg', 'kid', 'typ', 'crit', 'enc', 'nonce'].map((name) => tokenWith({}, { [name]: [odd] })),
    ...['alg', 'kid', 'typ', 'crit', 'enc', 'nonce'].map((name) => tokenWith({}, { [name]: odd })),
  ]
  for (const text of texts) {
    for (const config of [undefined, CONFIG, { ...CONFIG, scheme: '*(' }]) {
      const exchanges = [{ as_sent: request(bearer(text)), response: answer(401) }]
      for (const evidence of [{ tokens: [{ text }] }, { exchanges }])
        reportDiagnosis(look({ ...evidence, ...(config !== undefined && { config }) }))
    }
  }
  const csrf = request(['Cookie', 'XSRF-TOKEN=100%'], ['X-XSRF-TOKEN', '100%'])
  assert.deepEqual(codesOf({ exchanges: [{ as_sent: csrf, response: answer(403) }] }), ['CSRF_TOKEN_STALE'])
})

describe('a preflight', () => {
  const preflightOf = (...headers: readonly Header[]) => {
    const asked = {
      'Access-Control-Request-Method': 'GET',
      'Access-Control-Request-Headers': 'authorization',
    }
    const as_sent: HttpRequest = {
      method: 'OPTIONS',
      url: 'https://api.test/orders',
      headers: Object.entries({ Origin: 'https://app.test', ...asked }),
    }
    return look({ exchanges: [{ as_sent, response: answer(204, ...headers) }] }).causes
  }

  it('of an origin that is not on the list is told by the list, not by the header alone', () => {
    const [cause] = preflightOf()
    assert.equal(cause?.code, 'CORS_HEADER_NOT_ALLOWED')
    assert.match(cause.evidence.join('\n'), /the origin https:\/\/app\.test is not on the service's list/)
    assert.match(cause.fix[0] ?? '', /CORS_ORIGINS=https:\/\/app\.test/)
    const [listed] = preflightOf(['Access-Control-Allow-Origin', 'https://app.test'])
    assert.equal(listed?.code, 'CORS_HEADER_NOT_ALLOWED')
    assert.doesNotMatch(listed.fix.join('\n'), /CORS_ORIGINS/)
  })
})

it('a cause that a newer node wrote is told by its code', () => {
  const record = { reference: 'r', at: NOW * 1000, code: 'FROM_TOMORROW', node: 'a', facts: {} }
  assert.match(reportDiagnosis(diagnoseRefusal(record, {}, NOW)), /^FROM_TOMORROW \(certain\): A cause that/)
})

it('of several tokens the first is judged, and the others are said not to be', () => {
  const { notChecked } = look({ tokens: [{ text: TOKEN }, { text: 'x' }, { text: 'y' }], config: CONFIG })
  assert.match(notChecked.join('\n'), /the other 2 tokens/)
  assert.doesNotMatch(look({ tokens: [{ text: TOKEN }], config: CONFIG }).notChecked.join('\n'), /the other/)
})

it('an audience that differs by a slash is to be written alike, and every command in a remedy is one', () => {
  const { causes } = look({ tokens: [{ text: TOKEN }], config: { ...CONFIG, audience: 'api/' } })
  assert.match(causes[0]?.fix[0] ?? '', /the same \(identical\) text on both sides/)
  const text = tokenWith({ iss: 'http://127.0.0.1:8000' })
  const alias = look({ tokens: [{ text }], config: { ...CONFIG, issuer: 'http://localhost:8000' } })
  assert.match(alias.causes[0]?.settledBy[0] ?? '', /`countersign doctor url http:\/\/localhost:8000`/)
})
