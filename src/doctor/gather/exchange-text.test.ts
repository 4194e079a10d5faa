import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { diagnose } from '../diagnose.ts'
import { header } from '../http-facts.ts'
import { readExchanges } from './exchange-text.ts'

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1In0.c2lnbmF0dXJl'
const sentOf = (text: string) => readExchanges(text)[0]?.as_sent
const codesOf = (text: string) =>
  diagnose({ exchanges: readExchanges(text) }, 1_800_000_000).causes.map(({ code }) => code)

describe('curl -v', () => {
  const call = (connection: string, answer: string) =>
    readExchanges(
      `${connection}> GET /orders HTTP/1.1\n> Host: api.test\n> Authorization: Bearer ${TOKEN}\n> \n${answer}`,
    )
  const body = (answer: string) => call('', answer)[0]?.response?.body

  it('keeps the body, whatever it begins with, and nothing that curl says of itself', () => {
    const head = '< HTTP/1.1 401 Unauthorized\n< \n'
    assert.equal(body(`${head}{ [30 bytes data]\n{"code":"token_expired"}`), '{"code":"token_expired"}')
    assert.equal(body(`${head}{"a":1}* Connection #0 to host api.test left intact`), '{"a":1}')
    assert.equal(
      body(`${head}<html>\n<h1>400</h1>\n</html>\n* Closing connection 0`),
      '<html>\n<h1>400</h1>\n</html>',
    )
  })

  it('takes the last of several answers to one call, and leaves out the way through a proxy', () => {
    const [only] = call('', '< HTTP/1.1 100 Continue\n< \n< HTTP/1.1 403 Forbidden\n< X: y\n< \n')
    assert.equal(only?.response?.status, 403)
    const tunnel = '> CONNECT api.test:443 HTTP/1.1\n> Host: api.test:443\n> \n< HTTP/1.1 200 OK\n< \n'
    assert.deepEqual(
      call(tunnel, '< HTTP/2 401 \n< \n').map(({ as_sent }) => as_sent?.method),
      ['GET'],
    )
  })

  it('tells http from https by the connection, so that a redirect between the two is seen', () => {
    const plain = '*   Trying 192.0.2.1:80...\n* Connected to api.test (192.0.2.1) port 80\n'
    const tls =
      '*   Trying 192.0.2.1:443...\n* Connected to api.test (192.0.2.1) port 443\n* ALPN: curl offers h2\n'
    const request = (authorization: string) =>
      `> GET /orders HTTP/1.1\n> Host: api.test\n${authorization}> \n`
    const text =
      `${plain}${request(`> Authorization: Bearer ${TOKEN}\n`)}< HTTP/1.1 301 Moved\n< Location: https://api.test/orders\n< \n` +
      `${tls}${request('')}< HTTP/2 401 \n< \n`
    assert.deepEqual(
      readExchanges(text).map(({ as_sent }) => as_sent?.url),
      ['http://api.test/orders', 'https://api.test/orders'],
    )
    assert.equal(codesOf(text)[0], 'HDR_DROPPED_ON_REDIRECT')
  })
})

