import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../errors/refusal.ts'
import { whileUnheard } from './unheard-keys.ts'

test('PROTOCOL 2.8: an unknown key is a reason to try again only while this process lacks news', () => {
  let lacksNews = false
  const reader = (code: 'KID_UNKNOWN' | 'SIG_WRONG_KEY') => {
    const read = () => new Refusal(code)
    return whileUnheard({ read, readExpired: read }, () => lacksNews)
  }
  const codes = () =>
    (['KID_UNKNOWN', 'SIG_WRONG_KEY'] as const).flatMap((code) => {
      const { read, readExpired } = reader(code)
      return [read(''), readExpired('')].map((outcome) => (outcome instanceof Refusal ? outcome.code : 'ok'))
    })
  assert.deepEqual(codes(), ['KID_UNKNOWN', 'KID_UNKNOWN', 'SIG_WRONG_KEY', 'SIG_WRONG_KEY'])
  lacksNews = true
  assert.deepEqual(codes(), ['REVOCATION_STALE', 'REVOCATION_STALE', 'SIG_WRONG_KEY', 'SIG_WRONG_KEY'])
})
