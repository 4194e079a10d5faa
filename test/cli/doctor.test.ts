import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import jwt from 'jsonwebtoken'
import { build, type Ended, runProgram } from './built-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-doctor-'))
before(build)
after(() => rmSync(folder, { recursive: true, force: true }))

const doctor = (args: readonly string[], input = ''): Promise<Ended> =>
  runProgram(['doctor', ...args], { cwd: folder, input })
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const SECRET = randomBytes(40).toString('base64url')
const NOW = 1_800_000_000
const tokenWith = (claims: object, secret = SECRET): string =>
  jwt.sign(
    { iss: 'https://id.example.test', aud: 'api', sub: 'u', iat: NOW - 60, exp: NOW + 600, ...claims },
    secret,
  )

describe('doctor token, for tokens of anybody', () => {
  const secret = () => file('secret', SECRET)
  const ask = (token: string, ...more: string[]) =>
    doctor(['token', '--secret-file', secret(), '--now', String(NOW), ...more], token)

  it('finds nothing wrong with a good one: exit 0', async () => {
    const { status, out } = await ask(
      tokenWith({}),
      '--issuer',
      'https://id.example.test',
      '--audience',
      'api',
    )
    assert.match(out, /^OK/)
    assert.equal(status, 0)
  })

  it('names the cause, and what was ruled out, for programs too: exit 1', async () => {
    const { status, out } = await ask(tokenWith({ iat: NOW - 2000, exp: NOW - 1000 }), '--json')
    const { causes, ruledOut } = JSON.parse(out)
    assert.equal(causes[0].code, 'TOKEN_EXPIRED')
    assert.ok(ruledOut.some(({ code }: { code: string }) => code === 'SIG_WRONG_KEY'))
    assert.equal(status, 1)
  })

  it('does not repeat a token that was given in the place of its file, and says what to do', async () => {
    const token = tokenWith({})
    for (const args of [
      ['token', token],
      ['exchange', token],
      ['token', '--secret-file', SECRET],
    ]) {
      const { status, out, err } = await doctor(args, token)
      assert.equal(status, 2)
      assert.match(err, /What was given is no file[\s\S]*let it end/)
      assert.doesNotMatch(out + err, /eyJ/)
      assert.ok(!(out + err).includes(SECRET))
    }
    const { err } = await doctor(['token', 'no-such-file.txt'])
    assert.match(err, /^no-such-file\.txt cannot be read \(ENOENT\)/)
    assert.doesNotMatch((await doctor(['ref', token])).err, /eyJ/)
  })

  it('A18: says that claims are not proven where there is no key: exit 2', async () => {
    const { status, out } = await doctor(['token', '--now', String(NOW)], tokenWith({}))
    assert.match(out, /^UNDECIDED[\s\S]*claims are not proven/)
    assert.equal(status, 2)
  })

  it('G-6: repeats neither token nor secret, whatever is wrong', async () => {
    for (const token of [
      tokenWith({}, `${SECRET}x`),
      `${tokenWith({})}\n\n`,
      `"${tokenWith({})}"`,
      SECRET,
      tokenWith({}).slice(0, -20),
    ]) {
      const { out, err } = await ask(token)
      for (const text of [SECRET, token.trim().split('.').at(-1) ?? ''])
        assert.equal((out + err).includes(text), false)
    }
  })

  it('says in a sentence what it cannot read: exit 2', async () => {
    assert.equal((await doctor(['token'], '')).status, 2)
    assert.equal((await doctor(['token', join(folder, 'nothing-here')])).status, 2)
    const { status, err } = await doctor(['token', '--now', 'soon'], 'x')
    assert.match(err, /^--now: /)
    assert.equal(status, 2)
  })
})

