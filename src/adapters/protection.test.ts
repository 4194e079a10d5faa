import assert from 'node:assert/strict'
import { test } from 'node:test'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { protect as protectExpress } from '../express.ts'
import { protect as protectFastify } from '../fastify.ts'
import { protect as protectHono } from '../hono.ts'
import { createAuth } from '../index.ts'
import { nodeListener } from '../node.ts'

const auth = createAuth({ logLevel: 'silent', databaseUrl: 'sqlite::memory:' })

const frameworks = [
  { name: 'Express', make: () => express(), protect: protectExpress },
  { name: 'Fastify', make: () => Fastify(), protect: protectFastify },
  { name: 'Hono', make: () => new Hono(), protect: protectHono },
]

for (const { name, make, protect } of frameworks) {
  const call = protect as (app: unknown, auth: unknown) => unknown

  test(`${name}: protect says what was mistaken about its arguments, and changes nothing then`, () => {
    const app = make()
    assert.throws(() => call(auth, app), /the application comes first/)
    assert.throws(() => call(undefined, auth), /the first argument is no application/)
    assert.throws(() => call(app, undefined), /auth is what createAuth or createVerifier returned/)
    assert.throws(() => call(app, Promise.resolve(auth)), /a promise of it: await that first/)
    call(app, auth)
    assert.throws(() => call(app, auth), /it was called for this application before/)
  })
}

test('so does nodeListener', () => {
  const call = nodeListener as (auth: unknown) => unknown
  assert.throws(() => call(undefined), /nodeListener\(auth\): auth is what createAuth/)
  assert.throws(() => call(Promise.resolve(auth)), /await that first/)
})
