import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathOf } from './request-path.ts'

test('the path is what a parser of URLs finds, for whatever text a request was made from', () => {
  const texts = [
    'https://id.example.com',
    'https://id.example.com?a=/b',
    'https://id.example.com#/b',
    'https://id.example.com/token',
    'https://id.example.com:8443/a/b?c=/d#e',
    'https://id.example.com/a#b?c',
    'https://id.example.com/a/../token',
    'https://id.example.com/a/%2e%2E/token',
    'https://id.example.com\\token',
    'https://id.example.com//token',
    'https://id.example.com/t%6Fken ü',
    'http://[::1]/token?',
    'HTTP://ID.EXAMPLE.COM/A',
  ]
  for (const text of texts) assert.equal(pathOf(new Request(text)), new URL(text).pathname, text)
})
