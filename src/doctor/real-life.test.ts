import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, it } from 'node:test'
import { diagnose } from './diagnose.ts'
import type { Evidence, Header, HttpResponse } from './evidence.ts'
import { readExchanges } from './gather/exchange-text.ts'
import { redact } from './redact.ts'

/* What engineers meet and no list of causes names: the answer has to lead them there, and not be sure of something else. */

const NOW = 1_800_000_000
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const JWK = { ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256' }
const CONFIG = { issuer: 'https://id.shop.test', audience: 'api', algorithms: ['ES256'], keys: [JWK] }

function tokenWith(claims: object = {}): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const basics = { iss: CONFIG.issuer, aud: 'api', sub: 'u', iat: NOW - 60, exp: NOW + 600 }
  const text = `${part({ alg: 'ES256', kid: 'k', typ: 'at+jwt' })}.${part({ ...basics, ...claims })}`
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}

const TOKEN = tokenWith()
const look = (evidence: Evidence) => redact(diagnose(evidence, NOW), evidence)
const call = (authorization: string, response: HttpResponse): Evidence => ({
  exchanges: [
    {
      as_sent: {
        method: 'GET',
        url: 'https://api.shop.test/orders',
        headers: [['Authorization', authorization]],
      },
      response,
    },
  ],
})
const firstOf = (evidence: Evidence) => {
  const [first] = look(evidence).causes
  return [first && `${first.code} ${first.certainty}`, first?.evidence.join(' ') ?? ''] as const
}

describe('what was put into the header', () => {
  for (const [value, code, said] of [
    [`Optional("${TOKEN}")`, 'HDR_QUOTED_TOKEN', /a Swift optional/],
    [`Token(value=${TOKEN})`, 'HDR_QUOTED_TOKEN', /an object was put into a text/],
    [`access_token=${TOKEN}`, 'HDR_QUOTED_TOKEN', /the name of a field/],
    [`${TOKEN}\\n`, 'HDR_QUOTED_TOKEN', /the two characters of/],
    [`${TOKEN}; Path=/`, 'HDR_QUOTED_TOKEN', /a semicolon/],
    [`${TOKEN},`, 'HDR_QUOTED_TOKEN', /a comma/],
    ['%TOKEN%', 'HDR_LITERAL_UNDEFINED', /In place of a token/],
    ['{token}', 'HDR_LITERAL_UNDEFINED', /In place of a token/],
    ['process.env.ACCESS', 'HDR_LITERAL_UNDEFINED', /In place of a token/],
    ['%!s(MISSING)', 'HDR_LITERAL_UNDEFINED', /In place of a token/],
    [':token', 'HDR_LITERAL_UNDEFINED', /In place of a token/],
    ['[token]', 'HDR_LITERAL_UNDEFINED', /In place of a token/],
  ] as const) {
    it(value.replace(TOKEN, 'TOKEN'), () => {
      const [cause, evidence] = firstOf(call(`Bearer ${value}`, { status: 401, headers: [] }))
      assert.equal(cause, `${code} certain`)
      assert.match(evidence, said)
      assert.doesNotMatch(evidence, /eyJ/)
    })
  }

  it('the scheme without the space behind it is no token alone', () => {
    const [cause, evidence] = firstOf(call(`Bearer${TOKEN}`, { status: 401, headers: [] }))
    assert.equal(cause, 'HDR_NO_SCHEME certain')
    assert.match(evidence, /without the space/)
  })

  it('a token that somebody shortened in the middle is not known, and no fault of its own', () => {
    const short = `${TOKEN.slice(0, 20)}...${TOKEN.slice(-10)}`
    const exchanges = readExchanges(
      `GET https://api.shop.test/orders HTTP/1.1\nAuthorization: Bearer ${short}\n\nHTTP/1.1 401 Unauthorized\n`,
    )
    assert.deepEqual(look({ exchanges }).causes, [])
  })

  it('nothing of this is said of a good token, bare or in quotes of its own', () => {
    const codes = look(call(`Bearer ${TOKEN}`, { status: 401, headers: [] })).causes.map(({ code }) => code)
    assert.deepEqual(codes, [])
  })
})

