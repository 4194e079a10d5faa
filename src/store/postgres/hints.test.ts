import assert from 'node:assert/strict'
import { test } from 'node:test'
import { postgresHints } from './hints.ts'

test('a certificate that is missing when a connection is made ends nobody: there are no notices until it is there', async () => {
  const hints = postgresHints('postgres://app@127.0.0.1:1/app?sslrootcert=/nowhere/ca.pem', 100)
  hints.open()
  hints.send()
  const leave = await hints.subscribe(() => undefined)
  assert.equal(hints.working, false)
  await leave()
  await hints.close()
})
