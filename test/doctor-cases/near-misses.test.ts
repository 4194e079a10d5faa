import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { diagnose } from '../../src/doctor/diagnose.ts'
import type { Evidence } from '../../src/doctor/evidence.ts'
import {
  basic,
  bearer,
  CONFIG,
  call,
  code,
  document,
  JSON_TYPE,
  JWK,
  NOW,
  OTHER_JWK,
  tokenWith,
} from './evidence.ts'

/* What looks like a cause and is none, or may be one and is not proven: of each the doctor was sure. */

type Row = readonly [situation: string, evidence: Evidence, causes: string]

function check(rows: readonly Row[]): void {
  for (const [situation, evidence, causes] of rows)
    it(situation, () => {
      const found = diagnose(evidence, NOW).causes.map((one) => `${one.code} ${one.certainty}`)
      assert.equal(found.join(', '), causes)
    })
}

const withToken = (claims: object = {}): Evidence => ({
  config: CONFIG,
  tokens: [{ text: tokenWith(claims) }],
})
const refusedWith = (claims: object): Evidence => ({
  config: CONFIG,
  exchanges: [call(401, { headers: [bearer(claims)] })],
})
const withSecret: Evidence = {
  config: { ...CONFIG, algorithms: ['HS256'], keys: [], secret: 'pX9vQ2mZr7TkLw4NsYb8HcJd6FgAe3Ru' },
}
const verifier = (library: string, options: Readonly<Record<string, unknown>>): Evidence => ({
  config: { ...CONFIG, verifier: { library, options } },
  exchanges: [call(401, { headers: [bearer({ aud: 'web' })] })],
})
const EXPIRED = { exp: NOW - 3600 }

describe('keys and secrets', () => {
  check([
    [
      'the default of a lifetime is no secret',
      { ...withSecret, ...code("const ttl = process.env.JWT_EXPIRES_IN ?? '15m'") },
      '',
    ],
    [
      'nor is the name of a header',
      { ...withSecret, ...code("const name = process.env.API_KEY_HEADER || 'x-api-key'") },
      '',
    ],
    [
      'a secret is found behind the default of something else',
      {
        ...withSecret,
        ...code(
          "const db = process.env.DATABASE_URL || 'sqlite:x'\nconst secret = process.env.JWT_SECRET || 'change me'",
        ),
      },
      'SECRET_FALLBACK certain',
    ],
    [
      'a short secret signs nothing where public keys verify',
      {
        config: { ...CONFIG, secret: 'short' },
        tokens: [{ text: tokenWith({}, { byStranger: true }) }],
      },
      'SIG_WRONG_KEY certain',
    ],
    [
      'a key that was read from a file of that ending is not broken',
      {
        events: [
          { time: NOW - 50, type: 'config.loaded', outcome: 'ok', detail: 'public key from /etc/jwt.pem' },
        ],
      },
      '',
    ],
    [
      'concerts are no certificates',
      { exchanges: [call(401, { url: 'https://api.shop.test/concerts/12', headers: [bearer()] })] },
      '',
    ],
    [
      'keys of an application are no key set',
      { exchanges: [call(401, { url: 'https://api.shop.test/v1/keys', headers: [bearer()] })] },
      '',
    ],
    [
      'a key set that answers where it has moved to is there',
      {
        exchanges: [
          call(301, { url: 'http://id.shop.test/.well-known/jwks.json' }),
          call(200, { url: 'https://id.shop.test/.well-known/jwks.json', answered: { body: '{"keys":[]}' } }),
        ],
      },
      '',
    ],
    [
      'a key set in which a key was looked for was read',
      {
        events: [
          {
            time: NOW - 5,
            type: 'access.checked',
            outcome: 'refused',
            check: 'jwks',
            kid: 'abc',
            detail: "Unable to find a signing key that matches 'abc'",
          },
        ],
      },
      'KID_UNKNOWN certain',
    ],
    [
      'a configuration that was changed need not be a key that was replaced',
      {
        config: CONFIG,
        tokens: [{ text: tokenWith({ iat: NOW - 600 }, { byStranger: true }) }],
        events: [{ time: NOW - 100, type: 'config.changed', outcome: 'ok', detail: 'log level' }],
      },
      'SIG_WRONG_KEY certain, KEY_ROTATED_HARD probable',
    ],
    [
      'a verifier that took a token needs no kid',
      {
        config: { ...CONFIG, keys: [JWK, OTHER_JWK] },
        exchanges: [call(200, { headers: [bearer({}, { header: { kid: undefined } })] })],
      },
      '',
    ],
  ])
})

