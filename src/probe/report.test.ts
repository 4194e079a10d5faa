import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProbeReport } from './probe.ts'
import { exitStatusOf, reportJson } from './report.ts'
import type { Target } from './target.ts'

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

test('a report says of forgeries only where some were sent', () => {
  const stateOf = (target: Pick<Target, 'access' | 'carriers'>) => {
    const route = { target, answers: 3, letsIn: undefined, untried: [], findings: [] } as never
    const report: ProbeReport = { findings: [], routes: [route], untried: [], cut: undefined }
    const options = { base: '', source: '', answers: 3, seconds: 1, placeOf: () => undefined }
    return (reportJson(report, options).routes as readonly { readonly state: string }[])[0]?.state
  }
  assert.equal(stateOf({ access: 'signedIn', carriers: ['bearer'] }), 'strangers and forgeries refused')
  assert.equal(stateOf({ access: 'signedIn', carriers: ['basic', 'other'] }), 'strangers refused')
  assert.equal(stateOf({ access: 'undeclared', carriers: ['bearer'] }), 'strangers refused')
  assert.equal(stateOf({ access: 'anyone', carriers: ['bearer'] }), 'open, as declared')
})
