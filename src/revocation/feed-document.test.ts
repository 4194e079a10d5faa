import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readFeedDocument, readFeedQuestion, writeFeedDocument, writeFeedQuestion } from './feed-document.ts'
import type { RevocationAnswer } from './source.ts'

test('questions are read as they were written, others are refused', () => {
  const text = fc.string({ minLength: 1, maxLength: 500 })
  fc.assert(
    fc.property(
      fc.option(text, { nil: undefined }),
      fc.nat(2000),
      fc.boolean(),
      (cursor, waitMilliseconds, census) => {
        const question = { nonce: 'Abc-_9', cursor, waitMilliseconds, census }
        const read = readFeedQuestion(new URLSearchParams(writeFeedQuestion(question).toString()))
        assert.deepEqual(read, question)
      },
    ),
  )
  for (const query of [
    '',
    'nonce=',
    'nonce=a%20b',
    `nonce=${'a'.repeat(65)}`,
    'nonce=a&nonce=b',
    'nonce=a&wait=-1',
    'nonce=a&wait=1e3',
    'nonce=a&wait=NaN',
    'nonce=a&cursor=',
    `nonce=a&cursor=${'a'.repeat(501)}`,
    'nonce=a&cursor=b&cursor=c',
    'nonce=a&census=yes',
  ]) {
    assert.equal(readFeedQuestion(new URLSearchParams(query)), undefined, query)
  }
  assert.equal(readFeedQuestion(new URLSearchParams('nonce=a&wait=3600'))?.waitMilliseconds, 2000)
})

const answer: RevocationAnswer = {
  entries: [
    { kind: 'session', ref: 'one', least: undefined, remainingMilliseconds: 12_345 },
    { kind: 'user', ref: 'two', least: 7, remainingMilliseconds: 1 },
  ],
  complete: true,
  cursor: 'c',
  identity: 'i',
  storeEpoch: 3,
  ringVersion: 4,
  coveredLifeSeconds: 900,
  now: 1_780_000_000_123,
  census: { fromSeconds: 5, count: 6, sum: 7 },
}

test('documents are read as they were written', () => {
  const document: unknown = JSON.parse(JSON.stringify(writeFeedDocument(answer, 'n', 12.3)))
  assert.deepEqual(readFeedDocument(document, 'n'), { ...answer, ageMilliseconds: 13 })
  assert.equal(readFeedDocument(document, 'm'), undefined)
  const second = writeFeedDocument({ ...answer, ageMilliseconds: 1000 }, 'n', 12.3)
  assert.equal(second.age, 1.013, 'the ages of all who stand between add up')
  // The least and the longest that there may be.
  const least = { storeEpoch: 0, ringVersion: 0, coveredLifeSeconds: 0, cursor: 'c'.repeat(500) }
  const zero = { ...answer, ...least, census: { fromSeconds: 0, count: 0, sum: 0 } }
  assert.deepEqual(readFeedDocument(writeFeedDocument(zero, 'n', 0), 'n'), { ...zero, ageMilliseconds: 0 })
})

test('a document with any part missing or of another type is refused as a whole', () => {
  const document = writeFeedDocument(answer, 'n', 0)
  const entry = document.entries[1]
  assert.ok(entry)
  for (const name of Object.keys(document)) {
    if (name === 'census') continue
    assert.equal(readFeedDocument({ ...document, [name]: undefined }, 'n'), undefined, name)
    assert.equal(
      readFeedDocument({ ...document, [name]: name === 'entries' ? {} : [] }, 'n'),
      undefined,
      name,
    )
  }
  for (const wrong of [
    { ref: 7 },
    { ref: '' },
    { ref: 'a'.repeat(8193) },
    { kind: 7 },
    { least: '7' },
    { least: -1 },
    { least: 1.5 },
    { least: null },
    { remaining: '7' },
    { remaining: -1 },
    { remaining: Number.NaN },
    { remaining: Number.POSITIVE_INFINITY },
  ]) {
    const spoilt: unknown = { ...document, entries: [...document.entries, { ...entry, ...wrong }] }
    assert.equal(readFeedDocument(spoilt, 'n'), undefined, JSON.stringify(wrong))
  }
  for (const other of [undefined, null, 'text', 7, [], {}])
    assert.equal(readFeedDocument(other, 'n'), undefined)
  const counted = { from: 1, count: 2, sum: 3 }
  for (const census of [
    null,
    'all',
    { ...counted, from: undefined },
    { ...counted, count: '2' },
    { ...counted, sum: -1 },
  ]) {
    assert.equal(readFeedDocument({ ...document, census }, 'n'), undefined, JSON.stringify(census))
  }
  const newer = { ...document, entries: [{ kind: 'device', ref: 'x', remaining: 5 }] }
  assert.deepEqual(readFeedDocument(newer, 'n')?.entries, [], 'a kind of a later release')
})