describe('who has answered', () => {
  const json: Header = ['content-type', 'application/json']
  const html: Header = ['content-type', 'text/html; charset=utf-8']
  for (const [what, response, said] of [
    [
      'a path that Amazon does not know',
      { status: 403, headers: [json], body: '{"message":"Missing Authentication Token"}' },
      /no route of that path/,
    ],
    [
      'a signature that Amazon expects',
      { status: 403, headers: [['x-amzn-errortype', 'IncompleteSignatureException']] },
      /a signature of AWS/,
    ],
    [
      'a subscription of Azure',
      { status: 401, headers: [json], body: '{"message":"Access denied due to missing subscription key."}' },
      /Ocp-Apim-Subscription-Key/,
    ],
    [
      'a key of Kong',
      { status: 401, headers: [json], body: '{"message":"No API key found in request"}' },
      /header `apikey`/,
    ],
    [
      'Cloudflare',
      {
        status: 403,
        headers: [['cf-ray', '8'], html],
        body: '<title>Attention Required! | Cloudflare</title>',
      },
      /a rule of Cloudflare/,
    ],
    [
      'nginx',
      { status: 401, headers: [html], body: '<h1>401</h1><hr><center>nginx/1.27</center>' },
      /nginx has answered by itself/,
    ],
    ['a page', { status: 403, headers: [html], body: '<html>no</html>' }, /the refusal is a web page/],
    ['a proxy', { status: 407, headers: [] }, /Proxy-Authorization/],
    ['a sign-in page', { status: 302, headers: [['location', '/login?next=%2Forders']] }, /led to a sign-in/],
    [
      'another address',
      { status: 308, headers: [['location', 'https://api.shop.test/orders/']] },
      /curl -v -L/,
    ],
  ] as const satisfies readonly (readonly [string, HttpResponse, RegExp])[]) {
    it(`${what} is asked about first, and proven by nothing`, () => {
      const { verdict, wanted } = look(call(`Bearer ${TOKEN}`, response))
      assert.equal(verdict, 'undecided')
      assert.match(wanted[0] ?? '', said)
    })
  }

  it('an answer of the API itself is taken for nobody else’s', () => {
    for (const response of [
      { status: 401, headers: [json], body: '{"detail":"no"}' },
      { status: 200, headers: [html], body: '<html>' },
      { status: 404, headers: [html], body: '<html>' },
    ])
      assert.doesNotMatch(
        look(call(`Bearer ${TOKEN}`, response)).wanted.join(' '),
        /was asked at all|in the end/,
      )
  })
})

describe('two texts for one name', () => {
  for (const [iss, issuer, said] of [
    ['https://kc.test/realms/Shop', 'https://kc.test/realms/shop', /upper and lower case/],
    ['https://kc.test/realms/shop', 'https://kc.test/auth/realms/shop', /before version 17/],
    ['https://id.test:443', 'https://id.test', /the port/],
    ['https://id.test', 'https://id.test/.well-known/openid-configuration', /the metadata/],
    ['https://id.test', 'https://id.test ', /white space/],
    ['https://id.test', '"https://id.test"', /quotation marks/],
    ['id.test', 'https://id.test', /no scheme/],
  ] as const) {
    it(`the issuer ${iss} and ${issuer}`, () => {
      const text = tokenWith({ iss })
      const [cause, evidence] = firstOf({ tokens: [{ text }], config: { ...CONFIG, issuer } })
      assert.equal(cause, 'ISS_HOST_ALIAS probable')
      assert.match(evidence, said)
    })
  }

  it('two hosts whose key is one are one issuer, unless a name says which deployment it is', () => {
    const cause = (iss: string, issuer: string, keys: readonly object[] = [JWK]) =>
      firstOf({
        tokens: [{ text: tokenWith({ iss }) }],
        config: { ...CONFIG, issuer, keys: [...keys] as never },
      })[0]
    assert.equal(cause('https://shop.auth0.test/', 'https://login.shop.test/'), 'ISS_HOST_ALIAS probable')
    assert.equal(
      cause('https://id.staging.shop.test', 'https://id.shop.test'),
      'ISS_OTHER_ENVIRONMENT certain',
    )
    assert.equal(
      cause('https://shop.auth0.test/', 'https://login.shop.test/', []),
      'ISS_OTHER_ENVIRONMENT certain',
    )
  })

  for (const [aud, audience, said] of [
    ['API', 'api', /upper and lower case/],
    ['1234', 'api://1234', /the scheme in front/],
    ['http://api.test', 'https://api.test', /the scheme in front/],
    ['api,web', 'api', /as one text, in place of a list/],
    ['api ', 'api', /white space/],
    ['other', 'api', /a token for another API/],
  ] as const) {
    it(`the audience ${aud} and ${audience}`, () => {
      const [cause, evidence] = firstOf({
        tokens: [{ text: tokenWith({ aud }) }],
        config: { ...CONFIG, audience },
      })
      assert.equal(cause, 'AUD_WRONG_API certain')
      assert.match(evidence, said)
    })
  }
})
