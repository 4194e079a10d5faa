import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { AuthOptions } from '../../src/index.ts'
import { type Answer, handClock, PASSWORD } from './issuer.ts'
import { type LetteredIssuer, startLettered } from './letters.ts'

const ALICE = { email: 'alice@example.com', username: 'alice', password: PASSWORD }

/** What a stranger can see of an answer, but for what is random in each. */
function seen({ status, text, headers, body }: Answer) {
  const { reference } = body as { reference?: string }
  return {
    status,
    text: reference === undefined ? text : text.replaceAll(reference, '…'),
    headers: [...headers].map(([name, value]) => [name, value.replaceAll(reference ?? '\0', '…')]),
  }
}

/** Each password to hash or to compare is one message to a worker. */
const jobs = mock.method(Worker.prototype, 'postMessage')

/** The ways in which a stranger can ask for an account, by the name that is typed. */
const WAYS: readonly {
  readonly way: string
  readonly options?: AuthOptions
  readonly ask: (issuer: LetteredIssuer, name: string, address: string) => Promise<Answer>
}[] = [
  {
    way: 'the password grant',
    ask: (issuer, username, address) =>
      issuer.call('POST', '/token', {
        form: { grant_type: 'password', username, password: 'not my password' },
        address,
      }),
  },
  {
    way: 'the browser sign-in',
    ask: (issuer, username, address) =>
      issuer.call('POST', '/session', { json: { username, password: 'not my password' }, address }),
  },
  {
    way: 'Basic',
    options: { basicForPeople: true },
    ask: (issuer, username, address) =>
      issuer.call('GET', '/users/me', {
        headers: { authorization: `Basic ${Buffer.from(`${username}:not my password`).toString('base64')}` },
        address,
      }),
  },
  {
    way: 'a forgotten password',
    ask: (issuer, email, address) => issuer.call('POST', '/password/forgot', { json: { email }, address }),
  },
  {
    way: 'another link to confirm the address',
    ask: (issuer, email, address) =>
      issuer.call('POST', '/email/verify/request', { json: { email }, address }),
  },
  {
    way: 'registration by a mailed link',
    options: { registration: 'verified' },
    ask: (issuer, email, address) =>
      issuer.call('POST', '/register', { json: { email, password: PASSWORD }, address }),
  },
]

for (const { way, options, ask } of WAYS) {
  test(`E6: by ${way} nobody learns whether there is an account: same status, body and headers, and as many hashes`, async () => {
    // In development answers tell more. The clock stands, for headers count seconds.
    const issuer = await startLettered({ issuer: 'https://auth.example.com', clock: handClock(), ...options })
    await issuer.auth.users.create(ALICE)
    const look = async (name: string, address: string) => {
      const before = jobs.mock.callCount()
      const answer = await ask(issuer, name, address)
      return { answer: seen(answer), hashes: jobs.mock.callCount() - before }
    }
    // As often as a limit allows and once more, each name from a place of its own.
    for (let index = 0; index < 7; index++) {
      const known = await look('alice@example.com', '198.51.100.1')
      const unknown = await look('nobody@example.com', '198.51.101.1')
      assert.deepEqual(known, unknown, `try ${index}`)
    }
    await issuer.close()
  })
}
