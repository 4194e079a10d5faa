import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anyone, limited, needs, signedIn } from '../model/access.ts'
import { readPathWords, refuseIdleRows, tidiedPath, wordForRequest } from './path-words.ts'

const admin = needs({ roles: ['admin'] })

test('the longest path counts, with a method before without, and GET for HEAD', () => {
  const find = readPathWords({
    '/docs/*': anyone,
    '/docs/inner/*': admin,
    '/docs/inner/page': signedIn,
    'POST /docs/*': admin,
    '*': admin,
    'GET /one': anyone,
    'HEAD /two': anyone,
  })
  for (const [method, path, word] of [
    ['GET', '/docs', anyone],
    ['GET', '/docs/', anyone],
    ['GET', '/docs/x', anyone],
    ['GET', '/docsx', undefined],
    ['GET', '/docs/inner/x', admin],
    ['GET', '/docs/inner/page', signedIn],
    ['GET', '/docs/inner/page/x', admin],
    ['POST', '/docs/x', admin],
    ['GET', '*', admin],
    ['GET', '/one', anyone],
    ['HEAD', '/one', anyone],
    ['POST', '/one', undefined],
    ['HEAD', '/two', anyone],
    ['GET', '/two', undefined],
    ['GET', '/DOCS', undefined],
  ] as const) {
    assert.equal(find(method, path), word, `${method} ${path}`)
  }
  assert.equal(find('HEAD', '/DOCS/Inner/PAGE', 'in any case'), signedIn)
})

test('what is no path, and what is no word, is refused', () => {
  for (const key of ['docs', '', '/a b', 'get /x', '/docs /x', 'GET', 'GET  /x']) {
    assert.throws(() => readPathWords({ [key]: anyone }), /is not a path/, key)
  }
  assert.throws(() => readPathWords({ '/x': {} as never }), /no access word/)
})

test('G-1: a row that asks for something and covers no route is refused, one for anyone is not', () => {
  const routes = [
    { method: 'GET', path: '/*' },
    { method: 'GET', path: '/docs/json' },
    { method: 'ALL', path: '/files/*' },
  ]
  const rows = { '/*': signedIn, '/docs/*': admin, 'GET /docs/json': signedIn, '/files/*': admin }
  refuseIdleRows({ ...rows, '/later/*': anyone }, routes)
  refuseIdleRows(undefined, routes)
  for (const key of ['/private/*', '/dosc/*', 'POST /docs/*', '/docs', '/files/inner/*', 'GET /files/*']) {
    assert.throws(() => refuseIdleRows({ ...rows, [key]: signedIn }, routes), {
      message: `paths: no route is declared at or below ${key}, so nobody would be asked for this word`,
    })
  }
  const limitedAnyone = limited(anyone, { name: 'x', count: 1, perSeconds: 1 })
  assert.throws(() => refuseIdleRows({ '/a': limitedAnyone, '/b': admin }, routes), /below \/a, \/b,/)
})

test('G-2: every reading of a path has to have a word, and all of them hold', () => {
  const find = readPathWords({ '/*': anyone, '/Private/*': signedIn, '/private/inner/*': admin })
  for (const [path, word] of [
    ['/x', anyone],
    ['/Private/x', signedIn],
    ['/private/x', signedIn],
    ['/PRIVATE/x', signedIn],
    ['/%50rivate/x', signedIn],
    ['//private//x', signedIn],
    ['/x/../private/x', signedIn],
    ['/x%2f..%5cPRIVATE/x', signedIn],
    ['/./private/x', signedIn],
    ['/public/%zz', undefined],
  ] as const) {
    assert.equal(wordForRequest(find, 'GET', path), word, path)
  }
  assert.notEqual(wordForRequest(find, 'GET', '/private/INNER/x'), anyone)
  const few = readPathWords({ '/public/*': anyone })
  for (const path of ['/PUBLIC/x', '/public/../x', '/x/../public/y']) {
    assert.equal(wordForRequest(few, 'GET', path), undefined, path)
  }
  assert.equal(wordForRequest(readPathWords(), 'GET', '/x'), undefined)
})

test('a path is tidied as file servers do', () => {
  for (const [path, tidy] of [
    ['/a//b/', '/a/b'],
    ['/../a/./b/../c', '/a/c'],
    ['/a%2fb\\c', '/a/b/c'],
    ['/', '/'],
    ['/a%20b', '/a b'],
    ['/%', undefined],
  ] as const) {
    assert.equal(tidiedPath(path), tidy, path)
  }
})