describe('code and options', () => {
  const reads = (text: string): Evidence => ({ ...withToken(), ...code(text) })
  check([
    [
      'an error of the library is no claim',
      reads('if (error instanceof jwt.TokenExpiredError) return next()'),
      '',
    ],
    [
      'beside its header a payload is read whole',
      reads(
        'const decoded = jwt.verify(token, key, { complete: true }); use(decoded.payload.sub, decoded.header.kid)',
      ),
      '',
    ],
    ['a claim with a default need not be there', reads("const tenant = payload.tenant ?? 'default'"), ''],
    ['nor one that stands behind another', reads('const id = payload.sub || payload.id'), ''],
    [
      'but one of the two has to',
      reads('const id = payload.userId || payload.id'),
      'CLAIM_PATH_MISMATCH certain',
    ],
    ['a claim has methods', reads('const id = payload.sub.toLowerCase()'), ''],
    ['a body is no token', reads('const payload = await request.json()\nsave(payload.email)'), ''],
    [
      'Passport hands it over by a name of its own',
      reads('find(jwt_payload.id)'),
      'CLAIM_PATH_MISMATCH certain',
    ],
    [
      'a number that cannot be read is no token',
      reads('try:\n    page = int(q)\nexcept ValueError:\n    pass\n'),
      '',
    ],
    [
      'a hash that was verified is no fault of its library',
      { events: [{ time: NOW, type: 'login', outcome: 'ok', detail: 'argon2id verified in 85 ms' }] },
      '',
    ],
    [
      'nor is a password that is wrong',
      {
        events: [
          { time: NOW, type: 'login', outcome: 'refused', detail: 'argon2.exceptions.VerifyMismatchError' },
        ],
      },
      '',
    ],
    [
      'a database that fails is no cookie',
      {
        exchanges: [
          call(500, {
            headers: [['Cookie', 'sid=a']],
            answered: { body: '{"error":"relation \\"sessions\\" is gone"}' },
          }),
        ],
      },
      'BAD_COOKIE_500 probable',
    ],
    [
      'another path without cookies is not the same request',
      {
        exchanges: [
          call(200, { url: 'https://api.shop.test/login' }),
          call(500, { headers: [['Cookie', 'sid=a']] }),
        ],
      },
      'BAD_COOKIE_500 probable',
    ],
    [
      'passport-azure-ad begins its options in lower case',
      verifier('passport-azure-ad', { validateIssuer: true, clockSkew: 30 }),
      'AUD_WRONG_API certain',
    ],
    [
      'Spring has names of its own',
      verifier('spring', {
        'issuer-uri': 'x',
        'jwk-set-uri': 'y',
        'jws-algorithms': 'ES256',
        audiences: 'api',
      }),
      'AUD_WRONG_API certain',
    ],
    ['.NET has several keys', verifier('dotnet', { IssuerSigningKeys: 'x' }), 'AUD_WRONG_API certain'],
    [
      'a check that is switched off has refused nothing',
      verifier('dotnet', { ValidateLifetime: false }),
      'AUD_WRONG_API certain, OPTION_MISSPELT probable',
    ],
    [
      'a module that is not shown may provide what is missed',
      code(
        "@Module({ imports: [AuthModule], providers: [Orders] }) class App {}\n@UseGuards(AuthGuard('jwt')) class C {}",
      ),
      'STRATEGY_NOT_REGISTERED probable',
    ],
    [
      'an upgrade after which others pass need not be stricter',
      {
        events: [
          { time: NOW - 300, type: 'access.checked', outcome: 'ok' },
          { time: NOW - 200, type: 'library.upgraded', outcome: 'ok', from: '8', to: '9' },
          { time: NOW - 100, type: 'access.checked', outcome: 'ok' },
          { time: NOW - 50, type: 'access.checked', outcome: 'refused', check: 'exp', detail: 'expired' },
        ],
      },
      'UPGRADE_STRICTER probable',
    ],
    [
      'a secret that is there was not read too early',
      { ...withSecret, ...code("const secret = process.env.JWT_SECRET\nimport 'dotenv/config'") },
      '',
    ],
    [
      'health and sign-in stand before the guard',
      {
        ...refusedWith(EXPIRED),
        ...code(
          "app.get('/healthz', ok)\napp.post('/login', login)\napp.use(requireAuth)\napp.get('/orders', list)",
        ),
      },
      'TOKEN_EXPIRED certain',
    ],
    [
      'so do the routes of the sign-in, and a router is no guard',
      code(
        "app.use('/auth', authRouter)\napp.use(authRouter)\napp.use(requireAuth)\napp.get('/orders', list)",
      ),
      '',
    ],
    [
      'other routes do not',
      code("app.get('/healthz', ok)\napp.get('/orders', list)\napp.use(requireAuth)"),
      'MIDDLEWARE_ORDER certain',
    ],
  ])
})

