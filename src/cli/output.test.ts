import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tableLines } from './output.ts'

const ROWS = [
  { id: '1', email: 'alice@example.com', roles: ['user', 'admin'] },
  { id: '22', email: 'b\u001b[2J@example.com', roles: [] },
]

test('a table stands below its names where the terminal has room for it, and in a file', () => {
  const table = [
    'id  email              roles',
    '1   alice@example.com  user admin',
    '22  b?[2J@example.com  –',
  ]
  assert.deepEqual(tableLines(ROWS), table)
  assert.deepEqual(tableLines(ROWS, 33), table)
})

test('in a narrow terminal each row stands for itself', () => {
  assert.deepEqual(tableLines(ROWS, 32), [
    'id     1',
    'email  alice@example.com',
    'roles  user admin',
    '',
    'id     22',
    'email  b?[2J@example.com',
    'roles  –',
  ])
})
