import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventOf, given, signUp } from './people.ts'
import type { Subject } from './subject.ts'

/** Values that would do harm if they ever became part of a statement, or were read as a pattern or a parameter. */
const AWKWARD = [
  `'; DROP TABLE cs_users; --`,
  `' OR '1'='1`,
  `" OR ""="`,
  `\\'; SELECT 1; --`,
  '%',
  '_',
  '*',
  '?',
  '$1',
  ':id',
  '@id',
  '{}',
  'NULL',
  'true',
  '0',
  '',
  ' ',
  '名前 🗝️ ‮',
  `${'x'.repeat(5000)}'`,
]

export function testValues(subject: Subject): void {
  test('G-12: values are values, whatever they look like', async () => {
    const { store } = subject()
    const user = await signUp(store)
    for (const text of AWKWARD) {
      const key = `${text}${user.id}`
      const event = eventOf('user.renamed', { userId: user.id, data: { text } })
      const renamed = await store.users.rename(user.id, { username: text, usernameKey: key }, event)
      assert.equal(renamed?.outcome, 'renamed')
      assert.equal(renamed.user.username, text)
      assert.equal((await store.users.findAccount(key))?.user.id, user.id)
      assert.equal(await store.users.findAccount(text), undefined)
      assert.equal(await store.users.find(text), undefined)
      assert.deepEqual((await store.users.changeProfile(user.id, { text }, event))?.profile, { text })
      assert.deepEqual((await store.users.setRoles(user.id, given(text, 'x'), event))?.roles, [text, 'x'])
      const [last] = await store.events.list({ userId: user.id, limit: 1 })
      assert.deepEqual(last?.data, { text })
      assert.deepEqual(await store.sessions.list(text), [])
      assert.equal(await store.oneTime.take(text, key, 1000), 'won')
      assert.equal(await store.oneTime.take(text, `${key}.`, 1000), 'won')
    }
  })

  test('G-12: what is not text where text is due finds nothing', async () => {
    const { store } = subject()
    const user = await signUp(store)
    const strangers: unknown[] = [{ $ne: '' }, { $gt: '' }, [user.id], [user.email], { id: user.id }, true, 1]
    for (const stranger of strangers) {
      for (const find of [store.users.find, store.users.findAccount, store.users.findAccountById]) {
        // What no type check stops: input that nobody parsed.
        const found = await find(stranger as string).catch(() => undefined)
        assert.equal(found, undefined)
      }
    }
  })
}
