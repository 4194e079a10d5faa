import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openSite, PASSWORD, type Site } from '../client/site.ts'
import { execute, type Packed, packAndInstall } from '../package/packed.ts'
import { BUN, DENO, type Fetched, fetchRuntime } from './runtimes/fetched.ts'

const STORIES = {
  client: new URL('./runtimes/client-story.ts', import.meta.url),
  verify: new URL('./runtimes/verify-story.ts', import.meta.url),
}

let packed: Packed
let site: Site
let userId: string
before(async () => {
  packed = await packAndInstall()
  for (const [story, file] of Object.entries(STORIES)) {
    const source = readFileSync(file, 'utf8')
    const text = source.replaceAll(/'(?:\.\.\/)+src\/(\w+)\.ts'/g, "'countersign/$1'")
    writeFileSync(join(packed.project, `${story}.ts`), text)
  }
  site = await openSite()
  userId = (await site.auth.users.create({ email: 'ann@example.com', username: 'ann', password: PASSWORD }))
    .id
  standBetween()
})
after(async () => {
  await site?.close()
  packed?.remove()
})

/** Counts what comes, loses it where a story says so, and plays an API whose answers are made up. */
function standBetween(): void {
  let refreshes = 0
  let calls = 0
  let dropping = false
  site.between = (request, response, go) => {
    const path = request.url ?? ''
    const send = (status: number, body: string) =>
      response.writeHead(status, { 'content-type': 'application/problem+json' }).end(body)
    if (path.startsWith('/control/')) {
      const answers: Readonly<Record<string, () => unknown>> = {
        reset: () => (refreshes = calls = 0),
        refreshes: () => refreshes,
        calls: () => calls,
        drop: () => (dropping = true),
        serve: () => (dropping = false),
      }
      send(200, String(Number(answers[path.slice('/control/'.length)]?.() ?? 0)))
    } else if (dropping) request.socket.destroy()
    else if (path.startsWith('/api/')) {
      calls += 1
      if (path === '/api/forbidden') send(403, '{"code":"insufficient_scope"}')
      else if (path === '/api/expired-once' && calls > 1) send(200, '{}')
      else send(401, '{"code":"token_expired"}')
    } else {
      if (path === '/token' || path === '/refresh') refreshes += 1
      go()
    }
  }
}

async function tell(program: string, before: readonly string[], story: keyof typeof STORIES, facts: object) {
  const output = await execute(packed.project, program, ...before, `${story}.ts`, JSON.stringify(facts))
  return JSON.parse(output.trim().split('\n').at(-1) ?? '')
}

const RUNTIMES: readonly {
  readonly name: string
  readonly before: readonly string[]
  readonly find: () => Promise<Fetched>
}[] = [
  { name: `Node ${process.versions.node}`, before: [], find: async () => ({ path: process.execPath }) },
  ...[BUN, DENO].map((runtime) => ({
    name: `${runtime.name} ${runtime.version}`,
    before: runtime.before,
    find: () => fetchRuntime(runtime),
  })),
]

for (const { name, before: first, find } of RUNTIMES) {
  test(`${name}: countersign/client signs in, refreshes once for all, and loses nothing with the network`, async (t) => {
    const found = await find()
    if ('missing' in found) return t.skip(found.missing)
    const facts = { issuer: site.issuer, username: 'ann', password: PASSWORD }
    const told = await tell(found.path, first, 'client', facts)
    const { out, ...rest } = told
    assert.deepEqual(rest, {
      before: 'signed-out',
      session: 'signed-in',
      race: { statuses: [200], refreshes: 1 },
      both: [200],
      stillIn: ['signed-in', 'signed-in'],
      once: { status: 200, calls: 2 },
      always: { status: 401, calls: 2 },
      forbidden: { status: 403, calls: 1 },
      lost: 'REFRESH_LOST_RESPONSE',
      after: { session: 'signed-in', kept: true, farewells: 0 },
      again: 200,
    })
    assert.deepEqual([out.session, out.kept, out.why[0]?.why], ['signed-out', false, 'sign-out'])
    assert.deepEqual(await site.auth.sessions.list(userId), [])
  })

  test(`${name}: countersign/verify lets the right ones in, and ends with the session`, async (t) => {
    const found = await find()
    if ('missing' in found) return t.skip(found.missing)
    const { client, secret } = await site.auth.clients.create({ name, scopes: ['revocations:read'] })
    const { access_token: token } = await site.auth.sessions.start({ userId, amr: ['pwd'] })
    const facts = { issuer: site.issuer, token, clientId: client.id, clientSecret: secret }
    assert.deepEqual(await tell(found.path, first, 'verify', facts), {
      good: userId,
      again: userId,
      none: '401 token_missing',
      odd: '401 token_malformed',
      forged: '401 token_invalid',
      scope: '403 insufficient_scope',
      revoked: '401 token_invalid',
    })
  })
}
