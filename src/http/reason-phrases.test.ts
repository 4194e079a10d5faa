import assert from 'node:assert/strict'
import { STATUS_CODES } from 'node:http'
import { test } from 'node:test'
import { answerAtRoute } from '../errors/answer.ts'
import { type Cause, catalogue } from '../errors/codes.ts'
import { Refusal } from '../errors/refusal.ts'
import { REASON_PHRASES } from './reason-phrases.ts'

test('each status of a refusal is called what Node calls it', () => {
  const causes = Object.keys(catalogue) as Cause[]
  const statuses = new Set(causes.map((cause) => answerAtRoute(new Refusal(cause)).status))
  const named = [...statuses].map((status) => [status, STATUS_CODES[status]])
  assert.deepEqual(REASON_PHRASES, Object.fromEntries(named))
})
