import assert from 'node:assert/strict'
import { test } from 'node:test'
import { register } from './clients.ts'
import { entryOf, eventOf, newId } from './people.ts'
import { HOUR, SECOND, type Subject } from './subject.ts'

export function testClientSecrets(subject: Subject): void {
  test('C8: while a secret is replaced two are good, later one; a third never', async () => {
    const { store, other, advance } = subject()
    const client = await register(store)
    const first = client.secretHash
    const rotate = (hash: string, formerMilliseconds: number, endTokens = false) =>
      store.clients.rotateSecret(
        client.id,
        { hash, formerMilliseconds, endTokens },
        eventOf('client.secret_rotated', { clientId: client.id }),
      )
    const good = async () => (await other.clients.findStanding(client.id))?.secretHashes

    const rotated = await rotate('second', HOUR)
    assert.deepEqual(await good(), ['second', first])
    const [newest, former] = rotated?.secrets ?? []
    assert.equal(newest?.endsAt, undefined)
    assert.equal(former?.endsAt, (newest?.createdAt ?? 0) + HOUR)
    assert.equal(await entryOf(store, 'client', client.id), undefined)

    await rotate('third', 2 * HOUR)
    assert.deepEqual(await good(), ['third', 'second'], 'the oldest ends')
    await advance(2 * HOUR + SECOND)
    assert.deepEqual(await good(), ['third'])
    assert.equal((await store.clients.find(client.id))?.secrets.length, 1)

    const leaked = await rotate('fourth', 0, true)
    assert.deepEqual(await good(), ['fourth'], 'at once')
    assert.equal((await entryOf(other, 'client', client.id))?.least, leaked?.ver)
    const unknown = { hash: 'x', formerMilliseconds: 0, endTokens: false }
    assert.equal(
      await store.clients.rotateSecret(newId(), unknown, eventOf('client.secret_rotated')),
      undefined,
    )
  })

  test('C8: a client that is changed to prove itself without a secret loses those it had for good', async () => {
    const { store, other } = subject()
    const { id } = await register(store)
    const event = eventOf('client.changed', { clientId: id })
    const good = async () => (await other.clients.findStanding(id))?.secretHashes.length
    await store.clients.change(id, { authMethod: 'client_secret_post' }, event)
    assert.equal(await good(), 1, 'only sent in another way')
    for (const authMethod of ['none', 'client_secret_basic'] as const) {
      await store.clients.change(id, { authMethod }, event)
      assert.equal(await good(), 0, authMethod)
    }
  })

  test('of secrets made at once none is lost that was answered last, and two are good', async () => {
    const { store, other } = subject()
    const { id } = await register(store)
    const hashes = Array.from({ length: 8 }, (_, index) => `hash ${index}`)
    await Promise.all(
      hashes.map((hash, index) =>
        (index % 2 === 0 ? store : other).clients.rotateSecret(
          id,
          { hash, formerMilliseconds: HOUR, endTokens: false },
          eventOf('client.secret_rotated', { clientId: id }),
        ),
      ),
    )
    const { secretHashes = [] } = (await store.clients.findStanding(id)) ?? {}
    assert.equal(new Set(secretHashes).size, 2)
    assert.ok(secretHashes.every((hash) => hashes.includes(hash)))
  })
}
