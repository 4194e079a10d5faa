import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { routes } from '../../src/endpoints/routes.ts'
import { guardRequestOf } from '../../src/guard/guard-request.ts'
import { type AuthOptions, needs, Refusal, signedIn } from '../../src/index.ts'
import { wire } from '../../src/wiring/wire.ts'
import { handClock, ISSUER, PASSWORD, SECRET_KEY, startIssuer, type TestIssuer } from './issuer.ts'
import { basic as ofClient } from './test-clients.ts'

/** As people's programs send it: UTF-8, not form-encoded (RFC 7617). */
const ofPerson = (name: string, password: string) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`

const ELSEWHERE = '198.51.100.7'
const BASIC = needs({ via: ['basic'] })

/** An issuer whose hashes can be counted. */
async function startCounted(options: AuthOptions = {}) {
  const reports: { code: string }[] = []
  const clock = handClock(Date.now())
  const wired = wire(
    {
      databaseUrl: 'sqlite::memory:',
      secretKey: SECRET_KEY,
      issuer: ISSUER,
      basicForPeople: true,
      maxStalenessSeconds: 300,
      clock,
      ...options,
    },
    routes,
  )
  const { grants, accounts } = wired.services
  await grants.store.migrate()
  await wired.start()
  const origin = { actor: { kind: 'operator' } } as const
  const alice = await accounts.create(
    { email: 'alice@example.com', username: 'alice', password: PASSWORD },
    origin,
  )
  const ask = async (
    authorization: string,
    { address = ELSEWHERE, headers = {} } = {},
    access = signedIn,
  ) => {
    const request = new Request(`${ISSUER}/x`, { headers: { authorization, ...headers } })
    const verdict = await wired.guard(guardRequestOf(request, { address }), access)
    return verdict instanceof Refusal ? verdict.code : (verdict?.id ?? 'nobody')
  }
  const hashes = () => grants.hashes.stats().answered
  return { wired, grants, accounts, clock, alice, ask, hashes, origin, reports }
}

describe('people, where they are switched on', () => {
  test('a right name and password is let in, and hashed once a minute', async () => {
    const { wired, alice, ask, hashes, clock } = await startCounted()
    const before = hashes()
    for (const name of ['alice', 'ALICE', 'alice'])
      assert.equal(await ask(ofPerson(name, PASSWORD)), alice.id)
    assert.equal(hashes() - before, 1)
    assert.equal(await ask(ofPerson('alice@example.com', PASSWORD)), alice.id)
    assert.equal(hashes() - before, 2, 'another name is another try')
    clock.advance(59_000)
    assert.equal(await ask(ofPerson('alice', PASSWORD)), alice.id)
    assert.equal(hashes() - before, 2)
    clock.advance(1000)
    assert.equal(await ask(ofPerson('alice', PASSWORD)), alice.id)
    assert.equal(hashes() - before, 3, 'at most a minute')
    await wired.stop()
  })

  test('what it proves: the scopes and roles of now, no session, and no recent sign-in', async () => {
    const { wired, alice } = await startCounted()
    const request = new Request(`${ISSUER}/x`, { headers: { authorization: ofPerson('alice', PASSWORD) } })
    const principal = await wired.guard(guardRequestOf(request), signedIn)
    assert.ok(principal !== undefined && !(principal instanceof Refusal))
    const { kind, id, via, roles, sessionId, authTime, amr } = principal
    assert.deepEqual(
      { kind, id, via, roles, sessionId, authTime, amr },
      {
        kind: 'user',
        id: alice.id,
        via: 'basic',
        roles: ['user'],
        sessionId: undefined,
        authTime: undefined,
        amr: ['pwd'],
      },
    )
    const fresh = await wired.guard(guardRequestOf(request), needs({ freshWithinSeconds: 60 }))
    assert.ok(fresh instanceof Refusal && fresh.code === 'REAUTHENTICATION_REQUIRED')
    await wired.stop()
  })

  test('20 right requests at once share one hash', async () => {
    const { wired, alice, ask, hashes } = await startCounted()
    const before = hashes()
    const all = await Promise.all(Array.from({ length: 20 }, () => ask(ofPerson('alice', PASSWORD))))
    assert.deepEqual(new Set(all), new Set([alice.id]))
    assert.equal(hashes() - before, 1)
    await wired.stop()
  })

  test('E9: of 200 wrong passwords at once by Basic no more are hashed than the limit allows', async () => {
    const { wired, ask, hashes } = await startCounted()
    const before = hashes()
    const codes = await Promise.all(
      Array.from({ length: 200 }, (_, index) => ask(ofPerson('alice', `guess number ${index}`))),
    )
    assert.equal(codes.filter((code) => code === 'CREDENTIALS_WRONG').length, 5)
    assert.equal(codes.filter((code) => code === 'RATE_LIMITED').length, 195)
    assert.equal(hashes() - before, 5)
    await wired.stop()
  })

  test('E7: name, mail address, password grant and Basic are counted as one account', async () => {
    const issuer = await startIssuer({ basicForPeople: true })
    await issuer.signUp('alice')
    const form = (username: string) => ({ grant_type: 'password', username, password: 'not the right one' })
    const statuses: number[] = []
    for (const name of ['alice', 'ALICE', 'alice']) {
      const headers = { authorization: ofPerson(name, 'not the right one') }
      statuses.push((await issuer.call('GET', '/users/me', { headers, address: ELSEWHERE })).status)
      statuses.push((await issuer.call('POST', '/token', { form: form(name), address: ELSEWHERE })).status)
    }
    assert.deepEqual(statuses, [401, 400, 401, 400, 401, 429])
    await issuer.close()
  })

  test('X39: an unknown name and a wrong password get one answer at one price', async () => {
    const { wired, ask, hashes } = await startCounted()
    for (const name of ['alice', 'nobody', 'nobody@example.com', 'someclient']) {
      const before = hashes()
      assert.equal(await ask(ofPerson(name, 'not the right one')), 'CREDENTIALS_WRONG', name)
      assert.equal(hashes() - before, 1, name)
    }
    await wired.stop()
  })

  test('who is slowed down cannot guess on beside the owner, from elsewhere or from the same place', async () => {
    const { wired, alice, ask, hashes } = await startCounted()
    const home = '192.0.2.10'
    for (let index = 0; index < 6; index++) await ask(ofPerson('alice', `guess number ${index}`))
    assert.equal(await ask(ofPerson('alice', PASSWORD), { address: home }), alice.id)
    const right = await ask(ofPerson('alice', PASSWORD))
    assert.equal(right, 'RATE_LIMITED', 'that the owner has just been there says nothing to others')

    const before = hashes()
    assert.equal(await ask(ofPerson('alice', 'one more guess'), { address: home }), 'CREDENTIALS_WRONG')
    assert.equal(await ask(ofPerson('alice', PASSWORD), { address: home }), alice.id)
    assert.equal(hashes() - before, 2, 'a wrong try from the same place wipes out what was kept')
    await wired.stop()
  })

  const ENDINGS: readonly [
    string,
    (scene: Awaited<ReturnType<typeof startCounted>>) => Promise<unknown>,
    string,
  ][] = [
    [
      'a new password',
      ({ accounts, alice, origin }) => accounts.setPassword(alice.id, 'another long sentence', {}, origin),
      'CREDENTIALS_WRONG',
    ],
    [
      'disabled',
      ({ accounts, alice, origin }) => accounts.setState(alice.id, 'disabled', origin),
      'CREDENTIALS_WRONG',
    ],
    ['deleted', ({ accounts, alice, origin }) => accounts.remove(alice.id, origin), 'CREDENTIALS_WRONG'],
    [
      'renamed',
      ({ accounts, alice, origin }) => accounts.rename(alice.id, 'alice2', origin),
      'CREDENTIALS_WRONG',
    ],
  ]
  for (const [why, end, code] of ENDINGS) {
    test(`5.2: what was remembered is void at the next request after: ${why}`, async () => {
      const scene = await startCounted()
      assert.equal(await scene.ask(ofPerson('alice', PASSWORD)), scene.alice.id)
      await end(scene)
      assert.equal(await scene.ask(ofPerson('alice', PASSWORD)), code)
      await scene.wired.stop()
    })
  }

  test('5.2: a role that was taken away is gone at the next request', async () => {
    const { wired, accounts, alice, ask, origin } = await startCounted()
    await accounts.setRoles(alice.id, ['user', 'admin'], origin)
    const asAdmin = () => ask(ofPerson('alice', PASSWORD), {}, needs({ roles: ['admin'] }))
    assert.equal(await asAdmin(), alice.id)
    await accounts.setRoles(alice.id, ['user'], origin)
    assert.equal(await asAdmin(), 'ROLE_MISSING')
    await wired.stop()
  })

  test('signing out everywhere voids what was remembered, and the password goes on', async () => {
    const { wired, grants, alice, ask, hashes, origin } = await startCounted()
    await ask(ofPerson('alice', PASSWORD))
    const before = hashes()
    await grants.store.sessions.endAll(
      alice.id,
      { why: 'logout' },
      {
        name: 'session.all_ended',
        origin,
        userId: alice.id,
      },
    )
    assert.equal(await ask(ofPerson('alice', PASSWORD)), alice.id)
    assert.equal(hashes() - before, 1)
    await wired.stop()
  })

  test('a hook that refuses a sign-in refuses this one too', async () => {
    const { wired, ask } = await startCounted({
      hooks: {
        before: {
          signIn() {
            throw new Error('not from there')
          },
        },
      },
    })
    assert.equal(await ask(ofPerson('alice', PASSWORD)), 'INTERNAL')
    await wired.stop()
  })

  test('a route that does not take it does not even hash', async () => {
    const { wired, ask, hashes } = await startCounted()
    const before = hashes()
    for (const via of [['bearer'], ['session', 'api-key']]) {
      assert.equal(await ask(ofPerson('alice', PASSWORD), {}, needs({ via })), 'HDR_WRONG_LOCATION')
    }
    assert.equal(hashes() - before, 0)
    await wired.stop()
  })

  test('colons, spaces, `+`, `%` and other letters belong to the password as they are', async () => {
    const { wired, accounts, ask, origin } = await startCounted()
    for (const [index, password] of ['a:b:c:d:e', '100%41+ sure', 'pässwörter ÄÖ', '%zz%zz%zz+'].entries()) {
      const name = `user${index}`
      const { id } = await accounts.create({ email: `${name}@example.com`, username: name, password }, origin)
      assert.equal(await ask(ofPerson(name, password)), id, password)
    }
    await wired.stop()
  })

  test('a header that cannot be read is refused before anything is hashed', async () => {
    const { wired, ask, hashes } = await startCounted()
    const before = hashes()
    const encode = (bytes: string | Uint8Array) => `Basic ${Buffer.from(bytes).toString('base64')}`
    const bad = [
      ...['Basic', 'Basic ', 'Basic !!!', 'Basic YWxpY2U', 'Basic Og==', encode('alice'), encode('alice:')],
      ...[
        encode(':secret'),
        encode('alice:test\r\nX: y'),
        encode('al\u0000ice:secret'),
        encode('alice:a\u007f'),
      ],
      ...[encode(Uint8Array.of(0x61, 0x3a, 0xff, 0xfe)), encode(`alice:${'a'.repeat(1025)}`)],
      encode(`${'a'.repeat(321)}:secret`),
    ]
    for (const value of bad) assert.equal(await ask(value), 'BASIC_MALFORMED', value.slice(0, 60))
    assert.equal(hashes() - before, 0)
    await wired.stop()
  })

  test('F-9: Basic beside another credential, or twice, is refused', async () => {
    const { wired, ask, hashes } = await startCounted()
    const before = hashes()
    const good = ofPerson('alice', PASSWORD)
    assert.equal(await ask(good, { headers: { 'x-api-key': 'cs_key_x' } }), 'CREDENTIAL_TWICE')
    assert.equal(
      await ask(good, { headers: { cookie: `countersign=cs_session_${'A'.repeat(86)}` } }),
      'CREDENTIAL_TWICE',
    )
    assert.equal(await ask(`${good}, ${good}`), 'HDR_DUPLICATE')
    assert.equal(await ask(`${good}, Bearer x`), 'HDR_DUPLICATE')
    assert.notEqual(await ask(`Bearer x, ${good}`), 'nobody')
    assert.equal(hashes() - before, 0)
    await wired.stop()
  })

  test('F-4: a page of another site changes nothing with the password that a browser adds by itself', async () => {
    const { wired, alice } = await startCounted({ corsOrigins: ['https://app.example.com'] })
    const ask = async (method: string, more: Record<string, string>) => {
      const headers = { authorization: ofPerson('alice', PASSWORD), ...more }
      const request = guardRequestOf(new Request(`${ISSUER}/x`, { method, headers }))
      const verdict = await wired.guard(request, BASIC)
      return verdict instanceof Refusal ? verdict.code : verdict?.id
    }
    for (const foreign of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ] as Record<string, string>[]) {
      assert.equal(await ask('POST', foreign), 'CSRF_ORIGIN', JSON.stringify(foreign))
      assert.equal(await ask('GET', { ...foreign, upgrade: 'websocket' }), 'CSRF_ORIGIN')
      assert.equal(await ask('GET', foreign), alice.id, 'reading: the browser keeps the answer from the page')
    }
    for (const own of [
      {},
      { 'sec-fetch-site': 'same-origin' },
      { origin: ISSUER },
      { origin: 'https://app.example.com' },
    ]) {
      assert.equal(await ask('POST', own as Record<string, string>), alice.id, JSON.stringify(own))
    }
    await wired.stop()
  })
})

test('by default people may not come this way, and nobody is told whether they could', async () => {
  const { wired, ask, hashes } = await startCounted({ basicForPeople: false })
  for (const [name, password] of [
    ['alice', PASSWORD],
    ['alice', 'not the right one'],
    ['nobody', 'not the right one'],
  ] as const) {
    assert.equal(await ask(ofPerson(name, password)), 'CLIENT_UNKNOWN')
  }
  assert.equal(hashes(), 1, 'that of the account itself')
  await wired.stop()
})

test('in production it is taken over https only', async () => {
  const former = process.env.NODE_ENV
  process.env.NODE_ENV = 'production'
  try {
    const { wired, ask, hashes } = await startCounted()
    assert.equal(await ask(ofPerson('alice', PASSWORD)), 'HTTPS_NEEDED')
    assert.equal(await ask(ofClient('reports', 'cs_client_x')), 'HTTPS_NEEDED')
    assert.equal(hashes(), 1)
    await wired.stop()
  } finally {
    if (former === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = former
  }
  const { wired, alice, ask } = await startCounted({ issuer: 'https://auth.example.com' })
  assert.equal(await ask(ofPerson('alice', PASSWORD)), alice.id)
  await wired.stop()
})

describe('clients', () => {
  let issuer: TestIssuer
  before(async () => {
    issuer = await startIssuer({
      scopes: { 'orders:read': 'See orders', 'orders:write': 'Change orders' },
      maxStalenessSeconds: 300,
    })
  })
  after(() => issuer.close())

  const make = async (id: string, more: object = {}) => {
    const { secret = '' } = await issuer.auth.clients.create({
      id,
      name: id,
      scopes: ['orders:read'],
      ...more,
    })
    return secret
  }
  const check = async (authorization: string, access = signedIn) => {
    const checked = await issuer.auth.check(
      new Request(`${ISSUER}/x`, { headers: { authorization } }),
      access,
    )
    return checked.ok ? checked.principal : checked.response.status
  }

  test('a client is let in as itself, with the scopes it is registered for and no role', async () => {
    const secret = await make('reports')
    const principal = await check(
      ofClient('reports', secret),
      needs({ scopes: ['orders:read'], via: ['basic'] }),
    )
    assert.ok(typeof principal === 'object')
    const { kind, id, clientId, scopes, roles, via, sessionId } = principal
    assert.deepEqual(
      { kind, id, clientId, scopes, roles, via, sessionId },
      {
        kind: 'client',
        id: 'reports',
        clientId: 'reports',
        scopes: ['orders:read'],
        roles: [],
        via: 'basic',
        sessionId: undefined,
      },
    )
    assert.equal(await check(ofClient('reports', secret), needs({ scopes: ['orders:write'] })), 403)
    assert.equal(await check(ofClient('reports', secret), needs({ roles: ['user'] })), 403)
    assert.equal(await check(ofClient('reports', secret), needs({ via: ['bearer', 'session'] })), 401)
    const percent = `Basic ${Buffer.from(`%72eports:${secret.replace('cs', '%63s')}`).toString('base64')}`
    assert.equal(typeof (await check(percent)), 'object', 'form-decoded (RFC 6749 section 2.3.1)')
  })

  test('wrong secrets and ids get one answer', async () => {
    const secret = await make('cutter')
    const cut = [
      secret.slice(0, -1),
      `${secret}x`,
      secret.toUpperCase(),
      secret.replace('cs_client_', ''),
      'cs_client_',
    ]
    for (const wrong of cut) assert.equal(await check(ofClient('cutter', wrong)), 401)
    for (const id of ['nobody', 'Cutter', 'cutter ', 'first-party'])
      assert.equal(await check(ofClient(id, secret)), 401, id)
    const said = new Set<string>()
    for (const header of [ofClient('cutter', 'cs_client_x'), ofClient('nobody', 'cs_client_x')]) {
      const answer = await issuer.call('GET', '/users/me', { headers: { authorization: header } })
      said.add(
        JSON.stringify([
          answer.status,
          answer.body.code,
          answer.body.detail,
          answer.headers.get('www-authenticate'),
        ]),
      )
    }
    assert.equal(said.size, 1)
  })

  test('one that is registered otherwise is refused', async () => {
    const post = await make('poster', { authMethod: 'client_secret_post' })
    assert.equal(await check(ofClient('poster', post)), 401)
    const web = await make('webapp', {
      grants: ['authorization_code'],
      redirectUris: ['https://app.example.com/cb'],
    })
    assert.equal(await check(ofClient('webapp', web)), 403, 'it does not act for itself')
  })

  test('it ends at the next request: scope lost, secret replaced, disabled, removed', async () => {
    const secret = await make('ending')
    const ask = () => check(ofClient('ending', secret), needs({ scopes: ['orders:read'] }))
    assert.equal(typeof (await ask()), 'object')
    await issuer.auth.clients.change('ending', { scopes: [] })
    assert.equal(await ask(), 403)
    await issuer.auth.clients.change('ending', { scopes: ['orders:read'], state: 'disabled' })
    assert.equal(await ask(), 401)
    await issuer.auth.clients.change('ending', { state: 'active' })
    assert.equal(typeof (await ask()), 'object')
    const { secret: next = '' } = await issuer.auth.clients.rotateSecret('ending', { formerLifeSeconds: 0 })
    assert.equal(await ask(), 401)
    assert.equal(typeof (await check(ofClient('ending', next))), 'object')
    await issuer.auth.clients.remove('ending')
    assert.equal(await check(ofClient('ending', next)), 401)
  })

  test('F-10: the challenge asks for Basic only where the word of the route names it', async () => {
    const challenge = async (access = signedIn) => {
      const checked = await issuer.auth.check(new Request(`${ISSUER}/x`), access)
      return checked.ok ? '' : checked.response.headers.get('www-authenticate')
    }
    const bearer = `Bearer resource_metadata="${ISSUER}/.well-known/oauth-protected-resource"`
    assert.equal(await challenge(), bearer)
    assert.equal(await challenge(needs({ via: ['bearer', 'session'] })), bearer)
    assert.equal(
      await challenge(needs({ via: ['bearer', 'basic'] })),
      `${bearer}, Basic realm="countersign", charset="UTF-8"`,
    )
    assert.equal(await challenge(BASIC), 'Basic realm="countersign", charset="UTF-8"')
  })
})
