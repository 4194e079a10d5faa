import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../base/random.ts'
import { createRateLimits } from '../http/rate-limit.ts'
import type { Client } from '../model/client.ts'
import type { Rate } from '../model/rate.ts'
import { memoryLimiter } from '../store/hot/memory.ts'
import { countClient } from './client-request.ts'
import type { Services } from './services.ts'

interface Asked {
  readonly authMethod?: Client['authMethod']
  readonly path?: string
  readonly from?: number
  readonly rate?: Rate
}

test('a client that proves itself is counted by itself, for each endpoint; a public one, whose name is anybody’s, is not', async () => {
  let elapsed = 0
  const limiter = memoryLimiter({ clock: { elapsed: () => elapsed }, random: systemRandom })
  const services = { rateLimits: createRateLimits({ limiter, isExempt: () => false }) } as unknown as Services
  const ask = (
    id: string,
    { authMethod = 'client_secret_basic', path = '/token', from = 1, rate }: Asked = {},
  ) =>
    countClient(
      { id, authMethod } as Client,
      {
        request: new Request(`https://auth.example.com${path}`, { method: 'POST' }),
        address: `198.51.100.${from}`,
        services,
      },
      rate,
    )
  for (let count = 0; count < 6000; count += 1) await ask('shop', { from: 1 + (count % 100) })
  await assert.rejects(ask('shop'), { code: 'RATE_LIMITED' })
  await ask('other')
  await ask('shop', { path: '/revoke' })
  await ask('shop', { authMethod: 'none' })
  const twice = { path: '/introspect', rate: { count: 2, periodMilliseconds: 60_000 } }
  await ask('shop', twice)
  await ask('shop', { ...twice, from: 2 })
  await assert.rejects(ask('shop', { ...twice, from: 3 }), { code: 'RATE_LIMITED' })
  elapsed += 10
  await ask('shop')
  await assert.rejects(ask('shop'), (error: Error & { refusal?: { headers?: Record<string, string> } }) => {
    assert.match(error.refusal?.headers?.RateLimit ?? '', /^"\/token of client";r=0;t=\d+$/)
    return true
  })
})
