import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NodeAnnouncement } from '../../store/nodes.ts'
import { disagreement } from './deployment.ts'

const node = (id: string, more: Partial<NodeAnnouncement> = {}): NodeAnnouncement => ({
  id,
  secretKeys: ['aa'],
  ringVersion: 4,
  accessLifeSeconds: 900,
  algorithm: 'ES256',
  signingSecrets: [],
  ...more,
})

test('nodes that agree, and a node alone, are no news', () => {
  assert.equal(disagreement([]), undefined)
  assert.equal(disagreement([node('a', { secretKeys: ['zz'] })]), undefined)
  assert.equal(disagreement([node('a'), node('b'), node('c')]), undefined)
})

test('of different lists it is said who lacks what, and what to do; of another order that nobody is refused', () => {
  const secrets = disagreement([node('a'), node('b', { secretKeys: ['bb', 'aa'] })])
  assert.match(secrets ?? '', /ROLLOUT_MIXED: 2 live nodes[\s\S]*SECRET_KEY \(fingerprints a: aa; b: bb aa\)/)
  assert.match(secrets ?? '', /Give a every entry \(SECRET_KEY=new,former\) and restart it/)
  const both = disagreement([
    node('a', { signingSecrets: ['hs-1'] }),
    node('b', { signingSecrets: ['hs-2'] }),
  ])
  assert.match(both ?? '', /lists of JWT_SECRET[\s\S]*Give a, b every entry[\s\S]*restart them/)
  const order = disagreement([
    node('a', { secretKeys: ['aa', 'bb'] }),
    node('b', { secretKeys: ['bb', 'aa'] }),
  ])
  assert.match(order ?? '', /different orders[\s\S]*nobody is refused/)
})

test('of different algorithms it is said which', () => {
  const said = disagreement([node('a'), node('b', { algorithm: 'EdDSA' })])
  assert.match(said ?? '', /ROLLOUT_MIXED[\s\S]*a: ES256; b: EdDSA[\s\S]*JWT_ALGORITHM/)
})
