import { Refusal } from '../../../src/errors/refusal.ts'
import { bearer } from '../../../src/guard/credentials/bearer.ts'
import { createGuard } from '../../../src/guard/guard.ts'
import { readJwks } from '../../../src/keys/jwks.ts'
import { signedIn } from '../../../src/model/access.ts'
import { createAccessReader } from '../../../src/tokens/read-access.ts'
import { keyLookup } from '../../keys/key-lookup.ts'
import { firstOf, isMembers, kind } from '../tally.ts'

interface Cases {
  readonly context: {
    readonly issuer: string
    readonly audience: string
    readonly now: number
    readonly clockToleranceSeconds?: number
    readonly allowedAlgorithms?: readonly string[]
  }
  readonly jwks: unknown
  readonly cases: readonly {
    readonly id: string
    readonly expect: string
    readonly token: string
    readonly why: string
  }[]
}

/** How often each token is presented: from the third time on its signature is remembered. */
const TIMES = 4

/** Our own access tokens, through the guard of a route, seen for the first time and remembered. */
export const accessTokens = kind<Cases>(
  'access tokens',
  ({ context, cases }) => isMembers(context) && typeof firstOf(cases).token === 'string',
  async ({ context, jwks, cases }, report) => {
    const allowed = context.allowedAlgorithms
    const keys = readJwks(jwks).keys.filter(({ algorithm }) => allowed?.includes(algorithm) ?? true)
    const clock = { now: () => context.now * 1000, elapsed: () => 0 }
    const errors: unknown[] = []
    const fault = (error: unknown): void => void errors.push(error)
    for (const { id, expect, token, why } of cases) {
      const reader = createAccessReader({
        issuer: context.issuer,
        audience: context.audience,
        keys: keyLookup(keys),
        clock,
        maxLifetimeSeconds: 3600,
        report: fault,
        ...(context.clockToleranceSeconds !== undefined && {
          toleranceSeconds: context.clockToleranceSeconds,
        }),
      })
      const guard = createGuard([bearer(reader.read)], clock, fault)
      for (let time = 1; time <= TIMES; time++) {
        const header = (name: string) => (name === 'authorization' ? `Bearer ${token}` : undefined)
        const verdict = await guard({ method: 'GET', target: '/', params: {}, header }, signedIn)
        const said = verdict instanceof Refusal ? `reject: ${verdict.code}` : 'accept'
        const right = said.startsWith(expect) && errors.length === 0
        if (time === TIMES || !right)
          report.check(id, right, `${why}: ${said} at time ${time} ${errors.join()}`)
        if (!right) break
      }
      errors.length = 0
    }
  },
)