describe('permission', () => {
  const route = { method: 'GET', path: '/orders', guard: 'jwt', scopes: ['b'], public: false } as const
  check([
    [
      'who has no good token is not asked for a role',
      { ...withToken({ ...EXPIRED, roles: ['reader'] }), store: { users: [{ id: 'u', roles: ['admin'] }] } },
      'TOKEN_EXPIRED certain',
    ],
    [
      'nor for a scope',
      { ...refusedWith({ ...EXPIRED, scope: 'a' }), routes: [route] },
      'TOKEN_EXPIRED certain',
    ],
    [
      'nor for one in another claim',
      { ...refusedWith({ ...EXPIRED, scp: 'b' }), routes: [route] },
      'TOKEN_EXPIRED certain',
    ],
    [
      'what a role holds is not who holds it',
      {
        events: [
          { time: NOW - 50, type: 'role.changed', outcome: 'ok' },
          { time: NOW - 5, type: 'access.checked', outcome: 'refused', check: 'audience', detail: 'web' },
        ],
      },
      '',
    ],
    [
      'a path that Amazon does not know is no status of ours',
      {
        exchanges: [
          call(403, {
            answered: { headers: [JSON_TYPE], body: '{"message":"Missing Authentication Token"}' },
          }),
        ],
      },
      'HDR_MISSING probable',
    ],
    [
      'an inventory that tells no scopes does not say that there are none',
      {
        ...document({ '/orders': { get: { security: [{ bearer: ['a'] }] } } }),
        routes: [{ method: 'GET', path: '/orders', guard: 'jwt', public: false }],
      },
      'SCOPE_NOT_ENFORCED probable',
    ],
    [
      'of two ways in one is enough',
      {
        config: CONFIG,
        ...document({ '/orders': { get: { security: [{ bearer: ['a'] }, { bearer: ['b'] }] } } }),
        exchanges: [call(200, { headers: [bearer({ scope: 'a' })] })],
      },
      '',
    ],
    [
      'a key in a header of the document is a credential',
      {
        ...document(
          { '/orders': { get: { security: [{ key: [] }] } } },
          { key: { type: 'apiKey', in: 'header', name: 'X-Shop-Key' } },
        ),
        exchanges: [call(200, { headers: [['X-Shop-Key', 'abc']] })],
      },
      '',
    ],
    [
      'a record without credentials does not say that there were none',
      {
        ...document({ '/orders': { get: { security: [{ bearer: [] }] } } }),
        exchanges: [{ ...call(200), withheld: ['authorization', 'cookie'] }],
      },
      '',
    ],
  ])
})

