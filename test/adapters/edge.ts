import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Auth, createAuth } from '../../src/index.ts'
import { type OpenSample, type Sample, SECRET } from './contract.ts'
import { type RawAnswer, sendRaw } from './raw-request.ts'

const ISSUER = 'http://127.0.0.1:8000'
const PASSWORD = 'correct horse battery'
const APP = 'https://app.example.com'
const LOCAL = 'http://localhost:5173'

/** Twelve origins and more that are not on the list, most of them close to one that is. */
const FOREIGN = [
  'null',
  'file://',
  '*',
  'https://evil.example',
  'http://app.example.com',
  'https://app.example.com:444',
  'https://app.example.com.evil.example',
  'https://evil-app.example.com',
  'https://xapp.example.com',
  'https://example.com',
  'https://APP.example.com',
  'https://app.example.com.',
  'https://app.example.com/',
  'https://user@app.example.com',
  'https://app.example.com https://evil.example',
  'http://localhost',
  '',
]

/** CORS, security headers and the cookie's protection on the routes of an application, whichever framework they are in. */
export function testEdge(name: string, open: OpenSample): void {
  let auth: Auth
  let sample: Sample
  before(async () => {
    auth = createAuth({
      logLevel: 'silent',
      databaseUrl: 'sqlite::memory:',
      issuer: ISSUER,
      corsOrigins: [APP, LOCAL],
    }) as unknown as Auth
    sample = await open({ auth, edge: { cors: auth.cors, headers: auth.headers.api } })
    await sample.ready()
  })
  after(async () => {
    await sample?.close()
    await auth?.close()
  })

  type Field = readonly [string, string]
  const send = (method: string, target: string, headers: readonly Field[] = [], body = '') =>
    sendRaw(sample.port, { method, target, headers, body })
  const preflight = (origin: string, target: string, more: readonly Field[] = []) =>
    send('OPTIONS', target, [['Origin', origin], ['Access-Control-Request-Method', 'POST'], ...more])
  const permissions = ({ headers }: RawAnswer) =>
    Object.keys(headers).filter((field) => field.startsWith('access-control-'))

  test(`${name}: C13: of ${FOREIGN.length} other origins none is let in, on no kind of answer`, async () => {
    assert.ok(FOREIGN.length >= 12)
    for (const origin of FOREIGN) {
      for (const target of ['/open', '/secret', '/items/7', '/admin/panel', '/nowhere']) {
        const asked = await preflight(origin, target)
        assert.equal(asked.status, 204, `${origin} ${target}: a preflight is never answered 401`)
        const answer = await send('GET', target, [['Origin', origin]])
        for (const one of [asked, answer]) {
          assert.deepEqual(permissions(one), [], `${origin} ${target}`)
          assert.match(one.headers.vary ?? '', /\bOrigin\b/, `${origin} ${target}: caches keep them apart`)
        }
      }
    }
  })

  test(`${name}: C13: pages of the list ask and read, refusals too`, async () => {
    for (const origin of [APP, LOCAL]) {
      for (const target of ['/open', '/secret', '/nowhere', '/token']) {
        const asked = await preflight(origin, target)
        assert.equal(asked.status, 204, target)
        assert.equal(asked.body, '')
        assert.equal(asked.headers['access-control-allow-origin'], origin)
        assert.equal(asked.headers['access-control-allow-credentials'], 'true')
        assert.match(asked.headers['access-control-allow-methods'] ?? '', /\bPOST\b/)
        assert.match(
          asked.headers['access-control-allow-headers'] ?? '',
          /\bAuthorization\b.*\bX-CSRF-Token\b/,
        )
      }
      for (const [target, status] of [
        ['/open', 200],
        ['/secret', 401],
        ['/boom', 401],
        ['/nowhere', 404],
      ] as const) {
        const answer = await send('GET', target, [['Origin', origin]])
        assert.equal(answer.status, status, target)
        assert.equal(answer.headers['access-control-allow-origin'], origin, target)
        assert.equal(answer.headers['access-control-allow-credentials'], 'true', target)
        assert.match(answer.headers['access-control-expose-headers'] ?? '', /\bWWW-Authenticate\b/, target)
        assert.match(answer.headers.vary ?? '', /\bOrigin\b/, target)
      }
    }
    const twice = await send('GET', '/open', [
      ['Origin', APP],
      ['Origin', LOCAL],
    ])
    assert.deepEqual(permissions(twice), [], 'two origins are none')
  })

  test(`${name}: C13: a page of the list may send headers of its own, as far as they are names`, async () => {
    const own: Field = ['Access-Control-Request-Headers', 'x-own, if-match, authorization, x;y, a b']
    const asked = await preflight(APP, '/secret', [own])
    const names = (asked.headers['access-control-allow-headers'] ?? '').split(', ')
    assert.deepEqual(names.slice(-2), ['x-own', 'if-match'])
    assert.deepEqual(permissions(await preflight('https://evil.example', '/secret', [own])), [])
  })

  test(`${name}: C13: what is no preflight is no way around a guard`, async () => {
    for (const headers of [
      [],
      [['Origin', APP]],
      [['Access-Control-Request-Method', 'GET']],
    ] as const satisfies readonly (readonly Field[])[]) {
      const { status, body } = await send('OPTIONS', '/secret', headers)
      assert.ok(status >= 401 || status === 204 || status === 200, String(status))
      assert.ok(!body.includes(SECRET))
    }
    const get = await send('GET', '/secret', [
      ['Origin', APP],
      ['Access-Control-Request-Method', 'GET'],
    ])
    assert.equal(get.status, 401)
    // The authorization endpoint is no page's to ask.
    assert.deepEqual(permissions(await preflight(APP, '/authorize')), [])
  })

  test(`${name}: G-16: security headers are on every answer of the application`, async () => {
    for (const target of ['/open', '/secret', '/nowhere']) {
      const { headers } = await send('GET', target)
      assert.equal(headers['x-content-type-options'], 'nosniff', target)
      assert.equal(headers['referrer-policy'], 'no-referrer', target)
      assert.match(headers['content-security-policy'] ?? '', /default-src 'none'/, target)
    }
  })

  test(`${name}: F-4: with a cookie nothing changes without a page of ours, its token and JSON`, async () => {
    await auth.users.create({ email: 'a@example.com', username: 'alice', password: PASSWORD })
    const json: Field = ['Content-Type', 'application/json']
    const own: readonly Field[] = [
      ['Origin', ISSUER],
      ['Sec-Fetch-Site', 'same-origin'],
    ]
    const signedIn = await auth.fetch(
      new Request(`${ISSUER}/session`, {
        method: 'POST',
        headers: Object.fromEntries([json, ...own]),
        body: JSON.stringify({ username: 'alice', password: PASSWORD }),
      }),
    )
    const { csrf_token } = (await signedIn.json()) as { readonly csrf_token: string }
    const set = signedIn.headers.getSetCookie().find((one) => one.startsWith('countersign='))
    const cookie: Field = ['Cookie', String(set?.split(';')[0])]
    const token: Field = ['X-CSRF-Token', csrf_token]
    const change = (headers: readonly Field[], body = '{"title":"x"}') =>
      send('POST', '/secret', headers, body)
    const foreign: readonly Field[] = [
      ['Origin', 'https://evil.example'],
      ['Sec-Fetch-Site', 'cross-site'],
    ]
    const form: Field = ['Content-Type', 'application/x-www-form-urlencoded']
    const plain: Field = ['Content-Type', 'text/plain']
    for (const [why, headers] of [
      ['a page of another site', [cookie, json, ...foreign]],
      ['even with the token', [cookie, json, token, ...foreign]],
      ['a form of another site', [cookie, form, ...foreign]],
      ['a form with JSON inside', [cookie, plain, ...foreign]],
      ['no type at all', [cookie, ...foreign]],
      ['no token', [cookie, json, ...own]],
      ['a token of nobody', [cookie, json, ['X-CSRF-Token', 'x'], ...own]],
      ['nothing about the page', [cookie, json, token]],
      ['the origin null', [cookie, json, token, ['Origin', 'null']]],
    ] as const) {
      const { status, body } = await change(headers)
      assert.equal(status, 403, why)
      assert.ok(!body.includes(SECRET), why)
    }
    assert.equal((await change([cookie, json, token, ...own])).status, 200)
    assert.equal((await change([cookie, json, token, ['Origin', APP]])).status, 200, 'a page of the list')
    assert.equal((await send('GET', '/secret', [cookie, ...foreign])).status, 200, 'reading')
  })
}
