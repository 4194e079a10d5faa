import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusterOf } from './ask.ts'
import { gatherCrowd } from './crowd.ts'
import { createReferee } from './referee.ts'
import type { WorkPlace } from './worker.ts'

test('a client that falls is told once: the next fault has not felled it', async () => {
  const fell = Promise.withResolvers<void>()
  const tokens = { access_token: 'access', refresh_token: `cs_rt_${Buffer.alloc(80).toString('base64url')}` }
  const place: WorkPlace = {
    cluster: clusterOf(1, async (_, path) => {
      if (path === '/token') return Response.json(tokens)
      fell.resolve()
      return new Response('not JSON', { status: 200 })
    }),
    people: { names: ['alice'], password: '', introspector: '' },
    referee: createReferee({ isTimed: false }),
    // Past the share of checks: it refreshes.
    below: (limit) => Math.floor(limit * 0.6),
  }
  const crowd = await gatherCrowd(place, 2, 1)
  await fell.promise
  await crowd.stop()
  const fallen = crowd.takeFallen()
  assert.ok(fallen.length > 0)
  for (const error of fallen) assert.match(String(error), /JSON/)
  assert.deepEqual(crowd.takeFallen(), [])
})