describe('nodes, people and what has ended', () => {
  const node = (name: string, more: object) => ({ name, config: { ...CONFIG, ...more } })
  const crossed = { type: 'access.checked', outcome: 'refused', check: 'signature' }
  const machine = { sub: 'abc@clients', azp: 'abc', gty: 'client-credentials' }
  const phoneEnded = { time: NOW - 100, type: 'session.ended', user: 'u', session: 's1', outcome: 'ok' }
  const passed = { time: NOW - 10, type: 'access.checked', outcome: 'ok', user: 'u', iat: NOW - 500 }
  check([
    [
      'in a rotation one node knows of a key before the other',
      { nodes: [node('a', { keys: [JWK] }), node('b', { keys: [JWK, OTHER_JWK] })] },
      '',
    ],
    [
      'nodes that share no key are another thing',
      { nodes: [node('a', { keys: [JWK] }), node('b', { keys: [OTHER_JWK] })] },
      'KEY_PER_REPLICA certain',
    ],
    [
      'two nodes that have just been started may each have made a key',
      {
        events: [
          { time: NOW - 300, type: 'node.started', node: 'a', outcome: 'ok' },
          { time: NOW - 299, type: 'node.started', node: 'b', outcome: 'ok' },
          { ...crossed, time: NOW - 100, node: 'a', issued_by: 'b', key_fp: 'aa' },
          { ...crossed, time: NOW - 90, node: 'b', issued_by: 'a', key_fp: 'bb' },
        ],
      },
      'KEY_PER_REPLICA probable',
    ],
    [
      'a configuration that was changed need not be the secret of sessions',
      {
        events: [
          { time: NOW - 50, type: 'config.changed', outcome: 'ok', detail: 'log level' },
          { ...crossed, time: NOW - 5, credential: 'session', check: 'decrypt' },
        ],
      },
      'SESSION_SECRET_CHANGED probable',
    ],
    [
      'what Entra calls `ver` is no counter',
      { ...withToken({ ver: '2.0' }), store: { users: [{ id: 'u', ver: 5 }] } },
      '',
    ],
    [
      'a list in another order is the same',
      {
        nodes: [node('a', { audience: ['x', 'y'] }), node('b', { audience: ['y', 'x'] })],
        events: [{ time: NOW - 5, type: 'access.checked', outcome: 'refused', check: 'exp', node: 'a' }],
      },
      '',
    ],
    [
      'the secret of a CSRF token is none of the session',
      {
        events: [
          { time: NOW - 50, type: 'config.changed', outcome: 'ok' },
          {
            time: NOW - 5,
            type: 'access.checked',
            credential: 'session',
            outcome: 'refused',
            check: 'csrf',
            detail: 'csrf secret does not fit',
          },
        ],
      },
      'CSRF_TOKEN_STALE probable',
    ],
    [
      'a program has no account',
      {
        config: CONFIG,
        exchanges: [call(403, { headers: [bearer(machine)] })],
        store: { users: [{ id: 'x' }] },
      },
      '',
    ],
    [
      'not every service asks for a proven address',
      { ...withToken(EXPIRED), store: { users: [{ id: 'u', verified: false, disabled: false }] } },
      'TOKEN_EXPIRED certain, USER_DISABLED probable',
    ],
    [
      'a service may have ids of its own beside those of the issuer',
      {
        config: CONFIG,
        exchanges: [
          call(200, {
            url: 'https://api.shop.test/me',
            headers: [bearer({ sub: 'auth0|123' })],
            answered: { headers: [JSON_TYPE], body: '{"id":"4711"}' },
          }),
        ],
      },
      'WRONG_USER_DATA probable',
    ],
    [
      'who signs out on a phone stays signed in on a laptop',
      { events: [phoneEnded, { ...passed, session: 's2' }] },
      '',
    ],
    [
      'on the phone the token has ended',
      { events: [phoneEnded, { ...passed, session: 's1' }] },
      'NOT_REVOKED certain',
    ],
    [
      'also where the second session is in the token alone',
      {
        config: CONFIG,
        exchanges: [call(200, { headers: [bearer({ sid: 's2', iat: NOW - 500 })] })],
        events: [phoneEnded],
      },
      '',
    ],
    [
      'lines that name nobody may be of two people',
      {
        events: [
          { time: NOW - 100, type: 'user.logged_out', outcome: 'ok' },
          { time: NOW - 10, type: 'access.checked', outcome: 'ok' },
        ],
      },
      '',
    ],
    [
      'a list that refuses is there',
      {
        events: [
          {
            time: NOW - 10,
            type: 'access.checked',
            outcome: 'refused',
            check: 'revocation',
            detail: 'refused: jti on the deny list',
          },
        ],
      },
      '',
    ],
  ])
})

