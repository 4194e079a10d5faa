import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Principal } from '../../src/index.ts'
import { countOf } from '../counts.ts'
import { seed, seededRandom } from '../store/seeded.ts'
import { answerOf, codeClient, exchange, openBrowser, requestOf } from './browser.ts'
import { handClock, ISSUER, PASSWORD, startIssuer, type TestIssuer } from './issuer.ts'
import { callAs, type TestClient } from './test-clients.ts'

/** Somebody, and an application, with what they may as of now. */
interface Person {
  readonly id: string
  readonly name: string
  roles: readonly string[]
  isActive: boolean
}
interface Application {
  readonly client: TestClient
  scopes: readonly string[]
  isActive: boolean
}

/** A credential that was handed out. */
interface Held {
  /** What it was made of. */
  readonly how: string
  readonly headers?: Record<string, string>
  readonly ticket?: string
  readonly refresh?: string
  readonly owner: Person
  readonly application?: Application | undefined
}

const API = ['orders:read', 'orders:write', 'stock:read']
const CONFIGURED = { user: ['profile:read'], clerk: ['orders:read'], head: ['orders:read', 'orders:write'] }
const ROUNDS = countOf({ quick: 3, full: 20, long: 2000 })

/**
 * Two processes on one database: what one changes the other hears of later, and hands credentials out meanwhile. What it made
 * may be of before; but once it has heard, nothing may hold more than its owner, its session and its client have by now.
 */
