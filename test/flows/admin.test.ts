import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { claimsOf, startIssuer, type TestIssuer, tampered, tokensOf } from './issuer.ts'
import { signUpWithApp } from './second-factor.ts'

let issuer: TestIssuer
let admin: string
before(async () => {
  issuer = await startIssuer({
    scopes: { 'orders:write': 'Change your orders' },
    roles: {
      helper: { scopes: ['admin:users'] },
      auditor: { scopes: ['admin:events'] },
      seller: { scopes: ['orders:write'] },
    },
  })
  const root = await issuer.signUp('root')
  await issuer.auth.users.setRoles(String(claimsOf(root.access).sub), ['user', 'admin'])
  admin = tokensOf(await issuer.signIn('root')).access
})
after(() => issuer.close())

const subOf = (access: string) => String(claimsOf(access).sub)
const NOBODY = '00000000-0000-4000-8000-000000000000'
type Item = Record<string, unknown>

async function allItems(path: string, token = admin): Promise<Item[]> {
  const items: Item[] = []
  let cursor = ''
  do {
    const { status, body, text } = await issuer.call('GET', path + cursor, { token })
    assert.equal(status, 200, text)
    items.push(...(body.items as Item[]))
    cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`
  } while (cursor !== '')
  return items
}

test('every admin route refuses whoever is not one: no token, a forged one, a plain user, the wrong scope', async () => {
  const { access } = await issuer.signUp('plain')
  const id = subOf(access)
  const routes = [
    ['GET', '/admin/users'],
    ['GET', `/admin/users/${id}`],
    ['PATCH', `/admin/users/${id}`],
    ['DELETE', `/admin/users/${id}`],
    ['GET', `/admin/users/${id}/sessions`],
    ['DELETE', `/admin/users/${id}/sessions`],
    ['DELETE', `/admin/users/${id}/sessions/${claimsOf(access).sid}`],
    ['GET', '/admin/events'],
  ] as const
  await issuer.auth.users.setRoles(subOf((await issuer.signUp('helper')).access), ['helper'])
  await issuer.auth.users.setRoles(subOf((await issuer.signUp('auditor')).access), ['auditor'])
  const helper = tokensOf(await issuer.signIn('helper')).access
  const auditor = tokensOf(await issuer.signIn('auditor')).access
  for (const [method, path] of routes) {
    const json = method === 'PATCH' ? { json: { roles: ['admin'] } } : {}
    assert.equal((await issuer.call(method, path, json)).status, 401)
    assert.equal((await issuer.call(method, path, { ...json, token: tampered(admin) })).status, 401)
    for (const token of [access, path === '/admin/events' ? helper : auditor]) {
      const refused = await issuer.call(method, path, { ...json, token })
      assert.equal(refused.status, 403, `${method} ${path}`)
      assert.equal(refused.body.code, 'insufficient_scope')
    }
  }
  assert.equal((await issuer.me(access)).status, 200)
})

test('accounts: listed in pages, found by login, shown without anything secret', async () => {
  for (let number = 0; number < 5; number += 1) await issuer.signUp(`many${number}`)
  const users = await allItems('/admin/users?limit=2')
  const names = users.map((user) => user.username)
  assert.equal(new Set(names).size, names.length)
  for (const name of ['root', 'many0', 'many4']) assert.ok(names.includes(name))
  assert.doesNotMatch(JSON.stringify(users), /argon2|hash|epoch/)

  const byMail = await issuer.call('GET', '/admin/users?login=Many3@Example.com', { token: admin })
  assert.deepEqual(
    (byMail.body.items as Item[]).map(({ username }) => username),
    ['many3'],
  )
  const none = await issuer.call('GET', '/admin/users?login=nobody', { token: admin })
  assert.deepEqual(none.body, { items: [], next_cursor: null })
  for (const id of [NOBODY, 'x', '%27']) {
    assert.equal((await issuer.call('GET', `/admin/users/${id}`, { token: admin })).status, 404)
  }
})

test('X36: a cursor is good for its own list and filter only, and a forged one is 400', async () => {
  const { body } = await issuer.call('GET', '/admin/users?limit=1', { token: admin })
  const cursor = String(body.next_cursor)
  for (const path of [
    `/admin/users?state=disabled&cursor=${cursor}`,
    `/admin/events?cursor=${cursor}`,
    `/users/me/sessions?cursor=${cursor}`,
    `/admin/users?cursor=${cursor.slice(0, -1)}`,
    `/admin/users?cursor=${NOBODY}`,
    '/admin/users?limit=0',
    '/admin/users?limit=201',
    '/admin/users?limit=1e1',
    '/admin/users?limit=5&limit=6',
    '/admin/users?order=email',
  ]) {
    assert.equal((await issuer.call('GET', path, { token: admin })).status, 400, path)
  }
})

test('B7: an admin disables an account: its tokens end at the next request, enabling revives none', async () => {
  const { access, refresh } = await issuer.signUp('mallory')
  const path = `/admin/users/${subOf(access)}`
  const disabled = await issuer.call('PATCH', path, { token: admin, json: { state: 'disabled' } })
  assert.equal(disabled.body.state, 'disabled')
  assert.equal((await issuer.me(access)).status, 401)
  assert.equal((await issuer.signIn('mallory')).status, 400)
  assert.ok((await allItems('/admin/users?state=disabled')).some(({ username }) => username === 'mallory'))
  await issuer.call('PATCH', path, { token: admin, json: { state: 'active' } })
  assert.equal((await issuer.me(access)).status, 401)
  assert.equal((await issuer.refresh(refresh)).status, 400)
  assert.equal((await issuer.signIn('mallory')).status, 200)
})

test('B7: an admin deletes an account: it is gone with its tokens and its key, once; their own asks who they are', async () => {
  const { access, refresh } = await issuer.signUp('gone')
  const id = subOf(access)
  const made = await issuer.call('POST', '/users/me/api-keys', { token: access, json: { name: 'k' } })
  const remove = (which: string) => issuer.call('DELETE', `/admin/users/${which}`, { token: admin })
  assert.equal((await remove(id)).status, 204)
  for (const token of [access, String(made.body.key)]) assert.equal((await issuer.me(token)).status, 401)
  assert.equal((await issuer.refresh(refresh)).status, 400)
  assert.equal((await issuer.signIn('gone')).status, 400)
  for (const unknown of [id, NOBODY, '%27']) assert.equal((await remove(unknown)).status, 404)
  const [event] = await issuer.auth.events.list({ userId: id, name: 'user.deleted', limit: 1 })
  assert.deepEqual(event?.origin.actor, { kind: 'user', id: subOf(admin) })
  assert.notEqual(subOf((await issuer.signUp('gone')).access), id, 'the name is free, the id is not')
  const own = await remove(subOf(admin))
  assert.deepEqual([own.status, (await issuer.me(admin)).status], [400, 200])
})

test('roles: given within what the giver holds; one that is taken away ends the access tokens', async () => {
  const { access, refresh } = await issuer.signUp('carol')
  const path = `/admin/users/${subOf(access)}`
  await issuer.auth.users.setRoles(subOf((await issuer.signUp('helper2')).access), ['helper'])
  const helper = tokensOf(await issuer.signIn('helper2')).access
  const beyond = await issuer.call('PATCH', path, { token: helper, json: { roles: ['admin'] } })
  assert.equal(beyond.status, 403)
  assert.equal((await issuer.call('PATCH', path, { token: helper, json: { roles: ['helper'] } })).status, 200)
  assert.equal((await issuer.me(access)).status, 401, 'the role `user` was lost')
  assert.equal((await issuer.refresh(refresh)).status, 200, 'the session lives on')
  for (const json of [{ roles: ['emperor'] }, { roles: 'admin' }, { state: 'gone' }, {}, { id: NOBODY }]) {
    assert.equal((await issuer.call('PATCH', path, { token: admin, json })).status, 400, JSON.stringify(json))
  }
  const both = { state: 'active', roles: ['user'] }
  assert.equal((await issuer.call('PATCH', path, { token: admin, json: both })).status, 400)
})

test('nobody disables, demotes, strips or signs out an account that holds more than they do', async () => {
  const newAccount = async (name: string, roles: readonly string[]) => {
    const { access } = await issuer.signUp(name)
    await issuer.auth.users.setRoles(subOf(access), roles)
    return { id: subOf(access), token: tokensOf(await issuer.signIn(name)).access }
  }
  const keeper = await newAccount('keeper', ['user', 'helper'])
  const peer = await newAccount('peer', ['user', 'helper'])
  const seller = await newAccount('seller', ['user', 'seller'])
  const auditor = await newAccount('above-auditor', ['user', 'auditor'])
  const chief = await newAccount('chief', ['user', 'helper', 'seller'])
  const boss = await newAccount('boss', ['user', 'admin'])
  const changes = ({ id }: { readonly id: string }) =>
    [
      ['PATCH', `/admin/users/${id}`, { state: 'active' }],
      ['PATCH', `/admin/users/${id}`, { roles: ['user'] }],
      ['DELETE', `/admin/users/${id}`, undefined],
      ['DELETE', `/admin/users/${id}/factors`, undefined],
      ['DELETE', `/admin/users/${id}/factors/totp`, undefined],
      ['DELETE', `/admin/users/${id}/sessions`, undefined],
      ['DELETE', `/admin/users/${id}/sessions/${NOBODY}`, undefined],
      ['DELETE', `/admin/users/${id}/consents/shop`, undefined],
      ['DELETE', `/admin/users/${id}/identities/${NOBODY}`, undefined],
    ] as const
  for (const [who, lacking] of [
    [auditor, 'admin:events'],
    [chief, 'orders:write'],
    [boss, 'admin:keys'],
  ] as const) {
    for (const [method, path, json] of changes(who)) {
      const refused = await issuer.call(method, path, { token: keeper.token, ...(json && { json }) })
      assert.deepEqual([refused.status, refused.body.code], [403, 'insufficient_scope'], `${method} ${path}`)
      assert.match(refused.headers.get('www-authenticate') ?? '', new RegExp(`scope="[^"]*${lacking}`))
    }
    assert.equal((await issuer.me(who.token)).status, 200)
    assert.equal((await issuer.call('GET', `/admin/users/${who.id}`, { token: keeper.token })).status, 200)
  }
  // What an application lets its people do makes them nobody's superiors, and equals may.
  for (const who of [peer, seller]) {
    const path = `/admin/users/${who.id}`
    const json = { state: 'disabled' }
    assert.equal((await issuer.call('PATCH', path, { token: keeper.token, json })).status, 200)
  }
  const narrowed = tokensOf(await issuer.signIn('boss', { scope: 'admin:users' })).access
  const json = { state: 'disabled' }
  const path = `/admin/users/${auditor.id}`
  assert.equal(
    (await issuer.call('PATCH', path, { token: narrowed, json })).status,
    403,
    'as much as its token',
  )
  assert.equal((await issuer.call('PATCH', path, { token: admin, json })).status, 200)
})

test('B12: a user sees device, place and times of each session, ends one, ends the others, ends all', async () => {
  const agents = {
    laptop: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
    phone: 'Shop/4.2 (iPhone; iOS 18.7)',
    script: 'curl/8.14.1',
  }
  await issuer.signUp('dora')
  const signInFrom = async (agent: string, address: string) =>
    tokensOf(
      await issuer.call('POST', '/token', {
        form: { grant_type: 'password', username: 'dora', password: 'correct horse battery' },
        headers: { 'user-agent': agent },
        address,
      }),
    )
  const laptop = await signInFrom(agents.laptop, '192.0.2.7')
  const phone = await signInFrom(agents.phone, '2001:db8:1:2::3')
  const script = await signInFrom(agents.script, '198.51.100.9')
  const sessions = await allItems('/users/me/sessions?limit=2', laptop.access)
  const shown = new Map(sessions.map((session) => [session.device, session]))
  const mine = shown.get('Firefox on Windows')
  assert.equal(mine?.current, true)
  assert.equal(mine?.address, '192.0.2.7')
  assert.equal(mine?.network, '192.0.2.0/24')
  assert.ok(Date.parse(String(mine?.created_at)) <= Date.parse(String(mine?.last_used_at)))
  assert.equal(shown.get('Shop on iPhone')?.network, '2001:db8:1::/48')
  assert.equal(sessions.filter(({ current }) => current).length, 1)

  const end = (path: string, token: string) => issuer.call('DELETE', path, { token })
  assert.equal((await end(`/users/me/sessions/${claimsOf(script.access).sid}`, laptop.access)).status, 204)
  assert.equal((await end(`/users/me/sessions/${claimsOf(script.access).sid}`, laptop.access)).status, 404)
  assert.equal((await issuer.me(script.access)).status, 401)
  assert.equal((await end('/users/me/sessions?keep=current', laptop.access)).status, 200)
  assert.equal((await issuer.me(phone.access)).status, 401)
  const kept = tokensOf(await issuer.refresh(laptop.refresh))
  assert.deepEqual((await end('/users/me/sessions', kept.access)).body, { ended: 1 })
  assert.equal((await issuer.refresh(kept.refresh)).status, 400)
})

test('B12: an admin sees and ends the sessions of a user, one or all, and those of nobody else', async () => {
  const first = await issuer.signUp('erin')
  const second = tokensOf(await issuer.signIn('erin'))
  const other = await issuer.signUp('frank')
  const path = `/admin/users/${subOf(first.access)}/sessions`
  assert.equal((await allItems(`${path}?limit=1`)).length, 2)
  const end = (sessionPath: string) => issuer.call('DELETE', sessionPath, { token: admin })
  assert.equal((await end(`${path}/${claimsOf(other.access).sid}`)).status, 404)
  assert.equal((await issuer.me(other.access)).status, 200)
  assert.equal((await end(`${path}/${claimsOf(first.access).sid}`)).status, 204)
  assert.equal((await issuer.me(first.access)).status, 401)
  assert.equal((await issuer.me(second.access)).status, 200)
  assert.deepEqual((await end(path)).body, { ended: 1 })
  assert.equal((await issuer.me(second.access)).status, 401)
  assert.equal((await issuer.refresh(second.refresh)).status, 400)
  assert.equal((await end(`/admin/users/${NOBODY}/sessions`)).status, 404)
})

test('G-7: events say who did what, when, from where; by user, name, cause and time; newest first, in pages', async () => {
  const { access } = await issuer.signUp('grace')
  const id = subOf(access)
  await issuer.call('DELETE', `/admin/users/${id}/sessions`, { token: admin, address: '203.0.113.5' })
  const [ended, ...earlier] = await allItems(`/admin/events?limit=1&user=${id}`)
  assert.equal(ended?.name, 'session.all_ended')
  assert.deepEqual(ended?.actor, { kind: 'user', id: subOf(admin) })
  assert.equal(ended?.address, '203.0.113.5')
  assert.ok(typeof ended?.reference === 'string')
  assert.deepEqual(
    earlier.map(({ name }) => name),
    ['session.started', 'user.verification_asked', 'user.created'],
  )
  assert.equal((await allItems(`/admin/events?limit=9&user=${id}&name=session.started`)).length, 1)
  assert.equal((await allItems(`/admin/events?limit=9&user=${id}&since=2999-01-01T00:00:00Z`)).length, 0)
  for (const wrong of ['name=user.flew', 'since=noon', "user='", 'cause=']) {
    assert.equal((await issuer.call('GET', `/admin/events?${wrong}`, { token: admin })).status, 400)
  }
})

test("G-7: an application's own events stand beside ours, and a line end in them stays a line end in a string", async () => {
  const { access } = await issuer.signUp('heidi')
  const id = subOf(access)
  const by = { actor: { kind: 'user', id }, address: '192.0.2.1', agent: 'Shop/1' } as const
  const data = {
    cause: 'STOCK_EMPTY',
    note: 'one\r\n{"name":"user.created"}\u2028',
    count: 3,
    ok: false,
    of: null,
  }
  await issuer.auth.events.record({ userId: id, by, data })
  const answer = await issuer.call('GET', `/admin/events?user=${id}&cause=STOCK_EMPTY`, { token: admin })
  assert.equal(answer.text.split('\n').length, 1)
  const [event, ...more] = answer.body.items as Item[]
  assert.equal(more.length, 0)
  assert.equal(event?.name, 'application.recorded')
  assert.deepEqual(event?.data, data)
  assert.equal(event?.address, '192.0.2.1')
  assert.equal((await allItems('/admin/events?limit=9&cause=NOBODY')).length, 0)
  await assert.rejects(issuer.auth.events.record({ data: { text: 'x'.repeat(9000) } }), RangeError)
  await assert.rejects(issuer.auth.events.record({ userId: "'", data: {} }), TypeError)
})

test('G-9: code of the application gets no list of all by a limit below one', async () => {
  const { events, users, clients, webhooks, invitations } = issuer.auth
  for (const limit of [-1, 0, 1.5, Number.NaN]) {
    for (const list of [events.list, users.list, clients.list, invitations]) {
      await assert.rejects(list({ limit }), RangeError)
    }
    await assert.rejects(webhooks.list({ dead: false, limit }), RangeError)
  }
})

test('an admin sees the second factors of an account and takes one away: an event, a letter, every session ended', async () => {
  const frida = await signUpWithApp(issuer, 'frida', Date.now)
  const path = `/admin/users/${frida.id}/factors`
  const listed = await issuer.call('GET', path, { token: admin })
  assert.equal(listed.status, 200, listed.text)
  assert.deepEqual(Object.keys(listed.body).sort(), ['passkeys', 'recovery_codes_left', 'totp'])
  assert.deepEqual([listed.body.passkeys, listed.body.recovery_codes_left], [[], 10])
  assert.doesNotMatch(listed.text, /sealed|secret/)
  const plain = (await issuer.signUp('fritz')).access
  for (const [token, status] of [
    [plain, 403],
    [undefined, 401],
  ] as const) {
    for (const method of ['GET', 'DELETE']) {
      const at = method === 'GET' ? path : `${path}/totp`
      assert.equal((await issuer.call(method, at, token === undefined ? {} : { token })).status, status)
    }
  }
  for (const wrong of [NOBODY, 'sms', 'TOTP']) {
    assert.equal((await issuer.call('DELETE', `${path}/${wrong}`, { token: admin })).status, 404, wrong)
  }
  assert.equal((await issuer.call('GET', `/admin/users/${NOBODY}/factors`, { token: admin })).status, 404)
  const { access } = tokensOf(await issuer.refresh(frida.tokens.refresh))
  assert.equal((await issuer.call('DELETE', `${path}/totp`, { token: admin })).status, 204)
  assert.equal((await issuer.me(access)).status, 401)
  assert.equal((await issuer.call('DELETE', `${path}/totp`, { token: admin })).status, 404)
  assert.equal((await issuer.signIn('frida')).status, 200, 'the password is enough again')
  const events = await issuer.auth.events.list({ userId: frida.id, name: 'totp.removed', limit: 5 })
  assert.deepEqual(
    events.map(({ origin }) => origin.actor.id),
    [subOf(admin)],
  )
})
