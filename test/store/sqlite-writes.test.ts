import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase } from '../../src/store/sqlite/database.ts'
import { createGroupCommit } from '../../src/store/sqlite/group-commit.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { assertGiven, eventOf, newId, signIn, WINDOW } from '../../src/testing/store-contract/people.ts'
import { HOUR, MINUTE, SECOND } from '../../src/testing/store-contract/subject.ts'

const AT = Date.UTC(2030, 0, 1)

/** A table of words, and a group that writes to it, whose commits fail where they are told to. */
function setUp() {
  const database = openDatabase(':memory:')
  database.exec('CREATE TABLE words (word TEXT UNIQUE)')
  const says: string[] = []
  let fails = false
  const failing = {
    prepare: (sql: string) => database.prepare(sql),
    exec(sql: string) {
      if (sql === 'COMMIT') {
        if (fails) throw new Error('disk I/O error')
        says.push('committed')
      }
      database.exec(sql)
    },
    close: () => database.close(),
    get isTransaction() {
      return database.isTransaction
    },
  }
  const group = createGroupCommit(failing, { now: () => AT, elapsed: () => 0 }, () => undefined)
  return {
    says,
    failCommits(next: boolean) {
      fails = next
    },
    /** Resolves with what it was answered. */
    write: (word: string) =>
      group
        .write(() => void database.prepare('INSERT INTO words VALUES (?)').run(word))
        .then(
          () => says.push(`yes to ${word}`),
          () => says.push(`no to ${word}`),
        ),
    words: () =>
      database
        .prepare('SELECT word FROM words ORDER BY word')
        .all()
        .map(({ word }) => word),
  }
}

test('PROTOCOL 1.12: who writes together shares one commit, and one that fails takes no other with it', async () => {
  const { says, write, words } = setUp()
  await Promise.all([write('a'), write('b'), write('a'), write('c')])
  assert.deepEqual(says.toSorted(), ['committed', 'no to a', 'yes to a', 'yes to b', 'yes to c'])
  assert.deepEqual(words(), ['a', 'b', 'c'])
})

test('PROTOCOL 1.12: a commit that fails is a no to all whom it was for, and to nobody after them', async () => {
  const { says, write, words, failCommits } = setUp()
  failCommits(true)
  await Promise.all([write('a'), write('b')])
  assert.deepEqual(says, ['no to a', 'no to b'])
  assert.deepEqual(words(), [])
  failCommits(false)
  await write('c')
  assert.deepEqual(says.slice(2), ['committed', 'yes to c'])
  assert.deepEqual(words(), ['c'])
})

test('PROTOCOL 1.9: a refresh that waited in our queue for over half a window is refused and changes nothing, but in strict mode', async () => {
  let elapsed = 0
  const store = createSqliteStore(':memory:')
  await store.open({ clock: { now: () => AT, elapsed: () => elapsed }, migrate: true })
  const { present } = await signIn(store)
  const late = present(0)
  elapsed += WINDOW / 2 + 1
  await assert.rejects(late, { code: 'STORE_UNAVAILABLE' })
  const intime = present(0)
  elapsed += WINDOW / 2
  assertGiven(await intime, 'rotate', 1)
  const strict = present(1, { reuseWindowMilliseconds: 0 })
  elapsed += 60 * SECOND
  assertGiven(await strict, 'rotate', 2)
  await store.close()
})

test('B11, PROTOCOL 2.6: clean-up on SQLite takes an entry 24 h after its end, not before', async () => {
  let now = AT
  const database = openDatabase(':memory:')
  const store = createSqliteStore(':memory:', () => database)
  await store.open({ clock: { now: () => now, elapsed: () => now }, migrate: true })
  const entry = { kind: 'token', ref: newId(), least: undefined } as const
  await store.revocations.add(entry, {}, eventOf('token.revoked'))
  const [live] = (await store.revocations.pull()).entries
  const count = () => database.prepare('SELECT count(*) AS rows FROM cs_revocations').get()?.rows
  now += (live?.remainingMilliseconds ?? 0) + 24 * HOUR - MINUTE
  assert.deepEqual((await store.revocations.pull()).entries, [])
  await store.cleanUp(100)
  assert.equal(count(), 1)
  now += 2 * MINUTE
  assert.equal(await store.expired(), 1)
  await store.cleanUp(100)
  assert.equal(count(), 0)
  await store.close()
})