test(`promise 3: whatever is handed out before a change is heard of holds no more than that allows afterwards (seed ${seed})`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-more-'))
  const [random, clock] = [seededRandom(seed), handClock()]
  const pick = <One>(list: readonly One[]) => list[Math.floor(random() * list.length)] as One
  const some = (list: readonly string[]) => list.filter(() => random() < 0.6)
  const start = () =>
    startIssuer({
      clock,
      databaseUrl: `sqlite:${join(folder, 'auth.db')}`,
      rateLimits: 'off',
      scopes: Object.fromEntries(API.map((name) => [name, 'A scope'])),
      roles: Object.fromEntries(Object.entries(CONFIGURED).map(([name, scopes]) => [name, { scopes }])),
    })
  const [here, there] = [await start(), await start()]
  const both = [here, there]
  const scopesOf: Record<string, readonly string[]> = { ...CONFIGURED, own: API }
  const root = await here.auth.users.create({
    email: 'root@example.com',
    password: PASSWORD,
    roles: ['admin', 'head'],
  })
  const setRole = async () => {
    const { access_token: token } = await here.auth.sessions.start({ userId: root.id, amr: ['pwd'] })
    const json = { scopes: scopesOf.own }
    assert.equal((await here.call('PUT', '/admin/roles/own', { token, json })).status, 200)
  }
  scopesOf.own = ['orders:read', 'orders:write']
  await setRole()
  const people: Person[] = []
  for (const name of ['alice', 'bert']) {
    const roles = ['user', 'clerk', 'head', 'own']
    const email = `${name}@example.com`
    const { id } = await here.auth.users.create({ email, username: name, password: PASSWORD, roles })
    people.push({ id, name, roles, isActive: true })
  }
  const scopes = ['openid', 'offline_access', ...API]
  const application: Application = { client: await codeClient(here, { scopes }), scopes, isActive: true }
  let held: Held[] = []

  const bearer = (token: unknown) => ({ authorization: `Bearer ${token}` })
  const check = (node: TestIssuer, { headers = {} }: Held) =>
    node.auth.check(new Request(`${ISSUER}/x`, { headers }), node.auth.signedIn)
  const ofKind = (how: string) => held.filter((one) => one.how === how)

  const ways: Record<string, (node: TestIssuer) => Promise<Held | undefined>> = {
    async 'a sign-in'(node) {
      const owner = pick(people)
      if (!owner.isActive) return undefined
      const tokens = await node.auth.sessions.start({ userId: owner.id, amr: ['pwd'] })
      const refresh = String(tokens.refresh_token)
      return { how: 'a sign-in', headers: bearer(tokens.access_token), refresh, owner }
    },
    async 'a cookie'(node) {
      const owner = pick(people)
      if (!owner.isActive || ofKind('a cookie').some((one) => one.owner === owner)) return undefined
      const browser = openBrowser(node)
      await browser.signIn(owner.name)
      return { how: 'a cookie', headers: { cookie: browser.cookie ?? '' }, owner }
    },
    async 'a key'(node) {
      const from = pick(ofKind('a sign-in'))
      const headers = from?.headers
      if (headers === undefined) return undefined
      const { status, body } = await node.call('POST', '/users/me/api-keys', { headers, json: { name: 'k' } })
      if (status >= 400) return undefined
      return { how: 'a key', headers: { 'x-api-key': String(body.key) }, owner: from.owner }
    },
    async 'a ticket'(node) {
      const from = pick([...ofKind('a cookie'), ...ofKind('a cookie'), ...ofKind('a sign-in')])
      if (from === undefined) return undefined
      const session = await node.call('GET', '/session', { ...(from.headers && { headers: from.headers }) })
      const headers = { ...from.headers, origin: ISSUER, 'x-csrf-token': String(session.body.csrf_token) }
      const { status, body } = await node.call('POST', '/ws-ticket', { headers })
      return status === 200 ? { how: 'a ticket', ticket: String(body.ticket), owner: from.owner } : undefined
    },
    async 'a code'(node) {
      const from = pick(ofKind('a cookie'))
      if (from?.headers === undefined) return undefined
      const asked = requestOf(application.client, { scope: scopes.join(' ') })
      const sent = await node.call('GET', asked, { headers: from.headers })
      if (!sent.headers.get('location')?.includes('code=')) return undefined
      const { status, body } = await exchange(node, application.client, answerOf(sent).code ?? '')
      if (status !== 200) return undefined
      const [headers, refresh] = [bearer(body.access_token), String(body.refresh_token)]
      return { how: 'a code', headers, refresh, owner: from.owner, application }
    },
    async 'a refresh'(node) {
      const from = pick(held.filter(({ refresh }) => refresh !== undefined))
      if (from?.refresh === undefined) return undefined
      const form = { grant_type: 'refresh_token', refresh_token: from.refresh }
      const { status, body } = await callAs(node, from.application?.client, '/token', form)
      if (status !== 200) return undefined
      const [headers, refresh] = [bearer(body.access_token), String(body.refresh_token)]
      return { how: 'a refresh', headers, refresh, owner: from.owner, application: from.application }
    },
    async 'a token within another'(node) {
      const from = pick(held.filter(({ headers, how }) => headers !== undefined && how !== 'a key'))
      const admitted = from && (await check(node, from))
      if (admitted?.ok !== true) return undefined
      const order = { userId: from.owner.id, within: admitted.principal }
      const issued = await node.auth.tokens.issue(order).catch(() => undefined)
      if (issued === undefined) return undefined
      const how = 'a token within another'
      return { how, headers: bearer(issued.access_token), owner: from.owner, application: from.application }
    },
  }
  const hand = async (nodes: readonly TestIssuer[], times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      const made = await pick(Object.values(ways))(pick(nodes))
      if (made !== undefined) held.push(made)
    }
  }

  const changes: (() => Promise<unknown>)[] = [
    async () => {
      const person = pick(people)
      person.roles = ['user', ...some(['clerk', 'head', 'own'])]
      await here.auth.users.setRoles(person.id, person.roles)
    },
    async () => {
      application.scopes = ['openid', 'offline_access', ...some(API)]
      await here.auth.clients.change(application.client.id, { scopes: application.scopes })
    },
    async () => {
      application.isActive = !application.isActive
      const state = application.isActive ? 'active' : 'disabled'
      await here.auth.clients.change(application.client.id, { state })
    },
    async () => {
      scopesOf.own = some(['orders:read', 'orders:write'])
      await setRole()
    },
    async () => {
      const { id } = pick(people)
      const session = pick(await here.auth.sessions.list(id))
      if (session !== undefined) await here.auth.sessions.end(id, session.id)
    },
    async () => {
      const person = pick(people)
      person.isActive = !person.isActive
      await (person.isActive ? here.auth.users.enable(person.id) : here.auth.users.disable(person.id))
    },
  ]
  /** Whoever ends a session waits until it has heard of all that was ended; one that is not there will do. */
  const hear = () => Promise.all(both.map(({ auth }) => auth.sessions.end(root.id, crypto.randomUUID())))

  const judge = async ({ how, owner, application }: Held, principal: Principal): Promise<void> => {
    const what = `${how} of ${owner.name}: ${JSON.stringify(principal)}`
    const ofRoles = owner.roles.flatMap((name) => scopesOf[name] ?? [])
    const allowed = ['openid', 'offline_access', ...ofRoles].filter(
      (name) => application?.scopes.includes(name) ?? true,
    )
    assert.deepEqual([owner.isActive, application?.isActive ?? true], [true, true], what)
    assert.deepEqual(
      principal.scopes.filter((name) => !allowed.includes(name)),
      [],
      what,
    )
    assert.deepEqual(
      principal.roles.filter((name) => !owner.roles.includes(name)),
      [],
      what,
    )
    const live = (await here.auth.sessions.list(owner.id)).map(({ id }) => id)
    assert.ok(principal.sessionId === undefined || live.includes(principal.sessionId), what)
  }

  let judged = 0
  for (let round = 0; round < ROUNDS; round++) {
    await hand(both, 14)
    for (const one of held) for (const node of both) await check(node, one)
    await pick(changes)()
    await hand([there], 18)
    await hear()
    const good: Held[] = []
    for (const one of held) {
      const { ticket } = one
      const nodes = ticket === undefined ? both : [pick(both)]
      for (const node of nodes) {
        const open = new Request(`${ISSUER}/ws?ticket=${ticket}`, { headers: { origin: ISSUER } })
        const admitted = await (ticket === undefined ? check(node, one) : node.auth.sockets.accept(open))
        if (!admitted.ok) continue
        await judge(one, admitted.principal)
        judged += 1
        if (ticket === undefined) good.push(one)
      }
    }
    held = [...new Set(good)].slice(-25)
  }
  assert.ok(judged > 0)
  await Promise.all(both.map((node) => node.close()))
  rmSync(folder, { recursive: true })
})