describe('a curl command', () => {
  for (const [shell, text] of [
    [
      'of Unix',
      `curl 'https://api.test/o?q=%C3%A9' \\\n  -H 'Authorization: Bearer ${TOKEN}' \\\n  --compressed`,
    ],
    ['with $-quotes', `curl $'https://api.test/o?q=%C3%A9' -H $'Authorization: Bearer ${TOKEN}'`],
    [
      'of the command prompt',
      `curl ^"https://api.test/o?q=%C3%A9^" ^\r\n  -H ^"Authorization: Bearer ${TOKEN}^"`,
    ],
    [
      'of PowerShell',
      `PS C:\\> curl.exe "https://api.test/o?q=%C3%A9" \`\r\n  -H "Authorization: Bearer ${TOKEN}"`,
    ],
    [
      'with options behind',
      `$ curl -sSL -H"Authorization: Bearer ${TOKEN}" https://api.test/o?q=%C3%A9 -w '%{http_code}' --retry 3`,
    ],
    ['with options in one', `curl -sLo /dev/null --oauth2-bearer ${TOKEN} --url https://api.test/o?q=%C3%A9`],
  ] as const) {
    it(shell, () => {
      const sent = sentOf(text)
      assert.equal(sent?.url, 'https://api.test/o?q=%C3%A9')
      assert.equal(header(sent, 'authorization'), `Bearer ${TOKEN}`)
      assert.equal(sent?.method, 'GET')
    })
  }

  it('says which method, body and kind of body it sends', () => {
    const seen = (text: string) => {
      const sent = sentOf(`curl https://api.test/t ${text}`)
      return [sent?.method, header(sent, 'content-type')?.split('/')[1], sent?.body]
    }
    assert.deepEqual(seen(`-d a=b -d 'c=d e'`), ['POST', 'x-www-form-urlencoded', 'a=b&c=d e'])
    assert.deepEqual(seen(`--data-urlencode "p=a&b"`), ['POST', 'x-www-form-urlencoded', 'p=a%26b'])
    assert.deepEqual(seen(`--json '{"a":1}'`), ['POST', 'json', '{"a":1}'])
    assert.deepEqual(seen(`-XPUT -d '{"a":"it'\\''s"}'`), ['PUT', 'x-www-form-urlencoded', '{"a":"it\'s"}'])
    assert.deepEqual(seen('-F file=@x'), ['POST', 'form-data', undefined])
    assert.deepEqual(seen('-I'), ['HEAD', undefined, undefined])
    assert.equal(sentOf('curl -G -d q=1 api.test/t')?.url, 'http://api.test/t?q=1')
  })

  it('is not blamed for what the shell fills in, only for what single quotes keep from it', () => {
    for (const value of [
      '"Authorization: Bearer $TOKEN"',
      '"Authorization: Bearer $(cat t)"',
      '"Authorization: Bearer %TOKEN%"',
    ])
      assert.deepEqual(codesOf(`curl -H ${value} https://api.test/o`), [])
    assert.deepEqual(codesOf(`curl -H 'Authorization: Bearer $TOKEN' https://api.test/o`), [
      'HDR_LITERAL_UNDEFINED',
    ])
  })
})

describe('what a record hides is not missing', () => {
  for (const mask of [
    '***',
    '[REDACTED]',
    '<redacted>',
    'xxxxxxxx',
    'eyJhbGciOi...',
    `${TOKEN.slice(0, 20)}…`,
  ]) {
    it(`a mask: ${mask}`, () => {
      const text = `GET /o HTTP/1.1\nHost: api.test\nAuthorization: Bearer ${mask}\n\nHTTP/1.1 401 Unauthorized\n`
      assert.deepEqual(codesOf(text), [])
    })
  }

  const entry = (headers: Readonly<Record<string, string>>) => ({
    request: {
      method: 'GET',
      url: 'https://api.test/o',
      headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
    },
    response: { status: 401, headers: [], content: { encoding: 'base64', text: btoa('{"a":1}') } },
  })
  const har = (creator: string, ...entries: readonly unknown[]) =>
    JSON.stringify({ log: { creator: { name: creator }, entries } })

  it('a HAR file of Chrome without any credential is one that was saved without them', () => {
    const exchanges = readExchanges(har('WebInspector', entry({ accept: '*/*' })))
    const { causes, wanted, notChecked } = diagnose({ exchanges }, 1_800_000_000)
    assert.deepEqual(causes, [])
    assert.ok(wanted.some((want) => want.includes('with sensitive data')))
    assert.ok(notChecked.some((what) => what.startsWith('Authorization and cookies')))
  })

  it('one that has a cookie, or is of a browser that keeps them, shows that none was sent', () => {
    assert.deepEqual(codesOf(har('Firefox', entry({ accept: '*/*' }))), ['HDR_MISSING'])
    assert.deepEqual(codesOf(har('WebInspector', entry({}), entry({ cookie: 'a=b' }))), ['HDR_MISSING'])
  })

  it('a HAR file has bodies in base64, and parts that are not of its form', () => {
    assert.equal(readExchanges(har('Firefox', entry({})))[0]?.response?.body, '{"a":1}')
    const odd = [
      null,
      1,
      {},
      { request: { method: 'GET', url: 'https://api.test/', headers: [null, { name: 1 }] } },
    ]
    assert.deepEqual(readExchanges(har('Firefox', ...odd)), [
      { as_sent: { method: 'GET', url: 'https://api.test/', headers: [] } },
    ])
  })
})

it('says what it cannot read, and quotes nothing of it', () => {
  for (const text of [`{"log": Bearer ${TOKEN}`, '{"log":{"entries":{}}}', 'hello', '{}'])
    assert.throws(
      () => readExchanges(text),
      (error: Error) => !error.message.includes('eyJ') && error.name === 'Error',
    )
})
