import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CALLBACK, codeClient, openBrowser, requestOf, type TestBrowser } from './browser.ts'
import { PASSWORD, startIssuer, type TestIssuer } from './issuer.ts'
import type { TestClient } from './test-clients.ts'

const PARAMETERS = [
  ...[
    'client_id',
    'redirect_uri',
    'response_type',
    'response_mode',
    'scope',
    'state',
    'nonce',
    'prompt',
    'max_age',
  ],
  ...[
    'code_challenge',
    'code_challenge_method',
    'login_hint',
    'acr_values',
    'id_token_hint',
    'resource',
    'reauth',
  ],
]
/** The two by which an answer would be sent: while one of them is in doubt, none is (C2). */
const OF_THE_ANSWER = ['client_id', 'redirect_uri']

let issuer: TestIssuer
let client: TestClient
let browser: TestBrowser
before(async () => {
  issuer = await startIssuer()
  await issuer.signUp('alice')
  client = await codeClient(issuer)
  browser = openBrowser(issuer)
  await browser.signIn('alice')
})
after(() => issuer.close())

test('C14, G-12: each parameter twice, as an array, of 10 KiB or with control characters leads to no code and to nobody else', async () => {
  for (const name of PARAMETERS) {
    const good = new URL(`http://x${requestOf(client)}`).searchParams.get(name) ?? '1'
    const twice = `${requestOf(client)}&${new URLSearchParams([
      [name, good],
      ...(requestOf(client).includes(`${name}=`) ? [] : [[name, good] as [string, string]]),
    ])}`
    const broken: readonly (readonly [string, string])[] = [
      ['twice', twice],
      ['10 KiB', requestOf(client, { [name]: 'x'.repeat(10_240) })],
      ['NUL', requestOf(client, { [name]: `${good}\0` })],
      ['line break', requestOf(client, { [name]: `${good}\r\nSet-Cookie: x=1` })],
      ['not UTF-8', `${requestOf(client, { [name]: undefined })}&${name}=%ff%fe%01`],
    ]
    for (const [what, path] of broken) {
      // Resources may be several (RFC 8707); what is at fault is then that nobody knows them.
      const { status, headers, text } = await browser.open(path)
      const location = headers.get('location') ?? ''
      assert.ok(status === 303 || (status >= 400 && status < 500), `${name} ${what}: ${status} ${text}`)
      assert.ok(!/[?&]code=/.test(location), `${name} ${what}: ${location}`)
      assert.ok(location === '' || location.startsWith(`${CALLBACK}?error=`), `${name} ${what}: ${location}`)
      if (OF_THE_ANSWER.includes(name)) assert.equal(location, '', `${name} ${what}`)
      assert.equal(headers.get('set-cookie'), null)
    }
    // An array, as some frameworks write it, is another name, and so nothing that is read here.
    const array = `${requestOf(client, { [name]: undefined })}&${encodeURIComponent(`${name}[]`)}=${encodeURIComponent(good)}`
    const { status } = await browser.open(array)
    assert.ok(status === 303 || status === 400, `${name}[]: ${status}`)
  }
})

test('a request of any shape is answered, and never by a failure inside', async () => {
  for (const query of [
    '',
    '?',
    '?&&&',
    '?=',
    '?%',
    '?%E0%A4%A',
    '?client_id',
    '?__proto__=x',
    `?${'a=1&'.repeat(5000)}`,
  ]) {
    const { status } = await browser.open(`/authorize${query}`)
    assert.ok(status >= 400 && status < 500, `${query.slice(0, 30)}: ${status}`)
    const posted = await browser.post('/authorize', query.slice(1))
    assert.ok(posted.status < 500)
  }
  const json = await issuer.call('POST', '/authorize', { json: { client_id: client.id } })
  assert.equal(json.status, 415)
})

test('D5: no address of a request or a registration is ever fetched', async () => {
  const realFetch = globalThis.fetch
  const asked: string[] = []
  globalThis.fetch = async (input) => {
    asked.push(String(input))
    throw new Error('nothing is fetched')
  }
  try {
    await issuer.auth.users.create({
      email: 'root@example.com',
      username: 'root',
      password: PASSWORD,
      roles: ['admin'],
    })
    const token = String((await issuer.signIn('root')).body.access_token)
    for (const address of [
      'http://169.254.169.254/latest/meta-data/',
      'http://127.0.0.1:9200/',
      'http://[::1]/',
      'http://0.0.0.0/',
      'http://10.0.0.1/',
      'http://localhost/',
      'http://2130706433/',
      'file:///etc/passwd',
      'gopher://127.0.0.1:6379/_FLUSHALL',
      'https://keys.example.com/jwks.json',
    ]) {
      // Keys of clients are registered by value: there is no `jwks_uri`, no `sector_identifier_uri`, no `logo_uri`.
      for (const member of ['jwks_uri', 'sector_identifier_uri', 'logo_uri', 'request_uris']) {
        const json = { client_name: 'x', [member]: address }
        const answer = await issuer.call('POST', '/admin/clients', { token, json })
        assert.equal(answer.status, 400, `${member} ${address}`)
      }
      const sent = await browser.open(requestOf(client, { request_uri: address }))
      assert.match(sent.headers.get('location') ?? '', /error=request_uri_not_supported/)
    }
    assert.deepEqual(asked, [])
  } finally {
    globalThis.fetch = realFetch
  }
})
