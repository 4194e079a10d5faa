import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId } from './people.ts'
import { SECOND, type Subject } from './subject.ts'

export function testNodes(subject: Subject): void {
  test('nodes see each other while they announce themselves', async () => {
    const { store, other, advance } = subject()
    const first = {
      id: newId(),
      secretKeys: ['aa', 'bb'],
      ringVersion: 7,
      accessLifeSeconds: 900,
      algorithm: 'HS256',
      signingSecrets: ['cc', 'dd'],
    }
    const second = {
      id: newId(),
      secretKeys: ['bb'],
      ringVersion: 8,
      accessLifeSeconds: 300,
      algorithm: 'ES256',
      signingSecrets: [],
    }
    const ours = (nodes: readonly { readonly id: string }[]) =>
      nodes.filter(({ id }) => id === first.id || id === second.id).sort((a) => (a.id === first.id ? -1 : 1))
    assert.deepEqual(ours(await store.nodes.announce(first)), [first])
    assert.deepEqual(ours(await other.nodes.announce(second)), [first, second])
    const renewed = {
      ...first,
      secretKeys: ['bb', 'aa'],
      ringVersion: 9,
      algorithm: 'ES256',
      signingSecrets: [],
    }
    assert.deepEqual(ours(await store.nodes.announce(renewed)), [renewed, second])
    assert.deepEqual(ours(await store.nodes.live()), [renewed, second])
    await advance(20 * SECOND)
    assert.deepEqual(ours(await store.nodes.announce(renewed)), [renewed, second])
    await advance(10 * SECOND)
    assert.deepEqual(ours(await store.nodes.announce(renewed)), [renewed], 'silent for 30 seconds')
    assert.deepEqual(ours(await store.nodes.live()), [renewed])
    await other.nodes.announce(second)
    await store.nodes.leave(first.id)
    await store.nodes.leave(newId())
    assert.deepEqual(ours(await other.nodes.announce(second)), [second])
  })
}
