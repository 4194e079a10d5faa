import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiHeaders, noStore, pageHeaders } from './headers.ts'

const policyOf = (headers: Readonly<Record<string, string>>) => {
  const parts = (headers['Content-Security-Policy'] ?? '').split('; ').map((part) => part.split(' '))
  return Object.fromEntries(parts.map(([name, ...sources]) => [name, sources.join(' ')]))
}

test('C15: no-store in the form of RFC 6749 section 5.1', () => {
  assert.deepEqual(noStore, { 'Cache-Control': 'no-store', Pragma: 'no-cache' })
})

test('G-16: nosniff always, HSTS of a year or more over https and never over http, no version', () => {
  for (const headers of [apiHeaders, pageHeaders]) {
    const secure = headers({ https: true })
    assert.equal(secure['X-Content-Type-Options'], 'nosniff')
    assert.equal(secure['Referrer-Policy'], 'no-referrer')
    const seconds = Number(/^max-age=(\d+)$/.exec(secure['Strict-Transport-Security'] ?? '')?.[1])
    assert.ok(seconds >= 31_536_000)
    assert.ok(!('Strict-Transport-Security' in headers({ https: false })))
    assert.doesNotMatch(JSON.stringify(secure), /countersign|node|hono|express|\d+\.\d+\.\d+/i)
  }
})

test('C12: a page takes nothing from elsewhere, runs nothing inline and is never framed', () => {
  const policy = policyOf(pageHeaders({ https: true }))
  assert.equal(policy['default-src'], "'none'")
  assert.equal(policy['object-src'], "'none'")
  assert.equal(policy['base-uri'], "'none'")
  assert.equal(policy['frame-ancestors'], "'none'")
  assert.equal(policy['script-src'], "'self'")
  assert.equal(policy['style-src'], "'self'")
  assert.doesNotMatch(JSON.stringify(policy), /unsafe|\*|http/)
})

test('C12: a page may add a source, and can never open what is fixed', () => {
  const policy = policyOf(
    pageHeaders(
      { https: true },
      {
        'form-action': ['https://app.example'],
        'frame-ancestors': ['*'],
        'object-src': ['*'],
        'base-uri': ['*'],
      },
    ),
  )
  assert.equal(policy['form-action'], "'self' https://app.example")
  assert.equal(policy['frame-ancestors'], "'none'")
  assert.equal(policy['object-src'], "'none'")
  assert.equal(policy['base-uri'], "'none'")
})

test('a source that could end its directive or its header is refused', () => {
  for (const source of ['a; script-src *', 'a b', 'a,b', 'a\r\nb', '', 'ü']) {
    assert.throws(() => pageHeaders({ https: true }, { 'form-action': [source] }), RangeError, source)
  }
  assert.throws(() => pageHeaders({ https: true }, { 'a; script-src': ['*'] }), RangeError)
})
