import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMeters } from './meters.ts'
import { familyOf, prometheusText, seriesOf } from './metrics.ts'
import { createMetricSums } from './processes.ts'

describe('the text of metrics', () => {
  it('names each family once, before its series, and leaves out what is no metric of ours', () => {
    const text = prometheusText(
      new Map([
        [seriesOf('countersign_grants_total', { grant: 'password' }), 3],
        ['{"}\n', 1],
        ['countersign_grants', 1],
        [seriesOf('countersign_revocations'), 0],
        [seriesOf('countersign_grants_total', { grant: 'refresh_token' }), 4],
      ]),
    )
    assert.deepEqual(text.split('\n'), [
      '# HELP countersign_grants_total Tokens and browser sessions given out by the endpoints, by grant.',
      '# TYPE countersign_grants_total counter',
      'countersign_grants_total{grant="password"} 3',
      'countersign_grants_total{grant="refresh_token"} 4',
      '# HELP countersign_revocations Revocations in memory.',
      '# TYPE countersign_revocations gauge',
      'countersign_revocations 0',
      '',
    ])
  })

  it('knows the parts of a histogram', () => {
    assert.equal(familyOf('countersign_request_seconds_bucket{le="1"}')?.[0], 'countersign_request_seconds')
    assert.equal(familyOf('countersign_rows_removed_total_sum_of_all'), undefined)
  })
})

describe('meters', () => {
  const route = { method: 'POST', path: '/token' }

  it('count answers into buckets that hold each other, and take all above the last', () => {
    const meters = createMeters([])
    for (const milliseconds of [1, 5, 6, 400, 9000]) meters.answered(route, 200, milliseconds)
    meters.answered(route, 400, 0)
    meters.answered(undefined, 404, 0)
    const samples = meters.samples()
    const below = (le: string) =>
      samples.get(`countersign_request_seconds_bucket{route="POST /token",le="${le}"}`)
    assert.deepEqual(['0.005', '0.025', '0.1', '0.5', '2.5', '+Inf'].map(below), [3, 4, 4, 5, 5, 6])
    assert.equal(samples.get('countersign_request_seconds_count{route="POST /token"}'), 6)
    assert.equal(samples.get('countersign_request_seconds_sum{route="POST /token"}'), 9.412)
    assert.equal(samples.get('countersign_requests_total{route="POST /token",status="200"}'), 5)
    assert.equal(samples.get('countersign_requests_total{route="none",status="404"}'), 1)
  })

  it('begin at zero for each grant and verdict, so that the first one is an increase', () => {
    const meters = createMeters(['password'])
    assert.equal(meters.samples().get('countersign_grants_total{grant="password"}'), 0)
    assert.equal(meters.samples().get('countersign_refreshes_total{verdict="reuse"}'), 0)
    meters.refreshed('reuse')
    assert.equal(meters.samples().get('countersign_refreshes_total{verdict="reuse"}'), 1)
  })
})

describe('numbers of several processes', () => {
  it('counts add up and outlive the process, of states the worst or the sum is told, of those that live', () => {
    const sums = createMetricSums()
    const of = (grants: number, age: number): [string, number][] => [
      ['countersign_grants_total{grant="password"}', grants],
      ['countersign_revocation_age_seconds', age],
      ['countersign_processes', 1],
    ]
    sums.note(1, of(3, 7))
    sums.note(2, of(4, 2))
    assert.deepEqual([...sums.total().values()], [7, 7, 2])
    sums.note(1, of(5, 1))
    assert.deepEqual([...sums.total().values()], [9, 2, 2])
    sums.end(1)
    sums.end(1)
    assert.deepEqual([...sums.total().values()], [9, 2, 1])
  })
})
