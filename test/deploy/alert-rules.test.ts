import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../docs/code-blocks.ts'
import { runPromtool } from '../servers/promtool.ts'

const folder = join(root, 'deploy/prometheus')

test('Prometheus takes the alert rules, and they fire when they should and not before', () => {
  assert.match(runPromtool(folder, ['check', 'rules', 'alerts.yml']), /SUCCESS: \d+ rules found/)
  assert.match(runPromtool(folder, ['test', 'rules', 'alerts.test.yml']), /SUCCESS/)
})
