import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../errors/refusal.ts'
import { RefusalAnswer } from '../errors/refusal-answer.ts'
import { signedIn } from '../model/access.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import { createGate } from './gate.ts'
import type { GuardVerdict } from './guard.ts'

const request: GuardRequest = { method: 'GET', target: '/', params: {}, header: () => undefined }
const answer = Object.create(RefusalAnswer.prototype) as RefusalAnswer

function gateOf(verdict: GuardVerdict | Promise<GuardVerdict>, waiting: () => Promise<unknown> | undefined) {
  let asked = 0
  const gate = createGate({
    guard() {
      asked += 1
      return verdict
    },
    refuse: () => answer,
    hold: () => () => undefined,
    waiting,
  })
  return { gate, asked: () => asked }
}

test('nobody is judged before everything is connected, and everybody after, also where that failed', async () => {
  for (const outcome of ['connected', 'failed']) {
    const start = Promise.withResolvers<void>()
    const { gate, asked } = gateOf(undefined, () => start.promise)
    const admission = gate.admit(request, signedIn)
    assert.ok(admission instanceof Promise)
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(asked(), 0)
    if (outcome === 'connected') start.resolve()
    else start.reject(new Error('no database'))
    assert.equal(await admission, undefined)
    assert.equal(asked(), 1)
  }
})

test('a refusal becomes an answer, at once where the verdict is there, and later where it is waited for', async () => {
  const refusal = new Refusal('HDR_MISSING')
  assert.equal(gateOf(refusal, () => undefined).gate.admit(request, signedIn), answer)
  const later = gateOf(Promise.resolve(refusal), () => undefined).gate.admit(request, signedIn)
  assert.ok(later instanceof Promise)
  assert.equal(await later, answer)
})
