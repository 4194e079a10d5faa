import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { BUILDS, environmentFor, newEnough, OLDEST } from './node.mjs'
import { inClone } from './places.mjs'

test('the oldest Node is the one package.json names', () => {
  const { engines } = JSON.parse(readFileSync(inClone('package.json'), 'utf8'))
  assert.equal(engines.node, `>=${OLDEST.join('.')}`)
})

test('versions are compared as numbers', () => {
  for (const version of ['22.18.0', '22.100.0', '24.0.0', '100.1.0']) assert.ok(newEnough(version), version)
  for (const version of ['22.17.9', '22.2.0', '20.99.0', '9.100.0', ''])
    assert.ok(!newEnough(version), version)
})

test('every Node that can be fetched is new enough and pinned to its bytes', () => {
  for (const [platform, { name, version, integrity }] of Object.entries(BUILDS)) {
    assert.ok(newEnough(version), platform)
    assert.match(integrity, /^sha512-[A-Za-z0-9+/]{86}==$/, name)
  }
})

test('children find the fetched Node first', () => {
  const path = Object.entries(environmentFor('/clone/.node/x/bin/node')).find(([name]) =>
    /^path$/i.test(name),
  )?.[1]
  assert.match(path ?? '', /^\/clone\/\.node\/x\/bin:/)
  assert.equal(environmentFor(process.execPath), process.env)
})
