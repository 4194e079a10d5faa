import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { diagnose } from './diagnose.ts'
import type { Evidence, Header, HttpResponse } from './evidence.ts'
import { redact } from './redact.ts'
import { reportDiagnosis } from './report.ts'

const REFERENCE = '2c067ccf7df7456ed6ff3077'
const MASKED: Header = ['Authorization', 'Bearer …']

const evidenceOf = (response: HttpResponse, header: Header = MASKED, path = '/users/me'): Evidence => ({
  exchanges: [{ as_sent: { method: 'GET', url: `https://api.test${path}`, headers: [header] }, response }],
})
const answer = (status: number, members: object): HttpResponse => ({
  status,
  headers: [['content-type', 'application/problem+json']],
  body: JSON.stringify({ type: 'about:blank', status, reference: REFERENCE, ...members }),
})
const look = (evidence: Evidence) => redact(diagnose(evidence, 1_800_000_000), evidence)
const causesOf = (evidence: Evidence) =>
  look(evidence).causes.map(({ code, certainty }) => `${code} ${certainty}`)

describe('an answer of ours', () => {
  it('that names its cause, as in development, is believed, details and all', () => {
    const told = { code: 'token_invalid', cause: 'KID_UNKNOWN', details: { kid: 'old\u001b[2J' } }
    const evidence = evidenceOf(answer(401, told))
    assert.deepEqual(causesOf(evidence), ['KID_UNKNOWN certain'])
    assert.match(reportDiagnosis(look(evidence)), /kid: old\?\[2J/)
  })

  it('is told by its code where that has one cause alone, and else the event is asked for by its reference', () => {
    assert.deepEqual(causesOf(evidenceOf(answer(404, { code: 'not_found' }))), ['NOT_FOUND certain'])
    assert.deepEqual(causesOf(evidenceOf(answer(405, { code: 'invalid_request' }))), [
      'METHOD_NOT_ALLOWED certain',
    ])
    assert.deepEqual(
      causesOf(evidenceOf(answer(400, { error: 'unsupported_grant_type' }), MASKED, '/token')),
      ['GRANT_UNSUPPORTED certain'],
    )
    const many = look(evidenceOf(answer(401, { code: 'token_invalid' })))
    assert.equal(many.verdict, 'undecided')
    assert.match(many.wanted[0] ?? '', new RegExp(`doctor ref ${REFERENCE}\`; the answer, \`token_invalid\``))
  })

  it('is probably what its code usually is, where it has several', () => {
    const { causes } = look(evidenceOf(answer(401, { code: 'token_expired' })))
    assert.deepEqual(
      causes.map(({ code, certainty }) => [code, certainty]),
      [['TOKEN_EXPIRED', 'probable']],
    )
    assert.match(causes[0]?.settledBy.join(' ') ?? '', new RegExp(REFERENCE))
  })

  it('has the last word: a finding that would be answered otherwise is not sure', () => {
    const scheme: Header = ['Authorization', 'Token abcdefghijklmnopqrstuvwxyz']
    assert.deepEqual(causesOf(evidenceOf(answer(401, { code: 'token_missing' }), scheme)), [
      'HDR_SCHEME_MISMATCH certain',
    ])
    assert.deepEqual(causesOf(evidenceOf(answer(401, { code: 'token_invalid' }), scheme)), [
      'HDR_SCHEME_MISMATCH probable',
    ])
  })

  it('says nothing of the other calls of a record', () => {
    const scheme: Header = ['Authorization', 'Token abcdefghijklmnopqrstuvwxyz']
    const { exchanges = [] } = evidenceOf(answer(401, { code: 'token_invalid' }), scheme)
    assert.deepEqual(causesOf({ exchanges: [...exchanges, ...exchanges] }), ['HDR_SCHEME_MISMATCH certain'])
  })

  it('of another service says nothing: no reference of our form, or no code of ours, or no refusal', () => {
    for (const response of [
      answer(401, { code: 'token_invalid', cause: 'KID_UNKNOWN', reference: 'r-1' }),
      answer(401, { code: 'E_BAD', cause: 'KID_UNKNOWN' }),
      answer(200, { code: 'token_invalid', cause: 'KID_UNKNOWN' }),
      answer(401, { code: 'token_invalid', cause: 'constructor', details: 'x' }),
      { status: 401, headers: [], body: '{"reference":' },
    ])
      assert.deepEqual(causesOf(evidenceOf(response)), [], response.body)
  })
})

it('Basic that was read as a client is no scheme that nobody reads', () => {
  const basic: Header = ['Authorization', 'Basic YTpiYmJiYmJiYmJi']
  const headers: readonly Header[] = [['www-authenticate', 'Bearer']]
  assert.deepEqual(causesOf(evidenceOf({ ...answer(401, { code: 'invalid_client' }), headers }, basic)), [])
  assert.notDeepEqual(causesOf(evidenceOf({ status: 401, headers }, basic)), [])
})