describe('clients', () => {
  const form = ['Content-Type', 'application/x-www-form-urlencoded'] as const
  const atToken = { method: 'POST', url: 'https://id.shop.test/token', body: 'grant_type=client_credentials' }
  const invalid = { headers: [JSON_TYPE], body: '{"error":"invalid_client"}' }
  const cert = { cnf: { 'x5t#S256': 'abc' } }
  const key = (value: string) => ['X-Api-Key', value] as const
  const proof = tokenWith(
    { htm: 'GET', htu: 'https://api.shop.test/orders' },
    { header: { typ: 'dpop+jwt' } },
  )
  const proven = (challenge: string): Evidence => ({
    config: CONFIG,
    exchanges: [
      call(401, {
        headers: [
          ['Authorization', `DPoP ${tokenWith({ cnf: { jkt: 'x' } })}`],
          ['DPoP', proof],
        ],
        answered: { headers: [['WWW-Authenticate', challenge]] },
      }),
    ],
  })
  check([
    [
      'an API behind Firebase takes its ID tokens',
      {
        config: { ...CONFIG, issuer: 'https://securetoken.google.com/shop', audience: 'shop' },
        tokens: [
          {
            text: tokenWith(
              { iss: 'https://securetoken.google.com/shop', aud: 'shop' },
              { header: { typ: 'JWT' } },
            ),
          },
        ],
        client: { registration: { client_id: 'shop' } },
      },
      '',
    ],
    [
      'an empty secret that was taken is none too few',
      { exchanges: [call(200, { ...atToken, headers: [basic('app:'), form], answered: { body: '{}' } })] },
      '',
    ],
    [
      'a secret that decoding leaves as it is may simply be wrong',
      {
        exchanges: [
          call(401, { ...atToken, headers: [basic('app:ab/cdEFgh12345678=='), form], answered: invalid }),
        ],
      },
      'CLIENT_SECRET_ENCODING probable',
    ],
    [
      'one that decoding changes is another',
      {
        exchanges: [
          call(401, { ...atToken, headers: [basic('app:ab+cdEFgh12345678'), form], answered: invalid }),
        ],
      },
      'CLIENT_SECRET_ENCODING certain',
    ],
    [
      'a challenge for Basic comes with every refusal of some servers',
      {
        exchanges: [
          call(401, {
            ...atToken,
            body: `${atToken.body}&client_id=a&client_secret=b`,
            headers: [form],
            answered: { ...invalid, headers: [JSON_TYPE, ['WWW-Authenticate', 'Basic realm="x"']] },
          }),
        ],
      },
      'CLIENT_AUTH_METHOD probable',
    ],
    [
      'a token that is bound to a certificate goes as Bearer',
      { config: CONFIG, exchanges: [call(200, { headers: [bearer(cert)] })] },
      '',
    ],
    [
      'and may be refused for another reason',
      refusedWith({ ...EXPIRED, ...cert }),
      'TOKEN_EXPIRED certain, DPOP_TOKEN_AS_BEARER probable',
    ],
    ['a nonce that is asked for is no proxy', proven('DPoP error="use_dpop_nonce"'), ''],
    ['nor is a token that is void', proven('DPoP error="invalid_token"'), ''],
    ['a proof that is refused may be', proven('DPoP error="invalid_dpop_proof"'), 'DPOP_HTU_PROXY certain'],
    [
      'a client whose code is refused got through',
      {
        client: { registration: { client_id: 'a', token_endpoint_auth_method: 'none' } },
        exchanges: [
          call(400, {
            ...atToken,
            body: 'grant_type=authorization_code&client_id=a&client_secret=b&code=c',
            headers: [form],
            answered: { headers: [JSON_TYPE], body: '{"error":"invalid_grant"}' },
          }),
        ],
      },
      '',
    ],
    [
      'a key where the challenge asks for Bearer is in the wrong place',
      {
        exchanges: [
          call(401, {
            headers: [key('live_abcdefgh12345678')],
            answered: { headers: [['WWW-Authenticate', 'Bearer']] },
          }),
        ],
      },
      'HDR_WRONG_LOCATION certain, API_KEY_UNKNOWN probable',
    ],
    [
      'a key that lacks a scope is known',
      {
        exchanges: [
          call(403, {
            headers: [key('live_abcdefgh12345678')],
            answered: { headers: [JSON_TYPE], body: '{"error":"this API key lacks the scope orders:write"}' },
          }),
        ],
      },
      '',
    ],
    [
      'a key for tests belongs where there are tests',
      {
        config: { environment: 'staging' },
        exchanges: [call(401, { headers: [key('sk_test_abcdefgh12345678')] })],
      },
      'API_KEY_UNKNOWN probable',
    ],
  ])
})

