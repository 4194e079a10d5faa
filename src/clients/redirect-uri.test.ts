import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { faultOfRedirectUri } from './redirect-uri.ts'

const GOOD = [
  'https://app.example.com/',
  'https://app.example.com/callback',
  'https://app.example.com/callback?tenant=1',
  'https://app.example.com:8443/callback',
  'http://127.0.0.1/callback',
  'http://127.0.0.1:51004/callback',
  'http://[::1]/callback',
  'http://localhost:3000/callback',
  'com.example.app:/callback',
  'com.example.app://callback',
]

const BAD: Readonly<Record<string, RegExp>> = {
  '': /ASCII/,
  '/callback': /absolute/,
  '//app.example.com/callback': /absolute/,
  'app.example.com/callback': /absolute/,
  'http://app.example.com/callback': /https/,
  'http://127.0.0.1.example.com/callback': /https/,
  'http://localhost.example.com/': /https/,
  'http://192.168.1.7/callback': /https/,
  'https://*.example.com/callback': /wildcard/,
  'https://app.example.com/*': /wildcard/,
  'https://app.example.com/callback#': /fragment/,
  'https://app.example.com/callback#x': /fragment/,
  'https://user@app.example.com/': /user/,
  'https://user:pass@app.example.com/': /user/,
  'https://app.example.com': /spelt/,
  'https://APP.example.com/callback': /spelt/,
  'https://app.example.com:443/callback': /spelt/,
  'https://app.example.com/a/../callback': /spelt/,
  'https://app.example.com/./callback': /spelt/,
  'https:app.example.com/callback': /spelt/,
  'https:///app.example.com/callback': /spelt/,
  'https://app.example.com/call back': /ASCII/,
  'https://app.example.com/call\tback': /ASCII/,
  'https://app.example.com/callback\n': /ASCII/,
  'https://app.example.com\\callback': /ASCII/,
  'https://äpp.example.com/': /ASCII/,
  'javascript:alert(1)': /dot/,
  'data:text/html,x': /dot/,
  'file:///etc/passwd': /dot/,
  'myapp://cb': /dot/,
  'urn:ietf:wg:oauth:2.0:oob': /dot/,
  [`https://app.example.com/${'x'.repeat(2000)}`]: /2000/,
}

test('C1: a redirect URI is registered as https, as http on this machine, or with a scheme that has a dot', () => {
  for (const uri of GOOD) assert.equal(faultOfRedirectUri(uri), undefined, uri)
})

test('C1: anything else is refused when the client is registered, and told why', () => {
  for (const [uri, why] of Object.entries(BAD)) assert.match(faultOfRedirectUri(uri) ?? '', why, uri)
})

test('C1: of the cases those that no registration may hold are refused, the others taken', () => {
  const file = new URL('../../test/vectors/own/redirect-uri-cases.json', import.meta.url)
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly cases: readonly { readonly registered: readonly string[]; readonly expect: string }[]
  }
  for (const { registered, expect } of cases) {
    for (const uri of registered) {
      assert.equal(faultOfRedirectUri(uri) === undefined, expect !== 'reject-at-registration', uri)
    }
  }
})
