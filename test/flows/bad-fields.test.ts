import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Route } from '../../src/endpoints/route.ts'
import { routes } from '../../src/endpoints/routes.ts'
import { Access } from '../../src/model/access.ts'
import type { Answer } from './issuer.ts'
import { breaksOf, fieldsOf, goodFields, type RouteField, writeFields } from './route-fields.ts'
import { startTableIssuer, type TableIssuer } from './table-issuer.ts'

const fields = fieldsOf(routes)

let table: TableIssuer
let token: string
before(async () => {
  table = await startTableIssuer()
  token = await table.newToken()
})
after(() => table.close())

/** Routes for anyone are asked by nobody, the others by an admin. */
const credentialOf = (route: Route) => (Access.requirementOf(route.access) ? token : undefined)

function namesOf({ body }: Answer): string[] {
  return ((body.errors as { field: string }[] | undefined) ?? []).map(
    ({ field }) => field.split('.')[0] ?? '',
  )
}

const inWords = ({ route, as, name }: RouteField) => `${route.method} ${route.path} ${name} (${as})`

test('the fields of the routes are found', () => {
  for (const name of ['email', 'password', 'username', 'refresh_token', 'grant_type', 'keep']) {
    assert.ok(
      fields.some((field) => field.name === name),
      name,
    )
  }
  for (const { path, body } of routes) {
    if (body === undefined || body.optional) continue
    assert.ok(body.example, `${path} needs an example: people read it, and tests break it`)
  }
})

test('G-12: a field that is missing, of another type, an array, an operator, sent twice, too long or with control characters is a 400 that names it, and writes nothing', async () => {
  const before = table.rows()
  for (const field of fields) {
    for (const { what, text } of breaksOf(field)) {
      const answer = await table.send(field.route, field.as, text, { token: credentialOf(field.route) })
      const told = `${inWords(field)} ${what}: ${answer.status} ${answer.text}`
      // Which client asks may have to be known before what it left out is said.
      if (answer.status === 401 && what === 'missing' && field.route.style === 'oauth') continue
      assert.equal(answer.status, 400, told)
      assert.ok(namesOf(answer).includes(field.name), told)
      assert.ok(
        !answer.text.includes('xxxxxxxxxx') && !answer.text.includes('Set-Cookie'),
        'a value is never repeated',
      )
    }
  }
  assert.deepEqual(table.rows(), before)
})

test('an empty field is a 400 that names it, or counts as left out (RFC 6749 section 3.1)', async () => {
  const before = table.rows()
  for (const field of fields.filter(({ types }) => types.includes('string'))) {
    const good = field.as === 'query' ? {} : goodFields(field.route)
    const text = writeFields(field.as, { ...good, [field.name]: '' })
    const schema = field.as === 'query' ? field.route.query : field.route.body?.schema
    if (!field.required && schema?.safeParse({ ...good, [field.name]: '' }).success) continue
    const answer = await table.send(field.route, field.as, text, { token: credentialOf(field.route) })
    assert.equal(answer.status, 400, `${inWords(field)}: ${answer.text}`)
    assert.ok(namesOf(answer).includes(field.name), `${inWords(field)}: ${answer.text}`)
  }
  assert.deepEqual(table.rows(), before)
})

/** What no body may say of an account, a session or a token, unless the caller looks after accounts. */
const NOT_YOURS = [
  ...['role', 'roles', 'admin', 'is_admin', 'emailVerified', 'email_verified', 'state', 'disabled'],
  ...[
    'id',
    'sub',
    'user_id',
    'userId',
    'owner',
    'ver',
    'epoch',
    'version',
    'created_at',
    'passwordHash',
    'password_hash',
  ],
]

test('G-10: no body of any route sets a role, a state, an id, an owner, a counter or a verified address', async () => {
  const user = await table.issuer.auth.users.create({
    email: 'eve@example.com',
    username: 'eve',
    password: 'correct horse battery',
  })
  const { access_token: eve } = await table.issuer.auth.sessions.start({ userId: user.id, amr: ['pwd'] })
  const accounts = () => {
    const { cs_users: users, cs_events: events = [] } = table.rows()
    const names = (events as { name: string }[]).map(({ name }) => name)
    // Keys are made and moved on whenever it is time; that is nobody's doing. A refused sign-in is written down later.
    return { users, events: names.filter((name) => !/^(key\.|login\.refused)/.test(name)) }
  }
  const before = accounts()
  for (const route of routes) {
    // A question may name a role, as that of a proxy does: it sets none.
    const ofBody = fields.filter((field) => field.route === route && field.as !== 'query')
    const known = ofBody.map(({ name }) => name)
    const requirement = Access.requirementOf(route.access)
    const isForAdmins = requirement?.scopes?.some((scope) => /^admin:/.test(scope)) ?? false
    // A person narrows an API key of their own by `scopes`: at most what their roles hold.
    const isOwnKey = (name: string) => name === 'scopes' && route.path === '/users/me/api-keys'
    const declared = known.filter((name) => NOT_YOURS.includes(name) && !isOwnKey(name))
    assert.ok(isForAdmins || declared.length === 0, `${route.path} takes ${declared}`)
    for (const as of route.body?.types ?? []) {
      for (const name of NOT_YOURS.filter((one) => !known.includes(one))) {
        const text = writeFields(as, { ...goodFields(route), [name]: 'admin' })
        const answer = await table.send(route, as, text, { token: requirement && eve })
        if (answer.status < 400) continue // taken, without what it does not know: the accounts tell
        const isRefused = [400, 401, 403, 404, 409].includes(answer.status)
        assert.ok(isRefused, `${route.method} ${route.path} ${name}: ${answer.text}`)
      }
    }
  }
  assert.deepEqual(accounts(), before)
})
