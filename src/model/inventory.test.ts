import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callSiteIn } from '../base/call-site.ts'
import { anyone, needs, signedIn } from './access.ts'
import { accessData, accessWords, INVENTORY, isInventoried } from './inventory.ts'

test('an access word is told as data and in words', () => {
  const everything = needs({
    scopes: ['a:read', 'b:read'],
    roles: ['admin', 'owner'],
    via: ['bearer'],
    freshWithinSeconds: 300,
    secondFactor: true,
  })
  for (const [access, data, words] of [
    [undefined, 'undeclared', 'undeclared'],
    [anyone, 'anyone', 'anyone'],
    [signedIn, 'signedIn', 'signed in'],
    [needs({}), 'signedIn', 'signed in'],
    [needs({ scopes: ['a:read'] }), { needs: { scopes: ['a:read'] } }, 'needs scope a:read'],
    [
      everything,
      {
        needs: {
          scopes: ['a:read', 'b:read'],
          roles: ['admin', 'owner'],
          via: ['bearer'],
          freshWithinSeconds: 300,
          secondFactor: true,
        },
      },
      'needs scope a:read and b:read, role admin or owner, by bearer, signed in within 300 s, by a second factor',
    ],
  ] as const) {
    assert.deepEqual(accessData(access), data)
    assert.equal(accessWords(accessData(access)), words)
  }
})

test('data goes through JSON and back unchanged', () => {
  const data = accessData(needs({ roles: ['admin'] }))
  assert.deepEqual(JSON.parse(JSON.stringify(data)), data)
})

test('an application that tells its routes is known by the registered symbol, whoever loaded us', () => {
  assert.ok(isInventoried({ [Symbol.for('countersign.inventory')]: () => [] }))
  assert.ok(isInventoried(Object.assign(() => undefined, { [INVENTORY]: () => [] })))
  for (const other of [undefined, null, 1, 'app', {}, () => undefined, { [INVENTORY]: [] }]) {
    assert.equal(isInventoried(other), false)
  }
})

test('the line of the application is found in a stack', () => {
  const stack = [
    'Error',
    '    at word (file:///app/node_modules/countersign/dist/fastify.js:3:1)',
    '    at Object.<anonymous> (/app/own/adapter.js:9:12)',
    '    at new Promise (<anonymous>)',
    '    at async file:///app/my%20routes/todos.ts:14:5',
    '    at node:internal/modules/esm:1:2',
  ].join('\n')
  assert.deepEqual(callSiteIn(stack, '/app/own/'), { file: '/app/my routes/todos.ts', line: 14 })
  assert.deepEqual(callSiteIn(stack, '/elsewhere/'), { file: '/app/own/adapter.js', line: 9 })
  assert.deepEqual(callSiteIn('Error\n    at C:\\app\\todos.ts:2:1', '/own/'), {
    file: 'C:\\app\\todos.ts',
    line: 2,
  })
  assert.equal(
    callSiteIn('Error\n    at eval (eval at <anonymous>:1:1)\n  at node:fs:1:1', '/own/'),
    undefined,
  )
  const here = callSiteIn(new Error('here').stack ?? '', '/own/')
  assert.equal(here?.file, import.meta.filename)
})
