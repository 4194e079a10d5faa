import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { anyone, limited, signedIn } from '../../src/index.ts'
import { ISSUER, PASSWORD, startIssuer, type TestIssuer } from './issuer.ts'

const BROWSER = { origin: ISSUER, 'sec-fetch-site': 'same-origin' }

let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer()
})
after(() => issuer.close())

/** What a request with these headers is answered at a route of the application. */
async function statusOf(headers: Record<string, string>): Promise<number> {
  const checked = await issuer.auth.check(new Request(`${ISSUER}/x`, { headers }), signedIn)
  return checked.ok ? 200 : checked.response.status
}

/** The text cut at every place from both ends, and with every letter in its other case. */
function spoil(text: string): string[] {
  const places = [...text].map((_, at) => at)
  const cut = places.flatMap((at) => [text.slice(0, at), text.slice(at + 1)])
  const recased = places.flatMap((at) => {
    const letter = text.charAt(at)
    const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
    return other === letter ? [] : [text.slice(0, at) + other + text.slice(at + 1)]
  })
  return [...cut, ...recased, text.toUpperCase(), text.toLowerCase(), `${text}A`, `${text}=`, text + text]
}

async function signInByCookie(username: string): Promise<string> {
  await issuer.auth.users.create({ email: `${username}@example.com`, username, password: PASSWORD })
  const json = { username, password: PASSWORD }
  const { headers } = await issuer.call('POST', '/session', { json, headers: BROWSER })
  return (
    headers
      .getSetCookie()
      .find((one) => one.startsWith('countersign='))
      ?.split(';')[0] ?? ''
  )
}

test('F-7: an API key that was cut anywhere, or has one letter in another case, is none', async () => {
  const { id } = await issuer.auth.users.create({ email: 'a@example.com', password: PASSWORD })
  const { text } = await issuer.auth.apiKeys.create({ userId: id, name: 'x' })
  const spoiled = spoil(text)
  assert.ok(spoiled.length > 190, String(spoiled.length))
  for (const one of spoiled) {
    assert.equal(await statusOf({ 'x-api-key': one }), 401, one)
    const bearer = await statusOf({ authorization: `Bearer ${one}` })
    assert.ok(bearer === 401 || bearer === 400, one)
  }
  assert.equal(await statusOf({ 'x-api-key': text }), 200)
  assert.equal(await statusOf({ authorization: `Bearer ${text}` }), 200)
})

test('F-1: a session cookie that was cut anywhere, or has one letter in another case, is none', async () => {
  const cookie = await signInByCookie('berta')
  assert.equal(await statusOf({ cookie }), 200)
  for (const one of spoil(cookie)) {
    // A cookie of another name is none of ours, and an empty one neither.
    assert.equal(await statusOf({ cookie: one }), 401, one)
  }
  assert.equal(await statusOf({ cookie }), 200)
})

test('F-6: a ticket that was cut anywhere, or has one letter in another case, is none', async () => {
  const { access } = await issuer.signUp('clara')
  const { body } = await issuer.call('POST', '/ws-ticket', { token: access })
  const ticket = String(body.ticket)
  const accept = (text: string) =>
    issuer.auth.sockets.accept(new Request(`${ISSUER}/ws?ticket=${encodeURIComponent(text)}`))
  for (const one of spoil(ticket)) {
    const accepted = await accept(one)
    assert.ok(!accepted.ok, one)
    assert.ok(accepted.response.status < 500 || accepted.response.status === 503, one)
  }
  assert.equal((await accept(ticket)).ok, true, 'nothing of that has spent it')
})

test('F-2: cookies of other applications of the host neither sign in nor get in the way', async () => {
  const cookie = await signInByCookie('dora')
  const others = [
    'connect.sid=s%3Aabc.def',
    'PHPSESSID=x',
    'countersign2=x',
    'xcountersign=x',
    'Countersign=x',
    'my.countersign=x',
    'countersign.sid=x',
    '__Host-countersign=x',
    'theme="dark; light"',
    '=countersign',
    'countersign',
    'a=countersign=b',
    `a=${cookie.slice('countersign='.length)}`,
    'ä=ö',
    `big=${'x'.repeat(4096)}`,
    ';;;',
  ]
  for (const other of others) {
    const sent = Buffer.from(other, 'utf8').toString('latin1')
    assert.equal(await statusOf({ cookie: sent }), 401, other)
    assert.equal(await statusOf({ cookie: `${sent}; ${cookie}` }), 200, other)
    assert.equal(await statusOf({ cookie: `${cookie}; ${sent}` }), 200, other)
  }
})

test('E11: no header that proxies send buys a second address', async () => {
  const word = limited(anyone, { name: 'form', count: 3, perSeconds: 3600 })
  const spoofed = (address: string): Record<string, string>[] => [
    { 'x-forwarded-for': address },
    { 'x-real-ip': address },
    { forwarded: `for=${address}` },
    { 'x-client-ip': address },
    { 'true-client-ip': address },
    { 'cf-connecting-ip': address },
    { 'x-cluster-client-ip': address },
    { 'x-original-forwarded-for': address },
    { via: `1.1 ${address}` },
  ]
  const statuses: number[] = []
  for (const [at, headers] of spoofed('203.0.113.5').entries()) {
    const checked = await issuer.auth.check(new Request(`${ISSUER}/x`, { headers }), word, {
      address: '198.51.100.7',
    })
    statuses.push(checked.ok ? 200 : checked.response.status)
    assert.equal(statuses.at(-1), at < 3 ? 200 : 429, Object.keys(headers).join())
  }
})
