import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Store, sqlite } from '../../src/index.ts'
import { ISSUER, PASSWORD, readAnswer, startIssuer, type TestIssuer, tokensOf } from './issuer.ts'
import { startLettered } from './letters.ts'

/** A request whose head is there and was let in, and whose body comes when it is sent. */
function begin(
  { auth }: TestIssuer,
  [method, path]: readonly [string, string],
  headers: Record<string, string>,
  json: unknown,
) {
  const asked = Promise.withResolvers<void>()
  const sent = Promise.withResolvers<void>()
  const body = new ReadableStream(
    {
      async pull(controller) {
        asked.resolve()
        await sent.promise
        controller.enqueue(new TextEncoder().encode(JSON.stringify(json)))
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const request = new Request(ISSUER + path, {
    method,
    body,
    duplex: 'half',
    headers: { 'content-type': 'application/json', ...headers },
  } as RequestInit)
  const answer = auth.fetch(request, { address: '127.0.0.1' }).then(readAnswer)
  return {
    /** Its body is waited for. */
    admitted: asked.promise,
    send() {
      sent.resolve()
      return answer
    },
  }
}

test('B8: a request that was let in does nothing once what it came with has ended, however long its body takes', async () => {
  const issuer = await startIssuer()
  const { users } = issuer.auth
  await issuer.signUp('mallory')
  const mallory = await users.findByLogin('mallory')
  const change = ['PATCH', `/admin/users/${mallory?.id}`] as const
  const ends = {
    disabled: (id: string) => users.disable(id),
    'signed out': async (_id: string, token: string) => {
      assert.equal((await issuer.call('POST', '/logout', { token })).status, 204)
    },
    'no admin any more': (id: string) => users.setRoles(id, ['user']),
    'with another password': (id: string) => users.setPassword(id, 'a longer sentence of mine'),
  }
  for (const [what, end] of Object.entries(ends)) {
    const name = what.replaceAll(' ', '.')
    await issuer.signUp(name)
    const id = (await users.findByLogin(name))?.id ?? ''
    await users.setRoles(id, ['admin', 'user'])
    const { access } = tokensOf(await issuer.signIn(name))
    const half = begin(issuer, change, { authorization: `Bearer ${access}` }, { roles: ['admin'] })
    await half.admitted
    await end(id, access)
    const refused = await half.send()
    assert.equal(refused.status, 401, `${what}: ${refused.text}`)
    assert.deepEqual((await users.findByLogin('mallory'))?.roles, ['user'], what)
  }
  await issuer.signUp('boss')
  await users.setRoles((await users.findByLogin('boss'))?.id ?? '', ['admin', 'user'])
  const { access } = tokensOf(await issuer.signIn('boss'))
  const half = begin(issuer, change, { authorization: `Bearer ${access}` }, { roles: ['admin'] })
  await half.admitted
  const done = await half.send()
  assert.equal(done.status, 200, `nothing has ended: ${done.text}`)
  await issuer.close()
})

/** A store that lets something happen each time after an account was read, which its password is about to be proven of. */
function withPause(between: () => Promise<unknown>): Store {
  const store = sqlite(':memory:')
  const users: Store['users'] = {
    ...store.users,
    async findAccountById(id) {
      const account = await store.users.findAccountById(id)
      await between()
      return account
    },
  }
  return { ...store, users } as Store
}

test('B7: what a password proves is void with it: a reset in that moment is not overwritten, nor is the address changed', async () => {
  let between = async (): Promise<unknown> => undefined
  const issuer = await startLettered({ store: withPause(() => between()) })
  const thief = { address: 'thief@evil.example', password: 'what the thief would like' }
  for (const [name, path, json, status] of [
    ['alice', '/password/change', { current_password: PASSWORD, new_password: thief.password }, 401],
    ['bob', '/users/me/email', { email: thief.address, password: PASSWORD }, 202],
  ] as const) {
    const { access } = await issuer.signUp(name)
    const id = (await issuer.auth.users.findByLogin(name))?.id ?? ''
    between = async () => {
      between = async () => undefined
      await issuer.auth.users.setPassword(id, 'a longer sentence of mine')
    }
    const answer = await issuer.call('POST', path, { token: access, json })
    assert.equal(answer.status, status, answer.text)
    const form = { grant_type: 'password', username: name, password: 'a longer sentence of mine' }
    assert.equal(
      (await issuer.call('POST', '/token', { form })).status,
      200,
      'the new password is the password',
    )
  }
  const token = await issuer.token('change_email', thief.address)
  assert.equal((await issuer.call('POST', '/email/verify', { json: { token } })).status, 400)
  assert.equal(await issuer.auth.users.findByLogin(thief.address), undefined)
  await issuer.close()
})
