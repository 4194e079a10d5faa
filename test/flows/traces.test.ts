import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../../src/base/logger.ts'
import { startIssuer } from './issuer.ts'

const ID = '4bf92f3577b34da6a3ce929d0e0e4736'

test('a refusal is found by the trace of its request: in the log, in the report, in its record; nothing else is taken for one', async () => {
  const lines: Record<string, unknown>[] = []
  const told: (string | undefined)[] = []
  const issuer = await startIssuer({
    logger: { ...silentLogger, info: (facts) => void lines.push(facts as Record<string, unknown>) },
    onRefusal: ({ traceId }) => void told.push(traceId),
  })
  const ask = (traceparent: string) =>
    issuer.call('GET', '/users/me', { token: 'none', headers: { traceparent } })
  const { body } = await ask(`00-${ID}-00f067aa0ba902b7-01`)
  await ask(`00-${ID}-00f067aa0ba902b7-01 and more`)
  await issuer.me('none')
  const refused = lines.filter(({ code }) => code === 'TOKEN_OPAQUE')
  assert.deepEqual(
    refused.map(({ traceId }) => traceId),
    [ID, undefined, undefined],
  )
  assert.deepEqual(told, [ID, undefined, undefined])
  const record = await issuer.auth.refusals.find(String(body.reference))
  assert.equal(record?.facts.trace_id, ID)
  await issuer.close()
})
