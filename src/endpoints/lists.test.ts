import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { routes } from './routes.ts'

test('every list has the same shape: items, and where it goes on', () => {
  const lists = routes.flatMap(({ method, path, answers }) => {
    const schema = answers[200]?.schema
    return schema instanceof z.ZodObject && 'items' in schema.shape
      ? [{ route: `${method} ${path}`, schema }]
      : []
  })
  assert.ok(lists.length > 10, `${lists.length} lists`)
  const others = lists.filter(({ schema }) => !('next_cursor' in schema.shape)).map(({ route }) => route)
  assert.deepEqual(others, [])
})