describe('files as people have them', () => {
  const key = (text: string) => file('keys', text)
  it('a mark at the front, UTF-16 and line breaks at the end belong to the file, not to the token', async () => {
    const text = tokenWith({})
    const utf16 = join(folder, 'utf16')
    writeFileSync(utf16, Buffer.from(`\ufeff${text}\r\n`, 'utf16le'))
    for (const place of [file('crlf', `${text}\r\n`), file('marked', `\ufeff${text}\n\n`), utf16]) {
      const { out } = await doctor([
        'token',
        place,
        '--secret-file',
        file('secret', SECRET),
        '--now',
        String(NOW),
      ])
      assert.match(out, /^OK/, place)
    }
  })

  it('a file without an end is not read to its end', async () => {
    const { status, err } = await doctor(['exchange', '/dev/zero'])
    assert.match(err, /MiB are not read/)
    assert.equal(status, 2)
  })

  it('what is no key set is said to be none, and not quoted', async () => {
    for (const text of [SECRET, '[]', '{"keys":{}}', 'null']) {
      const { status, err } = await doctor(['token', '--jwks', key(text)], tokenWith({}))
      assert.equal(status, 2, text)
      assert.match(err, /^--jwks: /)
    }
    assert.equal((await doctor(['token', '--jwks', key('{"keys":[null,1]}')], tokenWith({}))).err, '')
  })

  it('an address with a password in it is not asked, and not repeated', async () => {
    for (const args of [
      ['url', 'https://me:hunter2hunter2@127.0.0.1:1/'],
      ['token', '--issuer', 'https://me:hunter2hunter2@127.0.0.1:1/'],
    ]) {
      const { status, out, err } = await doctor(args, tokenWith({}))
      assert.equal(status, 2)
      assert.doesNotMatch(out + err, /hunter2/)
    }
  })
})

describe('doctor exchange', () => {
  const token = () => tokenWith({})
  const forms: readonly (readonly [string, () => string])[] = [
    [
      'a curl command',
      () => `curl -s \\\n  -H 'Authorization: Bearer Bearer ${token()}' https://api.example.test/orders`,
    ],
    [
      'curl -v',
      () =>
        `* Connected\n> GET /orders HTTP/1.1\n> Host: api.example.test\n> Authorization: Bearer Bearer ${token()}\n>\n< HTTP/1.1 401 Unauthorized\n< WWW-Authenticate: Bearer\n<\n{"detail":"no"}`,
    ],
    [
      'a HAR file',
      () =>
        JSON.stringify({
          log: {
            entries: [
              {
                request: {
                  method: 'GET',
                  url: 'https://api.example.test/orders',
                  headers: [{ name: 'Authorization', value: `Bearer Bearer ${token()}` }],
                },
                response: { status: 401, headers: [] },
              },
            ],
          },
        }),
    ],
    [
      'a raw request and its answer',
      () =>
        `GET /orders HTTP/1.1\nHost: api.example.test\nAuthorization: Bearer Bearer ${token()}\n\nHTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer\n`,
    ],
  ]
  for (const [what, text] of forms) {
    it(`reads ${what}`, async () => {
      const { status, out } = await doctor(['exchange', '-'], text())
      assert.match(out, /^HDR_DOUBLE_SCHEME \(certain\)/)
      assert.equal(status, 1)
    })
  }

  it('compares what was sent with what arrived', async () => {
    const sent = file(
      'sent',
      `GET https://api.example.test/orders HTTP/1.1\nHost: api.example.test\nAuthorization: Bearer ${token()}\n`,
    )
    const received = file(
      'received',
      'GET /orders HTTP/1.1\nHost: api.example.test\n\nHTTP/1.1 401 Unauthorized\n',
    )
    assert.match(
      (await doctor(['exchange', sent, '--received', received])).out,
      /^PROXY_STRIPS_AUTH \(certain\)/,
    )
  })

  it('writes a test without the credential, and overwrites nothing', async () => {
    const place = join(folder, 'case.test.ts')
    const written = await doctor(['exchange', '-', '--write-test', place], forms[1]?.[1]() ?? '')
    assert.equal(written.status, 1)
    const text = readFileSync(place, 'utf8')
    assert.match(text, /HDR_DOUBLE_SCHEME: GET \/orders/)
    assert.equal(text.includes('eyJ'), false)
    assert.notEqual((await doctor(['exchange', '-', '--write-test', place], forms[1]?.[1]() ?? '')).err, '')
  })

  it('judges a record by the time of its answer: a token that was good then is not called expired, nor a clock behind', async () => {
    const call = (time: number, status: string) =>
      `GET /orders HTTP/1.1\nHost: api.example.test\nAuthorization: Bearer ${token()}\n\nHTTP/1.1 ${status}\nDate: ${new Date(time * 1000).toUTCString()}\n`
    const { out } = await doctor(['exchange', '-', '--json'], call(NOW, '403 Forbidden'))
    assert.doesNotMatch(JSON.stringify(JSON.parse(out).causes), /TOKEN_EXPIRED|CLOCK_/)
    assert.match(
      (await doctor(['exchange', '-'], call(NOW + 900, '401 Unauthorized'))).out,
      /^TOKEN_EXPIRED \(certain\)/,
    )
  })

  it('is one JSON document for programs, with what is proposed', async () => {
    const place = join(folder, 'json.test.ts')
    const args = ['exchange', '-', '--json', '--patch', '--write-test', place]
    const { patch, written } = JSON.parse((await doctor(args, forms[1]?.[1]() ?? '')).out)
    assert.deepEqual([patch, written], [null, place])
  })

  it('says what it is not: exit 2', async () => {
    assert.equal((await doctor(['exchange', '-'], 'hello')).status, 2)
  })
})

