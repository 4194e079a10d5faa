import assert from 'node:assert/strict'
import type { Surroundings } from '../../src/config/agreement.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { checkOptions } from '../../src/config/resolve.ts'

export const DEVELOPMENT: Surroundings = { nodeEnv: undefined, tlsRejectUnauthorized: undefined }
export const PRODUCTION: Surroundings = { nodeEnv: 'production', tlsRejectUnauthorized: undefined }

/** The problems of some options, each as `setting message`. */
export function problemsOf(options: object, surroundings = DEVELOPMENT): string[] {
  try {
    checkOptions(options, surroundings)
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    for (const problem of error.problems) assert.ok(error.message.includes(problem.message))
    return error.problems.map(({ setting, message }) => `${setting} ${message}`)
  }
}

/** Asserts that the options have exactly this one problem, beginning so. */
export function refused(options: object, beginning: string, surroundings = DEVELOPMENT): void {
  const problems = problemsOf(options, surroundings)
  assert.equal(problems.length, 1, `${JSON.stringify(options)}: ${problems.join('\n')}`)
  assert.ok(problems[0]?.startsWith(beginning), `${JSON.stringify(options)}: ${problems[0]}`)
}
