import { Refusal } from '../../../src/errors/refusal.ts'
import { bearer } from '../../../src/guard/credentials/bearer.ts'
import { createGuard } from '../../../src/guard/guard.ts'
import { signedIn } from '../../../src/model/access.ts'
import { createAccessReader } from '../../../src/tokens/read-access.ts'
import type { Kind } from '../tally.ts'

/** Awkward strings in place of a token, and of a whole header: refused, and nothing thrown. */
export const naughtyStrings: Kind = {
  name: 'naughty strings',
  recognises: (content) => Array.isArray(content) && content.every((text) => typeof text === 'string'),
  async run(content, report) {
    const errors: unknown[] = []
    const fault = (error: unknown): void => void errors.push(error)
    const clock = { now: () => 1_790_000_000_000, elapsed: () => 0 }
    const reader = createAccessReader({
      issuer: 'https://issuer.example',
      audience: 'https://api.example',
      keys: () => undefined,
      clock,
      maxLifetimeSeconds: 3600,
      report: fault,
    })
    const guard = createGuard([bearer(reader.read)], clock, fault)
    for (const [index, text] of (content as readonly string[]).entries()) {
      for (const value of [text, `Bearer ${text}`, `Bearer ${text}.${text}.${text}`]) {
        const verdict = await guard(
          { method: 'GET', target: `/?q=${text}`, params: {}, header: () => value },
          signedIn,
        )
        report.check(
          index,
          verdict instanceof Refusal && errors.length === 0,
          `accepted, or thrown: ${errors.join()}`,
        )
        errors.length = 0
      }
    }
  },
}