describe('doctor url and openapi', () => {
  let server: Server
  let base = ''
  before(async () => {
    server = createServer((request, response) => {
      const json = (value: unknown) =>
        response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
      if (request.url === '/.well-known/openid-configuration')
        json({ issuer: `${base}/`, jwks_uri: `${base}/jwks` })
      else if (request.url === '/jwks') json({ keys: [] })
      else if (request.url === '/evil/.well-known/openid-configuration')
        json({ issuer: `${base}/evil\u001b[2J`, jwks_uri: `${base}/evil/jwks` })
      else if (request.url === '/evil/jwks') json({ keys: [{ kty: 'EC', kid: 'a\n\u001b]0;x\u0007\u202e' }] })
      else if (request.url === '/evil/openapi.json')
        json({
          openapi: '3.1.0',
          info: {},
          components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
          paths: { '/orders\u001b[2J\u202e': { get: { responses: { 401: {} } } } },
        })
      else if (request.url === '/openapi.json')
        json({ openapi: '3.1.0', info: {}, paths: { '/orders': { get: { responses: { 401: {} } } } } })
      else response.writeHead(401).end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => server.close())

  it('finds what is wrong with a running service of anybody', async () => {
    const { status, out } = await doctor([
      'url',
      base,
      '--path',
      '/orders',
      '--origin',
      'https://app.example.test',
    ])
    for (const line of [/✗ issuer spelling/, /✗ key set/, /✗ challenge/, /CORS_PREFLIGHT_AUTHED/])
      assert.match(out, line)
    assert.equal(status, 1)
  })

  it('shows what a service says of itself without what moves the cursor of a terminal', async () => {
    const looked = await doctor(['url', `${base}/evil`])
    assert.match(looked.out, /✓ key set: .*\/evil\/jwks: a/)
    const proposed = await doctor(['openapi', `${base}/evil/openapi.json`, '--patch'])
    assert.match(proposed.out, /\+ .*paths\["\/orders/)
    for (const { out } of [looked, proposed]) assert.doesNotMatch(out, /[^\P{C}\n]/u)
  })

  it('proposes a change of an API document as a diff', async () => {
    const { out } = await doctor(['openapi', `${base}/openapi.json`, '--patch'])
    assert.match(out, /^DOCS_NO_SCHEME[\s\S]*\n\+.*securitySchemes/)
  })

  it('decides nothing where nobody answers: exit 2', async () => {
    assert.equal((await doctor(['openapi', 'http://127.0.0.1:9/openapi.json'])).status, 2)
    const { status, err } = await doctor(['url', 'http://127.0.0.1:9'])
    assert.match(err, /^http:\/\/127\.0\.0\.1:9\/ does not answer/)
    assert.equal(status, 2)
  })
})
