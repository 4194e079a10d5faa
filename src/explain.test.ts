import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AuthError } from './errors/auth-error.ts'
import { explain, type Refusals } from './explain.ts'
import type { RefusalRecord } from './store/refusals.ts'

const REFERENCE = 'a'.repeat(24)
const RECORD: RefusalRecord = {
  reference: REFERENCE,
  at: 1_799_999_990_000,
  code: 'KID_UNKNOWN',
  node: 'a',
  facts: { route: 'GET /orders', kid: 'k', config_fp: 'c' },
}

function refusals(record: RefusalRecord, contextOf: Refusals['contextOf'] = async () => ({})): Refusals {
  return {
    find: async (reference) => (reference === record.reference ? record : undefined),
    list: async () => [],
    counts: async () => [],
    contextOf,
  }
}
const ask = (subject: Parameters<typeof explain>[0], known = refusals(RECORD)) =>
  explain(subject, known, 1_800_000_000)

describe('explain', () => {
  it('finds an error of ours inside that of a framework', async () => {
    const own = new AuthError('HASH_QUEUE_FULL', { details: { waiting: 3 } })
    const wrapped = new Error('Internal Server Error', { cause: new Error('inner', { cause: own }) })
    const { cause, evidence } = await ask(wrapped)
    assert.deepEqual([cause, evidence], ['HASH_QUEUE_FULL', ['waiting: 3']])
    const endless = new Error('a')
    endless.cause = endless
    assert.equal((await ask(endless)).cause, 'INTERNAL')
  })

  it('says what is remembered here while the store is away, and nothing of how things stand', async () => {
    const known = refusals(RECORD, async () => {
      throw new AuthError('STORE_UNAVAILABLE')
    })
    const { cause, evidence } = await ask(REFERENCE, known)
    assert.equal(cause, 'KID_UNKNOWN')
    assert.ok(evidence.includes('kid of the token: k'))
    assert.doesNotMatch(evidence.join(' '), /signing key now/)
    assert.match((await ask(REFERENCE)).evidence.join(' '), /signing key now: not among the keys/)
  })

  it('takes an answer, leaves it unread, and says so where somebody else has read it', async () => {
    const answer = new Response(JSON.stringify({ reference: REFERENCE }))
    assert.equal((await ask(answer)).cause, 'KID_UNKNOWN')
    assert.equal(answer.bodyUsed, false)
    await answer.text()
    const { cause, meaning } = await ask(answer)
    assert.equal(cause, undefined)
    assert.match(meaning, /read already/)
  })

  it('says of a cause that a newer node wrote that it is not known here', async () => {
    const { cause, meaning } = await ask(REFERENCE, refusals({ ...RECORD, code: 'FROM_TOMORROW' }))
    assert.equal(cause, 'FROM_TOMORROW')
    assert.match(meaning, /this release does not know/)
  })
})
