import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oldNode } from './old-node.ts'

test('a Node that is too old is the reason that people are told', () => {
  for (const version of ['18.19.0', '20.20.2', '22.17.9']) {
    assert.equal(oldNode(version), `Countersign needs Node 22.18 or newer, and this is ${version}.`)
  }
  for (const version of ['22.18.0', '22.23.3', '24.0.0', '26.10.0', process.versions.node]) {
    assert.equal(oldNode(version), undefined)
  }
})
