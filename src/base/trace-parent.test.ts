import assert from 'node:assert/strict'
import { test } from 'node:test'
import { traceIdOf } from './trace-parent.ts'

const ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'

test('a trace id is read from a traceparent of the standard’s form, and from nothing else', () => {
  assert.equal(traceIdOf(`00-${ID}-${PARENT}-01`), ID)
  assert.equal(traceIdOf(`01-${ID}-${PARENT}-01-more`), ID, 'a later version may say more')
  const others = [
    undefined,
    null,
    '',
    ID,
    `00-${ID}-${PARENT}-01-more`,
    `ff-${ID}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${ID}-${'0'.repeat(16)}-01`,
    `00-${ID.toUpperCase()}-${PARENT}-01`,
    `00-${ID}-${PARENT}-01\n`,
    ` 00-${ID}-${PARENT}-01`,
    `00-${ID}-${PARENT}-01, 00-${ID}-${PARENT}-01`,
  ]
  for (const other of others) assert.equal(traceIdOf(other), undefined, String(other))
})
