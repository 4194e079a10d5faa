import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from '../model/client.ts'
import type { ClientStanding } from '../store/clients.ts'
import { createKnownClients } from './known-clients.ts'

function setUp() {
  let time = 0
  let slept = 0
  const reads: string[] = []
  const rows = new Map<string, string>()
  let hold: Promise<void> | undefined
  const known = createKnownClients(
    {
      async findStanding(id) {
        reads.push(id)
        const name = rows.get(id)
        await hold
        return name === undefined ? undefined : standing(id, name)
      },
    },
    { now: () => time + slept, elapsed: () => time },
  )
  return {
    known,
    reads,
    rows,
    pass(milliseconds: number) {
      time += milliseconds
    },
    /** The monotonic clock stands still meanwhile. */
    sleep(milliseconds: number) {
      slept += milliseconds
    },
    holdReads() {
      const { promise, resolve } = Promise.withResolvers<void>()
      hold = promise
      return resolve
    },
  }
}

function standing(id: string, name: string): ClientStanding {
  return { client: { id, name } as Client, secretHashes: [], storeEpoch: 1, asOf: 0 }
}

test('a client that asks all the time is read once a second', async () => {
  const { known, reads, rows, pass, sleep } = setUp()
  rows.set('shop', 'Shop')
  for (let count = 0; count < 5; count++) assert.equal((await known.find('shop'))?.client.name, 'Shop')
  assert.deepEqual(reads, ['shop'])
  pass(999)
  rows.set('shop', 'Shop 2')
  assert.equal((await known.find('shop'))?.client.name, 'Shop')
  pass(1)
  assert.equal((await known.find('shop'))?.client.name, 'Shop 2')
  assert.equal(reads.length, 2)
  sleep(1000)
  assert.equal(known.remembered('shop'), undefined, 'a machine that slept asks again')
})

test('who is not there is asked for each time, and nothing is kept for a name that somebody made up', async () => {
  const { known, reads } = setUp()
  assert.equal(await known.find('nobody'), undefined)
  assert.equal(await known.find('nobody'), undefined)
  assert.equal(reads.length, 2)
})

test('what was told to be forgotten is read anew, also by a read that began before', async () => {
  const { known, rows, holdReads } = setUp()
  rows.set('shop', 'Shop')
  const letGo = holdReads()
  const early = known.read('shop')
  rows.set('shop', 'Shop 2')
  known.forget()
  letGo()
  assert.equal((await early)?.client.name, 'Shop')
  assert.equal(known.remembered('shop'), undefined)
  assert.equal((await known.find('shop'))?.client.name, 'Shop 2')
})

test('a thousand clients are kept at most, the oldest go', async () => {
  const { known, rows } = setUp()
  for (let number = 0; number <= 1000; number++) {
    rows.set(`client-${number}`, 'One')
    await known.read(`client-${number}`)
  }
  assert.equal(known.remembered('client-0'), undefined)
  assert.equal(known.remembered('client-1')?.client.name, 'One')
})

test('the built-in client stays', async () => {
  const { known, rows, pass } = setUp()
  rows.set('first-party', 'Built-in')
  await known.read('first-party')
  pass(3_600_000)
  assert.equal(known.remembered('first-party')?.client.name, 'Built-in')
})
