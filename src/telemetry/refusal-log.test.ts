import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { silentLogger } from '../base/logger.ts'
import { Refusal } from '../errors/refusal.ts'
import type { RefusalCount, RefusalRecord, RefusalVerbs } from '../store/refusals.ts'
import { connectOpenTelemetry } from './open-telemetry.ts'
import { describeRefusal, type RefusedAt } from './refusal-facts.ts'
import { createRefusalLog } from './refusal-log.ts'

const NODE = { node: 'n-1', startedAt: 1000, config: 'c0ffee', key: 'k1' }
const NOW = 1_800_000_000_000

function requestWith(headers: Readonly<Record<string, string>>): RefusedAt['request'] {
  return { address: '10.0.0.2', header: (name) => headers[name] }
}

const at = (request?: RefusedAt['request']): RefusedAt => ({
  reference: 'ref-1',
  method: 'GET',
  path: '/orders',
  address: '203.0.113.4',
  status: 401,
  request,
})

function jwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256', kid: 'k-9', typ: 'at+jwt' })}.${part(claims)}.c2lnbmF0dXJlLXRoYXQtaXMtc2VjcmV0`
}

function keptIn(written: { records: RefusalRecord[]; counts: RefusalCount[] }, fail = false): RefusalVerbs {
  return {
    async write(records, counts) {
      if (fail) throw new Error('away')
      written.records.push(...records)
      written.counts.push(...counts)
    },
    find: async () => undefined,
    list: async () => [],
    counts: async () => [],
  }
}

describe('the record of a refusal', () => {
  it('is written whatever stands in the claims: nobody keeps a refusal out of the log by a list of odd audiences', () => {
    const authorization = `Bearer ${jwt({ aud: [{ toString: 1 }, 'b', [[]], null], exp: {}, sub: [] })}`
    const { facts } = describeRefusal(
      new Refusal('SIG_WRONG_KEY'),
      at(requestWith({ authorization })),
      NODE,
      NOW,
    )
    assert.deepEqual(facts.aud, ['object', 'b', 'object', 'object'])
  })

  it('G-6: holds what a token says of itself, and a fingerprint in place of the token', () => {
    const token = jwt({
      iss: 'https://a',
      aud: ['b', 'c'],
      exp: 1_800_000_060,
      iat: 1_799_999_000,
      jti: 'j',
      password: 'hunter2hunter2',
    })
    const request = requestWith({
      authorization: `Bearer ${token}`,
      'x-forwarded-for': '203.0.113.4',
      cookie: 'sid=topsecretvalue',
    })
    const { facts } = describeRefusal(
      new Refusal('TOKEN_EXPIRED', { details: { secondsAgo: 5 } }),
      at(request),
      NODE,
      NOW,
    )
    assert.equal(facts.kid, 'k-9')
    assert.deepEqual(facts.aud, ['b', 'c'])
    assert.equal(facts.seconds_left, 60)
    assert.equal(facts.peer, '10.0.0.2')
    assert.equal(facts.detail_secondsAgo, 5)
    assert.match(String(facts.credential_fp), /^[0-9a-f]{12}$/)
    assert.deepEqual(facts.headers, ['authorization', 'cookie', 'x-forwarded-for'])
    const text = JSON.stringify(facts)
    for (const secret of [token, 'c2lnbmF0dXJl', 'hunter2', 'topsecretvalue'])
      assert.equal(text.includes(secret), false)
  })

  it('G-6: makes no fingerprint of what a person chose', () => {
    const request = requestWith({
      authorization: `Basic ${Buffer.from('anna:hunter2hunter2hunter2').toString('base64')}`,
    })
    const { facts } = describeRefusal(new Refusal('CREDENTIALS_WRONG'), at(request), NODE, NOW)
    assert.equal(facts.credential, 'basic')
    assert.equal(facts.credential_fp, undefined)
  })

  it('G-7: is short and without control characters, whatever is sent', () => {
    const token = jwt({
      iss: `https://a\r\n\u001b[31m${'x'.repeat(3000)}`,
      exp: 'no',
      aud: Array.from({ length: 900 }, () => 'a'),
    })
    const { facts } = describeRefusal(
      new Refusal('ISS_OTHER_ENVIRONMENT'),
      at(requestWith({ authorization: `Bearer ${token}` })),
      NODE,
      NOW,
    )
    assert.ok(JSON.stringify(facts).length < 2000)
    assert.doesNotMatch(String(facts.iss), /[^\x20-\x7e]/)
    for (const odd of ['Bearer a.b.c.d.e.f.g.h.i.j.k', 'Bearer eyJ.!!.x............', 'Bearer', '']) {
      describeRefusal(new Refusal('TOKEN_OPAQUE'), at(requestWith({ authorization: odd })), NODE, NOW)
    }
  })
})

