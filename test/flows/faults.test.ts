import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Route } from '../../src/endpoints/route.ts'
import { routes } from '../../src/endpoints/routes.ts'
import { type AuthOptions, createAuth, type Store, sqlite } from '../../src/index.ts'
import { Access } from '../../src/model/access.ts'
import { ISSUER, PASSWORD, startIssuer } from './issuer.ts'
import { goodFields, writeFields } from './route-fields.ts'
import { startTableIssuer } from './table-issuer.ts'

const CANARY = 'the canary sings'
const boom = () => {
  throw new Error(CANARY)
}

/** A store of which one verb can be made to fail. */
function breakable(inner: Store) {
  let broken: string | undefined
  let failures = 0
  const called = new Set<string>()
  const wrap = <Target extends object>(target: Target, path = ''): Target =>
    new Proxy(target, {
      get(_, name) {
        const value: unknown = Reflect.get(target, name)
        const verb = path + String(name)
        if (typeof value === 'object' && value !== null) return wrap(value, `${verb}.`)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          called.add(verb)
          if (verb !== broken) return Reflect.apply(value, target, args)
          failures += 1
          return Promise.reject(new Error(CANARY))
        }
      },
    })
  return {
    store: wrap(inner),
    called,
    /** Does work while a verb fails; answers its result, and whether the verb was called. */
    async without<Value>(verb: string, work: () => Promise<Value>): Promise<readonly [Value, boolean]> {
      const before = failures
      broken = verb
      const value = await work().finally(() => {
        broken = undefined
      })
      return [value, failures > before]
    },
  }
}

test('G-4: whichever verb of the store fails under whichever route, the answer is no, and does not tell why', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-faults-'))
  const database = breakable(sqlite(join(folder, 'auth.db')))
  const table = await startTableIssuer({ store: database.store })
  const ask = async (route: Route, token: string) => {
    const [as = 'query'] = route.body?.types ?? []
    const isSignIn = route.path === '/token'
    const good = isSignIn
      ? { grant_type: 'password', username: 'root', password: PASSWORD }
      : goodFields(route)
    const credential = Access.requirementOf(route.access) || route.credential ? token : undefined
    const part = '00000000-0000-4000-8000-000000000000'
    return table.send(route, as, as === 'query' ? '' : writeFields(as, good), { token: credential, part })
  }
  const verbs = new Map<Route, readonly string[]>()
  for (const route of routes) {
    const token = await table.newToken()
    database.called.clear()
    await ask(route, token)
    // When a change is written and only the look at what it revoked fails, it is done: how long this process may go
    // without looking is the staleness bound's to say (B8). With that look goes the one at the names of scopes.
    const looks = ['revocations.pull', 'permissions.scopes']
    verbs.set(
      route,
      [...database.called].filter((verb) => !looks.includes(verb)),
    )
  }
  let count = 0
  for (const [route, called] of verbs) {
    for (const verb of called) {
      const token = await table.newToken()
      const [answer, failed] = await database.without(verb, () => ask(route, token))
      if (!failed) continue
      count += 1
      const told = `${route.method} ${route.path} without ${verb}: ${answer.status} ${answer.text}`
      assert.ok(answer.status >= 400, told)
      assert.ok(!answer.text.includes(CANARY), told)
    }
  }
  assert.ok(count >= 10, `${count} failures were tried`)
  await table.close()
  rmSync(folder, { recursive: true })
})

test('G-4: code of the application that throws refuses what it was asked about', async () => {
  const json = { email: 'a@example.com', username: 'alice', password: PASSWORD, profile: { plan: 'x' } }
  const profile = {
    '~standard': { version: 1, vendor: 'test', validate: () => ({ value: { plan: 'x' } }) },
  } as const
  const broken: readonly (readonly [
    what: string,
    options: AuthOptions,
    registers: number,
    signsIn: number,
  ])[] = [
    ['nothing', {}, 201, 200],
    ['before.register', { hooks: { before: { register: boom } } }, 500, 400],
    ['before.register, later', { hooks: { before: { register: async () => boom() } } }, 500, 400],
    ['before.signIn', { hooks: { before: { signIn: boom } } }, 201, 500],
    ['before.signIn, later', { hooks: { before: { signIn: async () => boom() } } }, 201, 500],
    ['claims', { claims: boom }, 201, 500],
    ['profile', { profile: { '~standard': { ...profile['~standard'], validate: boom } } }, 500, 400],
    ['users.find', { users: { find: boom, verify: boom } }, 201, 200],
    // What comes after the change can undo nothing; it is logged.
    ['after hooks', { hooks: { after: { register: boom, signIn: boom, signOut: boom } } }, 201, 200],
    ['onRefusal', { onRefusal: boom }, 201, 200],
  ]
  for (const [what, options, registers, signsIn] of broken) {
    const issuer = await startIssuer({ profile, ...options })
    const registered = await issuer.call('POST', '/register', { json })
    assert.equal(registered.status, registers, `${what}: ${registered.text}`)
    const signedIn = await issuer.signIn('alice')
    assert.equal(signedIn.status, signsIn, `${what}: ${signedIn.text}`)
    assert.ok(!(registered.text + signedIn.text).includes(CANARY), what)
    if (what === 'users.find') assert.equal((await issuer.signIn('stranger')).status, 500)
    if (what.startsWith('before.signIn')) {
      assert.equal((await issuer.auth.events.list({ name: 'session.started', limit: 9 })).length, 0)
    }
    await issuer.close()
  }
})

test('G-4: a configuration that fails opens nothing: no issuer comes into being', async () => {
  for (const options of [
    { secretKey: 'changeme' },
    { scopes: { 'not a scope': 'x' } },
    { defaultRoles: ['emperor'] },
    { issuer: 'http://auth.example.com' },
    { isuer: ISSUER },
  ]) {
    assert.throws(() => createAuth({ databaseUrl: 'sqlite::memory:', ...options } as AuthOptions), /problem/)
  }
})

test('G-4: a database that does not open lets nobody in, and the next request tries again', async () => {
  let open = false
  const inner = sqlite(':memory:')
  const store: Store = {
    ...inner,
    open: (options) => (open ? inner.open(options) : Promise.reject(new Error(CANARY))),
  }
  const auth = createAuth({
    store,
    logLevel: 'silent',
    secretKey: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
  })
  for (const route of routes.filter(({ tag }) => tag !== 'Operation')) {
    const path = route.path.replaceAll(/\{\w+\}/g, 'x')
    const { status } = await auth.fetch(new Request(ISSUER + path, { method: route.method }))
    assert.ok(status >= 400, `${route.method} ${path} ${status}`)
  }
  const checked = await auth.check(new Request(ISSUER), auth.signedIn)
  assert.ok(!checked.ok)
  open = true
  assert.equal((await auth.fetch(new Request(`${ISSUER}/.well-known/jwks.json`))).status, 200)
  await auth.close()
})
