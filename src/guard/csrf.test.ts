import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csrfTokenOf } from '../tokens/session-cookie.ts'
import { refuseForgery } from './csrf.ts'

const OWN = new Set(['https://api.example.com', 'https://app.example.com'])
const secret = new Uint8Array(32).fill(1)
const token = csrfTokenOf(secret)

function causeOf(method: string, headers: Readonly<Record<string, string>>): string | undefined {
  const request = { method, target: '/', params: {}, header: (name: string) => headers[name] }
  return refuseForgery(request, secret, OWN)?.code
}

const SOURCES: readonly [Record<string, string>, boolean][] = [
  [{ 'sec-fetch-site': 'same-origin' }, true],
  [{ 'sec-fetch-site': 'none' }, true],
  [{ 'sec-fetch-site': 'same-origin', origin: 'https://api.example.com' }, true],
  [{ origin: 'https://api.example.com' }, true],
  [{ 'sec-fetch-site': 'same-site', origin: 'https://app.example.com' }, true],
  [{ 'sec-fetch-site': 'cross-site', origin: 'https://app.example.com' }, true],
  [{}, false],
  [{ 'sec-fetch-site': 'same-site' }, false],
  [{ 'sec-fetch-site': 'cross-site' }, false],
  [{ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, false],
  [{ 'sec-fetch-site': 'same-site', origin: 'https://other.example.com' }, false],
  [{ 'sec-fetch-site': 'cross-site, same-origin' }, false],
  [{ origin: 'null' }, false],
  [{ origin: '' }, false],
  [{ origin: 'http://api.example.com' }, false],
  [{ origin: 'https://api.example.com.evil.example' }, false],
  [{ origin: 'https://api.example.com:444' }, false],
  [{ origin: 'https://API.example.com/' }, false],
]

test('F-4: what changes something needs a page of ours and the token of the session', () => {
  for (const [source, isOwn] of SOURCES) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'post']) {
      const at = `${method} ${JSON.stringify(source)}`
      const expected = isOwn ? undefined : 'CSRF_ORIGIN'
      assert.equal(causeOf(method, { ...source, 'x-csrf-token': token }), expected, at)
      for (const wrong of [
        undefined,
        '',
        token.slice(1),
        `${token}, ${token}`,
        csrfTokenOf(new Uint8Array(32)),
      ]) {
        const headers = wrong === undefined ? source : { ...source, 'x-csrf-token': wrong }
        assert.equal(causeOf(method, headers), isOwn ? 'CSRF_TOKEN_STALE' : 'CSRF_ORIGIN', at)
      }
    }
  }
})

test('F-6: reading needs nothing more, and opening a WebSocket a page of ours', () => {
  for (const [source, isOwn] of SOURCES) {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) assert.equal(causeOf(method, source), undefined)
    const opening = { ...source, upgrade: 'websocket' }
    assert.equal(causeOf('GET', opening), isOwn ? undefined : 'CSRF_ORIGIN', JSON.stringify(source))
  }
})