describe('documents', () => {
  const guarded = { '/orders': { get: { security: [{ bearer: [] }] } } }
  const signsIn = {
    requestBody: { content: { 'application/json': { schema: { properties: { email: {}, password: {} } } } } },
    responses: { 401: {} },
  }
  const login = { method: 'POST', answered: { headers: [JSON_TYPE], body: '{"token":"abc"}' } }
  check([
    [
      'an API that only lets things be read may be open to everybody',
      document({ '/weather/{city}': { get: {} } }, {}),
      'DOCS_NO_SCHEME probable',
    ],
    ['who signs in has no token yet', document({ ...guarded, '/sessions': { post: signsIn } }), ''],
    [
      'an address that gives out tokens need not be in the document',
      {
        ...document(
          { '/login': { post: {} }, '/orders': { get: { security: [{ o: [] }] } } },
          { o: { type: 'oauth2', flows: { password: { tokenUrl: '/auth/token', scopes: {} } } } },
        ),
        exchanges: [
          call(200, { method: 'POST', url: 'https://api.shop.test/auth/token', answered: { body: '{}' } }),
        ],
      },
      '',
    ],
    [
      'the token of a phone is no access token',
      {
        exchanges: [
          call(201, { ...login, url: 'https://api.shop.test/devices/push-token', headers: [bearer()] }),
        ],
      },
      '',
    ],
    [
      'an application may read any name',
      { exchanges: [call(200, { ...login, url: 'https://api.shop.test/login' })] },
      'DOCS_TOKEN_RESPONSE_SHAPE probable',
    ],
  ])
})

it('that a client sent a header does not say that it arrived', () => {
  const exchange = call(401, { headers: [bearer()], answered: { headers: [['WWW-Authenticate', 'Bearer']] } })
  const ruledOut = (evidence: Evidence) => diagnose(evidence, NOW).ruledOut.map(({ code: cause }) => cause)
  assert.ok(!ruledOut({ exchanges: [exchange] }).includes('PROXY_STRIPS_AUTH'))
  const { as_sent, ...answer } = exchange
  const arrived = { ...answer, ...(as_sent && { as_received: as_sent }) }
  assert.ok(ruledOut({ exchanges: [arrived] }).includes('PROXY_STRIPS_AUTH'))
})