describe('the log of refusals', () => {
  const make = (fail = false) => {
    const written: { records: RefusalRecord[]; counts: RefusalCount[] } = { records: [], counts: [] }
    let now = NOW
    const clock = { now: () => now++, elapsed: () => now }
    const log = createRefusalLog({ refusals: keptIn(written, fail), node: NODE, clock, logger: silentLogger })
    return { log, written }
  }

  it('counts a flood exactly and keeps a bounded part of it, so that another cause is still seen', async () => {
    const { log, written } = make()
    for (let index = 0; index < 5000; index++) log.note(new Refusal('TOKEN_EXPIRED'), at())
    log.note(new Refusal('KID_UNKNOWN'), at())
    await log.flush()
    assert.equal(log.counts.get('TOKEN_EXPIRED'), 5000)
    assert.equal(
      written.counts.reduce((sum, { count }) => sum + count, 0),
      5001,
    )
    assert.equal(written.records.filter(({ code }) => code === 'KID_UNKNOWN').length, 1)
    assert.ok(written.records.length <= 50, `${written.records.length} records`)
    assert.equal(log.left, 5001 - written.records.length)
  })

  it('lets go of what a database that is away does not take, and goes on', async () => {
    const { log } = make(true)
    log.note(new Refusal('TOKEN_EXPIRED'), at())
    await log.flush()
    await log.flush()
    assert.equal(log.counts.get('TOKEN_EXPIRED'), 1)
    assert.equal(log.recent().length, 1)
  })

  it('counts exactly also while the database is away: the numbers wait for it, the records do not', async () => {
    const written: { records: RefusalRecord[]; counts: RefusalCount[] } = { records: [], counts: [] }
    const [away, back] = [keptIn(written, true), keptIn(written)]
    let isAway = true
    const refusals = {
      ...back,
      write(...batch) {
        // Refusals go on while the database is waited for.
        if (isAway && meanwhile > 0) log.note(new Refusal('STORE_UNAVAILABLE'), at())
        meanwhile -= 1
        return (isAway ? away : back).write(...batch)
      },
    } satisfies RefusalVerbs
    let meanwhile = 1
    let now = NOW
    const clock = { now: () => now, elapsed: () => now }
    const log = createRefusalLog({ refusals, node: NODE, clock, logger: silentLogger })
    for (let index = 0; index < 3; index++) {
      log.note(new Refusal('STORE_UNAVAILABLE'), at())
      await log.flush()
    }
    now += 600_000
    log.note(new Refusal('STORE_UNAVAILABLE'), at())
    await log.flush()
    isAway = false
    log.note(new Refusal('STORE_UNAVAILABLE'), at())
    await log.flush()
    await log.flush()
    assert.deepEqual(
      written.counts.map(({ at: slot, count }) => [slot - NOW, count]),
      [
        [0, 4],
        [600_000, 2],
      ],
    )
    assert.equal(written.records.length, 1)
  })

  it('writes what is left when it stops', async () => {
    const { log, written } = make()
    log.start()
    log.note(new Refusal('TOKEN_EXPIRED'), at())
    await log.stop()
    assert.equal(written.records.length, 1)
  })
})

describe('OpenTelemetry', () => {
  it('counts, and names cause and reference on the span under way, where its API is there', async () => {
    const added: unknown[] = []
    const told: unknown[] = []
    let span: { setAttributes(attributes: unknown): void } | undefined
    const createCounter = () => ({ add: (...args: unknown[]) => added.push(args) })
    const note = await connectOpenTelemetry(async () => ({
      metrics: { getMeter: () => ({ createCounter }) },
      trace: { getActiveSpan: () => span },
    }))
    note?.(new Refusal('TOKEN_EXPIRED'), 'ref-1')
    span = { setAttributes: (attributes) => void told.push(attributes) }
    note?.(new Refusal('KID_UNKNOWN'), 'ref-2')
    assert.deepEqual(added, [
      [1, { code: 'TOKEN_EXPIRED', client_code: 'token_expired' }],
      [1, { code: 'KID_UNKNOWN', client_code: 'token_invalid' }],
    ])
    assert.deepEqual(told, [{ 'countersign.code': 'KID_UNKNOWN', 'countersign.reference': 'ref-2' }])
    assert.equal(
      await connectOpenTelemetry(async () => Promise.reject(new Error('not installed'))),
      undefined,
    )
  })
})
