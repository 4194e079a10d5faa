import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storeContract } from '../../src/testing/store-contract/index.ts'
import { countOf } from '../counts.ts'
import { sqlitePlace } from './sqlite-place.ts'
import { type WatchedChanges, watchChanges } from './watched-changes.ts'

let changes: WatchedChanges | undefined

storeContract({
  name: 'sqlite',
  races: countOf({ quick: 20, full: 200, long: 1000 }),
  async open() {
    const place = sqlitePlace()
    const store = await place.open()
    changes = watchChanges(place.path)
    const { watch } = changes
    return {
      store: watch(store),
      another: async () => watch(await place.open()),
      advance: async (milliseconds) => place.clock.advance(milliseconds),
      async close() {
        changes?.close()
        await place.clear()
      },
    }
  },
})

/** What changes rows without an event of its own, and why that is no gap: the list is closed, as that of the events. */
const WITHOUT_EVENT: Readonly<Record<string, string>> = {
  'apiKeys.noteUses': 'when a key was last used',
  'sessions.noteUses': 'when and from where a session was last used',
  'sessions.refresh': 'a plain turn is written into the row of its session',
  'factors.notePasskey': 'part of a sign-in, which has its event',
  'factors.spendTotpStep': 'part of a sign-in, which has its event',
  'factors.resealTotp': 'the same secret under another key',
  'identities.claimTokens': 'tokens of another provider, for the application',
  'identities.keepTokens': 'tokens of another provider, for the application',
  'identities.replaceTokens': 'tokens of another provider, for the application',
  'deviceCodes.create': 'nobody has said yes to it yet',
  'deviceCodes.poll': 'how often a device asks',
  'oneTime.take': 'part of what it is spent for',
  'oneTime.countTry': 'part of what is tried',
  'revocations.restore': 'an entry that was lost and whose cause was not',
  'nodes.announce': 'which processes run',
  'nodes.leave': 'which processes run',
  'refusals.write': 'itself a record of what happened',
  'webhooks.configure': 'follows the configuration',
  'webhooks.claim': 'events on their way',
  'webhooks.delivered': 'events on their way',
  'webhooks.failed': 'events on their way',
  cleanUp: 'what is past its use',
}

test('promise 7: each change that the suite makes has its audit event, but for those that are listed with a reason', () => {
  assert.ok(changes)
  const unaudited = [...changes.unaudited().keys()].sort()
  assert.deepEqual(unaudited, Object.keys(WITHOUT_EVENT).sort())
  const plain = changes.unaudited().get('sessions.refresh') ?? new Set()
  assert.deepEqual([...plain], ['cs_sessions update'], 'what ends a session has an event')
  assert.ok(changes.audited().size >= 50, `${changes.audited().size} verbs were seen to write their event`)
})
