// `node take-over.ts FILE`: what happens to people of an application's own table, with the `auth` that FILE exports.
import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Auth } from '../../src/index.ts'
import { ANN, BOB, OLD_PASSWORD } from './people.ts'

const { auth } = (await import(pathToFileURL(resolve(process.argv[2] ?? '')).href)) as { auth: Auth }

async function signIn(username: string, password = OLD_PASSWORD): Promise<number> {
  const body = new URLSearchParams({ grant_type: 'password', username, password })
  const request = new Request(`${auth.issuer}/token`, { method: 'POST', body })
  return (await auth.fetch(request, { address: '127.0.0.1' })).status
}

assert.equal(await signIn(ANN.email, 'not the password'), 400)
assert.equal(await signIn('nobody@example.com'), 400)
assert.equal(await auth.users.findByLogin(ANN.email), undefined, 'not before the password was right')
assert.equal(await signIn(ANN.email.toUpperCase()), 200)
assert.equal(await signIn(ANN.login), 200)
assert.equal(await signIn(BOB.email), 200)
const taken = await Promise.all([ANN, BOB].map(({ email }) => auth.users.findByLogin(email)))
assert.deepEqual(
  taken.map((user) => [user?.email, user?.username, user?.emailVerified]),
  [
    [ANN.email, ANN.login, true],
    [BOB.email, undefined, false],
  ],
)
assert.equal((await auth.events.list({ name: 'user.taken_over', limit: 9 })).length, 2)
await auth.close()
// The connections of the application itself would keep this process.
process.exit(0)
