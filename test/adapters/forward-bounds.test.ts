import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { type TestContext, test } from 'node:test'
import { type Auth, createAuth, credential } from '../../src/index.ts'
import { closeServer, listen } from '../client/site.ts'
import { fronts } from './forward-fronts.ts'
import { sendRaw } from './raw-request.ts'

interface Seen {
  readonly url: string | undefined
  readonly token: string
}

interface Site {
  readonly auth: Auth
  readonly port: number
  /** An admin. */
  readonly userId: string
  /** What reached the API behind. */
  readonly seen: Seen[]
  /** What the API says of caches. */
  says: Readonly<Record<string, string>>
  get(headers: Readonly<Record<string, string>>): Promise<Response>
}

/** A front end, the API behind it and an admin. The owner of an `x-legacy` is whoever that names. */
async function openSite(t: TestContext, openFront: (typeof fronts)[string]): Promise<Site> {
  const seen: Seen[] = []
  const behind = createServer((request, response) => {
    seen.push({ url: request.url, token: String(request.headers.authorization).replace('Bearer ', '') })
    response.writeHead(200, site.says).end('of one person')
  })
  const to = `${await listen(behind)}/v1`
  const front: Server = createServer()
  const url = await listen(front)
  const auth = createAuth({
    logLevel: 'silent',
    databaseUrl: 'sqlite::memory:',
    issuer: url,
    credentials: [
      credential({
        name: 'legacy',
        read: (request) => request.header('x-legacy'),
        verify: (id) => ({ id, expiresAt: 9e9 }),
      }),
    ],
  }) as unknown as Auth
  t.after(async () => {
    await Promise.all([behind, front].map(closeServer))
    await auth.close()
  })
  await auth.ready()
  front.on('request', await openFront(auth, to))
  const { id: userId } = await auth.users.create({
    email: 'ann@example.com',
    password: 'correct horse battery',
    roles: ['admin'],
  })
  const get = (headers: Readonly<Record<string, string>>) => fetch(`${url}/api/todos`, { headers })
  const site: Site = { auth, port: Number(new URL(url).port), userId, seen, says: {}, get }
  return site
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

for (const [name, openFront] of Object.entries(fronts)) {
  test(`${name}: a credential that is less than its owner is not forwarded as its owner`, async (t) => {
    const { auth, userId, seen, get } = await openSite(t, openFront)
    const key = await auth.apiKeys.create({ userId, name: 'harmless', scopes: ['profile:read'] })
    const { client } = await auth.clients.create({
      name: 'A calendar',
      authMethod: 'none',
      grants: ['authorization_code'],
      redirectUris: ['https://cal.example/cb'],
    })
    const theirs = await auth.sessions.start({ userId, amr: ['pwd'], clientId: client.id })
    const less: Record<string, Record<string, string>> = {
      'an API key': { 'x-api-key': key.text },
      'a token of another client': { authorization: `Bearer ${theirs.access_token}` },
      "a credential of the application's own that names a user": { 'x-legacy': userId },
    }
    for (const [what, headers] of Object.entries(less)) {
      const answer = await get(headers)
      assert.equal(answer.status, 403, what)
      assert.equal(((await answer.json()) as { code: string }).code, 'access_denied', what)
    }
    assert.deepEqual(seen, [], 'nothing of that reached the API')
  })

  test(`${name}: the token for the API behind holds what the principal holds, and ends with its session`, async (t) => {
    const { auth, userId, seen, get } = await openSite(t, openFront)
    const { access_token } = await auth.sessions.start({ userId, amr: ['pwd', 'mfa'] })
    const mine = claimsOf(access_token)
    assert.equal((await get({ authorization: `Bearer ${access_token}` })).status, 200)
    const token = String(seen[0]?.token)
    const minted = claimsOf(token)
    for (const claim of ['sub', 'client_id', 'sid', 'roles', 'scope', 'amr', 'acr', 'auth_time', 'ver']) {
      assert.deepEqual(minted[claim], mine[claim], claim)
    }
    assert.equal(Number(minted.exp) - Number(minted.iat), 60)
    const check = () =>
      auth.check(
        new Request(`${auth.issuer}/x`, { headers: { authorization: `Bearer ${token}` } }),
        auth.signedIn,
      )
    assert.ok((await check()).ok)
    assert.ok(await auth.sessions.end(userId, String(mine.sid)))
    assert.equal((await check()).ok, false)
  })

  test(`${name}: G-2: no spelling of a path is handed on as another path than the guard has seen`, async (t) => {
    const { auth, port, userId, seen } = await openSite(t, openFront)
    const { access_token } = await auth.sessions.start({ userId, amr: ['pwd'] })
    const headers = [['Authorization', `Bearer ${access_token}`]] as const
    for (const target of [
      '/api/public/../admin/users',
      '/api/public/%2e%2e/admin/users',
      '/api/public/.%2E/admin/users',
      '/api/public/..\\admin/users',
      '/api/public\\..\\admin/users',
      '/api/public/..%2fadmin/users',
      '/api/public/..%5cadmin/users',
      '/api/public/..;/admin/users',
      '/api/./admin/users',
      '/api/%61dmin/users',
      '/api/admin%2Fusers',
    ]) {
      const { status } = await sendRaw(port, { target, headers })
      // Where the server itself resolves a path before the router sees it, guard and API see the same one.
      const isResolved = name === 'hono' && status === 200 && seen.at(-1)?.url === '/v1/admin/users'
      if (isResolved) seen.length = 0
      else assert.ok(status === 404 || status === 400, `${target}: ${status}`)
    }
    assert.equal(seen.length, 0)
    assert.equal((await sendRaw(port, { target: '/api/a%20b/.c?d=/../e', headers })).status, 200)
    assert.equal(seen[0]?.url, '/v1/a%20b/.c?d=/../e')
  })

  test(`${name}: no shared cache may keep what was answered to one person`, async (t) => {
    const site = await openSite(t, openFront)
    const { access_token } = await site.auth.sessions.start({ userId: site.userId, amr: ['pwd'] })
    const closed = 'private, no-store'
    for (const [said, told] of [
      [undefined, closed],
      ['public, max-age=600', closed],
      ['max-age=600, s-maxage=600', closed],
      ['private="set-cookie", max-age=600', closed],
      ['private, max-age=600', 'private, max-age=600'],
      ['Private, public, s-maxage=600, max-age=5', 'Private, max-age=5'],
      ['no-store', 'no-store'],
    ] as const) {
      site.says = {
        'cdn-cache-control': 'max-age=600',
        'surrogate-control': 'max-age=600',
        ...(said !== undefined && { 'cache-control': said }),
      }
      const answer = await site.get({ authorization: `Bearer ${access_token}` })
      assert.equal(answer.headers.get('cache-control'), told, said)
      for (const other of ['cdn-cache-control', 'surrogate-control']) {
        assert.equal(answer.headers.get(other), null)
      }
    }
  })
}
