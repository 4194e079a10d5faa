import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../errors/refusal.ts'
import { anyone, limited, needs, signedIn } from '../model/access.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import type { Principal } from '../model/principal.ts'
import type { Credential } from './credentials/credential.ts'
import { type CountRequest, createGuard, type GuardEdge } from './guard.ts'

const principal = { id: 'alice', via: 'bearer', scopes: [], roles: ['user'] } as unknown as Principal
const request: GuardRequest = { method: 'GET', target: '/', params: {}, header: () => undefined }
const rate = { name: 'dear', count: 1, perSeconds: 60 }

/** What is found out, by a credential that answers at once and by one that is waited for. */
async function verdictsOn(word: Parameters<ReturnType<typeof createGuard>>[1], edge: GuardEdge = {}) {
  const errors: unknown[] = []
  const credentials: Credential[] = [
    { name: 'bearer', read: () => 'text', verify: () => principal },
    { name: 'bearer', read: () => 'text', verify: async () => principal },
  ]
  const verdicts: unknown[] = []
  for (const credential of credentials) {
    const guard = createGuard([credential], { now: () => 0 } as never, (error) => errors.push(error), edge)
    const verdict = await guard(request, word)
    verdicts.push(verdict instanceof Refusal ? verdict.code : verdict)
  }
  assert.deepEqual(verdicts[0], verdicts[1])
  return { verdict: verdicts[0], errors: errors.map(String) }
}

const isFull = (): Refusal => new Refusal('RATE_LIMITED', { retryAfterSeconds: 1 })
const counters: readonly [string, (no: Refusal | undefined) => CountRequest][] = [
  ['at once', (no) => () => no],
  ['later', (no) => async () => no],
]

test('a limit is asked after the word and before its rules, whether it answers at once or later', async () => {
  for (const [when, counting] of counters) {
    let asked = 0
    const rule = (says: boolean) =>
      needs({
        if() {
          asked += 1
          return says
        },
      })
    const by = async (word: Parameters<typeof limited>[0], no?: Refusal) =>
      (await verdictsOn(limited(word, rate), { countRequest: counting(no) })).verdict
    assert.equal(await by(rule(true)), principal, when)
    assert.equal(await by(rule(false)), 'RULE_REFUSED', when)
    assert.equal(asked, 4)
    assert.equal(await by(rule(true), isFull()), 'RATE_LIMITED', when)
    assert.equal(asked, 4, 'nobody asks a rule for who may not come so often')
    assert.equal(await by(needs({ roles: ['admin'] }), isFull()), 'ROLE_MISSING', when)
    assert.equal(await by(anyone), undefined, when)
    assert.equal(await by(anyone, isFull()), 'RATE_LIMITED', when)
  }
})

test('G-4: a limit that nobody keeps, or that fails, refuses', async () => {
  const failing = async (): Promise<undefined> => {
    throw new Error('no store')
  }
  for (const word of [anyone, signedIn]) {
    const unkept = await verdictsOn(limited(word, rate))
    assert.equal(unkept.verdict, 'INTERNAL')
    assert.match(unkept.errors.join(), /nobody counts here/)
    const failed = await verdictsOn(limited(word, rate), { countRequest: failing })
    assert.equal(failed.verdict, 'INTERNAL')
    assert.match(failed.errors.join(), /no store/)
  }
})

test('what may not even carry a credential is refused before one is looked for, where one is asked for', async () => {
  const refuseTransport = () => new Refusal('PROXY_UNKNOWN')
  assert.equal((await verdictsOn(signedIn, { refuseTransport })).verdict, 'PROXY_UNKNOWN')
  assert.equal((await verdictsOn(anyone, { refuseTransport })).verdict, undefined)
})
