import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readCaseFile } from './case-file.ts'
import type { JudgedAnswer } from './judge.ts'
import { judge } from './judge.ts'
import { playCases } from './play.ts'

const folder = join(import.meta.dirname, 'cases')
const files = readdirSync(folder).map((name) => readCaseFile(join(folder, name)))
const played = files.flatMap(playCases)

describe('the cases of the doctor', () => {
  it('A18, G-5, G-6: each is answered as it should be, with no false certainty and no credential printed', () => {
    assert.deepEqual(
      played.flatMap(({ id, faults }) => faults.map((fault) => `${id}: ${fault}`)),
      [],
    )
    assert.equal(played.filter(({ falseCertainty }) => falseCertainty).length, 0)
  })

  it('cover the registry of causes', () => {
    const shown = new Set(played.flatMap((one) => one.shown))
    const registry = new Set(files.flatMap((file) => file.registry))
    assert.deepEqual(
      [...registry].filter((code) => !shown.has(code)),
      [],
    )
  })

  it('are answered alike with other random keys', () => {
    const verdicts = (answers: typeof played) => answers.map(({ id, shown, faults }) => [id, shown, faults])
    assert.deepEqual(verdicts(files.flatMap(playCases)), verdicts(played))
  })
})

describe('the judge of the cases', () => {
  const judging = { negators: ['not', 'never'], never_advise: ['skip the check'] }
  const expected = {
    codes: ['TOKEN_EXPIRED'],
    certainty: 'certain',
    ruled_out: ['SIG_WRONG_KEY'],
    mention: [['900', '15 min']],
    fix: [['refresh']],
    must_not_say: ['wait'],
    exit: 1,
  } as const
  const right: JudgedAnswer = {
    causes: [{ code: 'TOKEN_EXPIRED', certainty: 'certain', settledBy: [] }],
    ruledOut: [],
    fix: 'Refresh the token. Never skip the check.',
    printed: 'It expired 900 s ago.',
    exit: 1,
  }
  const faults = (change: Partial<JudgedAnswer>) =>
    judge({ ...right, ...change }, expected, judging, ['s3cr3t-t3xt']).faults

  it('takes the right answer', () => {
    assert.deepEqual(faults({}), [])
  })

  const cause = (code: string, certainty: 'certain' | 'probable', settledBy: string[] = ['x']) => ({
    code,
    certainty,
    settledBy,
  })
  const wrong: readonly (readonly [string, Partial<JudgedAnswer>])[] = [
    ['another first cause', { causes: [cause('AUD_WRONG_API', 'probable')] }],
    ['another certainty', { causes: [cause('TOKEN_EXPIRED', 'probable')] }],
    ['a second cause that is called certain', { causes: [...right.causes, cause('KID_MISSING', 'certain')] }],
    ['a cause that is ruled out', { causes: [...right.causes, cause('SIG_WRONG_KEY', 'probable')] }],
    ['nothing of an idea', { printed: 'It expired 9001 s ago.' }],
    ['a fix without its idea', { fix: 'Do something.' }],
    ['forbidden advice', { fix: 'Refresh, or skip the check.' }],
    ['forbidden advice after a negation in another sentence', { fix: 'Do not refresh. Skip the check!' }],
    ['what the case forbids', { fix: 'Refresh, then wait.' }],
    ['a secret', { printed: '900 s3cr3t-t3xt' }],
    ['another exit status', { exit: 0 }],
  ]
  for (const [what, change] of wrong) {
    it(`refuses ${what}`, () => assert.notDeepEqual(faults(change), []))
  }

  it('counts a wrong first cause that is called certain', () => {
    const answer = { ...right, causes: [cause('AUD_WRONG_API', 'certain')] }
    assert.equal(judge(answer, expected, judging, []).falseCertainty, true)
  })
})
