import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  alike,
  type Judgement,
  judgeForged,
  judgeGood,
  judgeLacking,
  judgeStranger,
  judgeVariant,
} from './judge.ts'
import type { Answer } from './send.ts'

const answer = (status: number, body = '', headers: Answer['headers'] = {}): Answer => ({
  status,
  body,
  headers,
})
const challenged = answer(401, '', { 'www-authenticate': 'Bearer' })
const kindOf = (judgement: Judgement) => judgement?.kind

test('F-10: a stranger is answered 401 with a challenge, and everything else has a name', () => {
  assert.equal(judgeStranger(challenged), undefined)
  for (const [status, kind] of [
    [200, 'open'],
    [204, 'open'],
    [206, 'open'],
    [0, 'crashed'],
    [500, 'crashed'],
    [503, 'crashed'],
    [401, 'odd'],
    [403, 'odd'],
    [302, 'odd'],
    [404, 'odd'],
    [400, 'odd'],
    [422, 'odd'],
    [429, 'odd'],
  ] as const) {
    assert.equal(kindOf(judgeStranger(answer(status))), kind, String(status))
  }
  assert.equal(judgeStranger(answer(403), true), undefined)
  assert.equal(kindOf(judgeStranger(answer(200), true)), 'open')
})

test('a forged token is believed by whatever is not 401, unless strangers are told the same', () => {
  const table = [
    [200, 'believed'],
    [403, 'believed'],
    [404, 'believed'],
    [422, 'believed'],
    [302, 'believed'],
    [500, 'crashed'],
    [0, 'crashed'],
    [400, undefined],
    [431, undefined],
    [429, undefined],
  ] as const
  for (const [status, kind] of table)
    assert.equal(kindOf(judgeForged(answer(status), challenged)), kind, String(status))
  assert.equal(judgeForged(answer(403), answer(403)), undefined)
  assert.equal(judgeForged(answer(404), answer(404)), undefined)
  assert.equal(kindOf(judgeForged(answer(200), answer(403))), 'believed')
})

test('a good token without the permission is answered 403', () => {
  for (const [status, kind] of [
    [403, undefined],
    [200, 'believed'],
    [404, 'believed'],
    [401, 'odd'],
    [500, 'crashed'],
  ] as const) {
    assert.equal(kindOf(judgeLacking(answer(status))), kind, String(status))
  }
})

test('a good token is not answered 401, 403 or 5xx; what the handler says beyond that is its own affair', () => {
  for (const [status, kind] of [
    [200, undefined],
    [404, undefined],
    [422, undefined],
    [401, 'shut'],
    [403, 'shut'],
    [500, 'crashed'],
  ] as const) {
    assert.equal(kindOf(judgeGood(answer(status))), kind, String(status))
  }
  const refused = answer(403, '{"code":"insufficient_scope"}')
  assert.equal(judgeGood(refused)?.why, '403 insufficient_scope')
})

test('OPTIONS that only lists methods opens nothing', () => {
  assert.equal(judgeVariant(answer(204), 'OPTIONS'), undefined)
  assert.equal(judgeVariant(answer(200, 'GET, HEAD'), 'OPTIONS'), undefined)
  assert.equal(kindOf(judgeVariant(answer(200, '{"secret":1}'), 'OPTIONS')), 'open')
  assert.equal(kindOf(judgeVariant(answer(200, 'GET, HEAD'), 'GET')), 'open')
  assert.equal(judgeVariant(answer(404), 'GET'), undefined)
})

test('answers are alike if they say the same, or are pages of about one length', () => {
  const page = (length: number) =>
    answer(200, 'x'.repeat(length), { 'content-type': 'text/html; charset=utf-8' })
  assert.ok(alike(page(1000), page(1040)))
  assert.ok(!alike(page(1000), page(2000)))
  assert.ok(alike(answer(200, '{}'), answer(200, '{}')))
  assert.ok(!alike(answer(200, '{"a":1}'), answer(200, '{"a":2}')))
  assert.ok(!alike(answer(200, ''), answer(204, '')))
})
