import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { countOf } from '../../test/counts.ts'
import { systemRandom } from '../base/random.ts'
import type { RevocationKind } from '../model/revocation.ts'
import { Entries, numberOf } from './entries.ts'
import { EVERYTHING, NOTHING, SWEEPS_OF_TABLE } from './entry-table.ts'

const uuid = (number: number): string => `${number.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`
const newEntries = (mostEntries = 1_000_000): Entries => new Entries({ random: systemRandom, mostEntries })
const USER = numberOf('user')
const TOKEN = numberOf('token')
const SESSION = numberOf('session')

/** Looked up as it stands, and by the place worked out before: the same either way. */
function leastIn(entries: Entries, kind: number, ref: string): number {
  const least = entries.leastOf(kind, ref)
  assert.equal(entries.leastOf(kind, ref, entries.placeOf(kind, ref)), least)
  return least
}

/** The same rules in the plainest way. */
class Model {
  readonly entries = new Map<string, { least: number; endsAt: number }>()

  add(kind: RevocationKind, ref: string, least: number | undefined, endsAt: number): void {
    const compared = kind === 'user' || kind === 'client' || kind === 'store'
    const known = this.entries.get(`${kind} ${ref}`)
    this.entries.set(`${kind} ${ref}`, {
      least: Math.max(known?.least ?? NOTHING, compared ? (least ?? EVERYTHING) : EVERYTHING),
      endsAt: Math.max(known?.endsAt ?? 0, endsAt),
    })
  }
}

const kinds = fc.constantFrom<RevocationKind>('token', 'session', 'user', 'client', 'store', 'key', 'apikey')
const refs = fc.oneof(
  fc.nat(40).map(uuid),
  fc.constantFrom('first-party', 'k1', '', '__proto__', uuid(1).toUpperCase(), uuid(1).replace('-4', '-7')),
)
const steps = fc.array(
  fc.record({
    kind: kinds,
    ref: refs,
    least: fc.option(fc.nat(9), { nil: undefined }),
    remaining: fc.integer({ min: -1000, max: 60_000 }),
    passes: fc.nat(20_000),
    sweeps: fc.nat(80),
  }),
  { maxLength: 120 },
)

test('B11: entries are as a plain map says: never gone before their end, and gone a second after it', () => {
  fc.assert(
    fc.property(steps, fc.nat(1_000_000), (history, start) => {
      const entries = newEntries()
      const model = new Model()
      let elapsed = start
      for (const { kind, ref, least, remaining, passes, sweeps } of history) {
        entries.add(
          { kind, ref, least, remainingMilliseconds: remaining },
          elapsed,
          1_700_000_000_000 + elapsed,
        )
        if (remaining > 0) model.add(kind, ref, least, elapsed + remaining)
        elapsed += passes
        // However little of the table has been swept.
        for (let count = 0; count <= sweeps; count++) entries.sweep(elapsed)
        for (const [name, { least, endsAt }] of model.entries) {
          const [kind, ref] = split(name)
          const found = leastIn(entries, numberOf(kind), ref)
          if (endsAt > elapsed) assert.equal(found, least, name)
          else if (endsAt <= elapsed - 1000) assert.equal(found, NOTHING, name)
          if (found === NOTHING) model.entries.delete(name)
        }
      }
      for (let count = 0; count < SWEEPS_OF_TABLE; count++) entries.sweep(elapsed + 1_000_000)
      assert.equal(entries.size, 0)
      for (const name of model.entries.keys()) {
        const [kind, ref] = split(name)
        assert.equal(leastIn(entries, numberOf(kind), ref), NOTHING)
      }
    }),
    { numRuns: countOf({ quick: 200, full: 2000, long: 20_000 }) },
  )
})

function split(name: string): [kind: RevocationKind, ref: string] {
  const space = name.indexOf(' ')
  const kind = (['token', 'session', 'user', 'client', 'store', 'key', 'apikey'] as const).find(
    (kind) => kind === name.slice(0, space),
  )
  assert.ok(kind)
  return [kind, name.slice(space + 1)]
}

test('PROTOCOL 2: order and duplicates do not matter', () => {
  const entry = fc.record({
    kind: kinds,
    ref: refs,
    least: fc.option(fc.nat(9), { nil: undefined }),
    remainingMilliseconds: fc.integer({ min: 1000, max: 60_000 }),
  })
  fc.assert(
    fc.property(fc.array(entry), fc.infiniteStream(fc.nat()), (list, numbers) => {
      const inOrder = newEntries()
      const shuffled = newEntries()
      for (const one of list) inOrder.add(one, 0, 0)
      const twice = [...list, ...list].map((one) => ({ one, place: numbers.next().value ?? 0 }))
      for (const { one } of twice.sort((a, b) => a.place - b.place)) shuffled.add(one, 0, 0)
      for (const { kind, ref } of list) {
        assert.equal(leastIn(shuffled, numberOf(kind), ref), leastIn(inOrder, numberOf(kind), ref))
      }
      assert.equal(shuffled.size, inOrder.size)
    }),
  )
})

test('PROTOCOL 2.9: many entries are all found, others are not, and memory comes back when they end', () => {
  const count = 50_000
  const entries = newEntries()
  for (let number = 0; number < count; number++) {
    entries.add({ kind: 'session', ref: uuid(number), least: undefined, remainingMilliseconds: 10_000 }, 0, 0)
  }
  assert.equal(entries.size, count)
  assert.ok(entries.bytes / count < 64, `${entries.bytes / count} bytes an entry`)
  for (let number = 0; number < count; number++) {
    assert.equal(leastIn(entries, SESSION, uuid(number)), EVERYTHING)
    assert.equal(leastIn(entries, TOKEN, uuid(number)), NOTHING)
    assert.equal(leastIn(entries, SESSION, uuid(count + number)), NOTHING)
  }
  for (let sweep = 0; sweep < SWEEPS_OF_TABLE; sweep++) entries.sweep(10_999)
  assert.equal(leastIn(entries, SESSION, uuid(7)), NOTHING)
  assert.equal(entries.size, 0)
  assert.ok(entries.bytes < 64 * 33 * 16)
})

