import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProbeReport } from './probe.ts'
import { exitStatusOf } from './report.ts'

const asked = { answers: 3 } as ProbeReport['routes'][number]
const unasked = { answers: 0 } as ProbeReport['routes'][number]
const finding = {} as ProbeReport['findings'][number]

test('a probe ends with 0 only where routes were asked to the end, and nothing was found', () => {
  const good: ProbeReport = { findings: [], routes: [asked, unasked], untried: [], cut: undefined }
  assert.equal(exitStatusOf(good), 0)
  for (const [what, report] of [
    ['something is wrong', { ...good, findings: [finding] }],
    ['the time was over', { ...good, cut: 'the time was over' }],
    ['no route was asked', { ...good, routes: [unasked] }],
    ['there is no route', { ...good, routes: [] }],
  ] as const)
    assert.equal(exitStatusOf(report), 1, what)
})