test('PROTOCOL 2.9: a million live entries fit in 64 MB', () => {
  const entries = newEntries()
  for (let number = 0; number < 1_000_000; number++) {
    entries.add({ kind: 'session', ref: uuid(number), least: undefined, remainingMilliseconds: 60_000 }, 0, 0)
  }
  assert.equal(entries.size, 1_000_000)
  assert.equal(entries.isOverfull, false)
  assert.ok(entries.bytes <= 64e6, `${entries.bytes} bytes`)
  assert.equal(leastIn(entries, SESSION, uuid(999_999)), EVERYTHING)
})

test('PROTOCOL 2.9: past the cap entries become coarser: none is dropped, few others are hit', () => {
  const most = 1000
  const entries = newEntries(most)
  assert.equal(entries.isOverfull, false)
  const refOf = (number: number): string => (number % 10 === 0 ? `name-${number}` : uuid(number))
  for (let number = 0; number < 20_000; number++) {
    entries.add(
      { kind: 'session', ref: refOf(number), least: undefined, remainingMilliseconds: 60_000 },
      0,
      0,
    )
  }
  assert.equal(entries.isOverfull, true)
  assert.ok(entries.size <= 2 * most)
  let mistakes = 0
  for (let number = 0; number < 20_000; number++) {
    assert.equal(leastIn(entries, SESSION, refOf(number)), EVERYTHING, refOf(number))
    if (leastIn(entries, SESSION, uuid(1_000_000 + number)) !== NOTHING) mistakes++
    assert.equal(leastIn(entries, TOKEN, refOf(number)), NOTHING, 'another kind is not touched')
  }
  assert.ok(mistakes < 20, `${mistakes} of 20,000 refused by mistake`)
  entries.sweep(60_999)
  assert.equal(entries.isOverfull, false)
  for (let sweep = 0; sweep < SWEEPS_OF_TABLE; sweep++) entries.sweep(61_000)
  assert.equal(entries.size, 0)
  assert.equal(leastIn(entries, SESSION, refOf(19_999)), NOTHING)
})

test('PROTOCOL 2.9: past the cap a counter still lets newer tokens pass', () => {
  const entries = newEntries(0)
  entries.add({ kind: 'user', ref: uuid(1), least: 5, remainingMilliseconds: 60_000 }, 0, 0)
  entries.add({ kind: 'user', ref: uuid(2), least: 9, remainingMilliseconds: 60_000 }, 0, 0)
  assert.equal(leastIn(entries, USER, uuid(1)), 9, 'coarser: the largest of all')
  assert.equal(leastIn(entries, USER, uuid(3)), NOTHING)
})

test('PROTOCOL 2.4: what a snapshot lacks, or says less of, is listed; what it says is not', () => {
  const entries = newEntries()
  const add = (kind: RevocationKind, ref: string, least: number | undefined, seconds = 600): void =>
    entries.add({ kind, ref, least, remainingMilliseconds: seconds * 1000 }, 0, 1_700_000_000_000)
  add('session', uuid(1), undefined)
  add('session', uuid(2), undefined)
  add('user', uuid(3), 7)
  add('user', uuid(4), undefined)
  add('user', uuid(5), 7)
  add('client', 'app', 3)
  add('client', 'other', 3)
  add('token', uuid(6), undefined, 5)
  assert.deepEqual(entries.unsaid(0, 0, 99), [])

  entries.forgetSaid()
  add('session', uuid(2), undefined)
  add('user', uuid(3), 6)
  add('user', uuid(4), 99)
  add('user', uuid(5), 8)
  add('client', 'other', undefined)
  const lost = entries.unsaid(1000, 10_000, 99)
  assert.deepEqual(
    lost.map(({ kind, ref, least }) => [kind, ref, least]).sort(),
    [
      ['client', 'app', 3],
      ['session', uuid(1), undefined],
      ['user', uuid(3), 7],
      ['user', uuid(4), undefined],
    ].sort(),
  )
  for (const { remainingMilliseconds } of lost) assert.equal(remainingMilliseconds, 599_000)
  assert.equal(entries.unsaid(1000, 10_000, 2).length, 2)
})

test('PROTOCOL 2.1: a census counts what the store said, and differs if one entry does', () => {
  const entries = newEntries()
  const add = (ref: string, seconds: number): void =>
    entries.add({ kind: 'session', ref, least: undefined, remainingMilliseconds: seconds * 1000 }, 0, 5000)
  add(uuid(1), 100)
  add(uuid(2), 200)
  add('name', 300)
  add(uuid(4), 20)
  assert.deepEqual(entries.census(35), { count: 3, sum: 70 + 170 + 270 })
  assert.deepEqual(entries.census(306), { count: 0, sum: 0 })
  add(uuid(2), 201)
  assert.deepEqual(entries.census(35), { count: 3, sum: 70 + 171 + 270 })
  entries.forgetSaid()
  assert.deepEqual(entries.census(35), { count: 0, sum: 0 })
})

test('an end that no clock reaches does not wrap round', () => {
  const entries = newEntries()
  entries.add({ kind: 'session', ref: uuid(1), least: undefined, remainingMilliseconds: 1e300 }, 0, 0)
  entries.sweep(1e12)
  assert.equal(leastIn(entries, SESSION, uuid(1)), EVERYTHING)
})
