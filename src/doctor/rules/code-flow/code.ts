import type { Exchange } from '../../evidence.ts'
import type { Facts } from '../../facts.ts'
import { certain } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import { callbacks, redemptions } from './calls.ts'

export const codeReused: Rule = (facts) => {
  const seen = new Map<string, Exchange>()
  for (const { exchange, parameters } of redemptions(facts)) {
    const code = parameters.get('code')
    if (code === undefined) continue
    const before = seen.get(code)
    if (before !== undefined)
      return reusedFinding(
        facts,
        `The same authorization code was exchanged twice; the first exchange was answered ${before.response?.status ?? 'before'}, the second ${exchange.response?.status ?? 'after it'}.`,
      )
    seen.set(code, exchange)
  }
  const twice = callbacks(facts)
  if (
    twice.length > 1 &&
    twice[0] !== undefined &&
    twice.slice(1).some(({ parameters }) => parameters.get('code') === twice[0]?.parameters.get('code'))
  ) {
    return reusedFinding(
      facts,
      'The callback was called twice with the same authorization code (a reload, or a component that ran twice).',
    )
  }
  const event = facts.events.find(
    ({ outcome, type, check, detail }) =>
      outcome === 'refused' &&
      /code/.test(`${type} ${check}`) &&
      /reus|used|twice|redeemed|already/.test(`${type} ${check} ${detail}`),
  )
  return event === undefined
    ? undefined
    : reusedFinding(facts, 'The authorization code had been redeemed before.')
}

function reusedFinding({ code }: Facts, what: string) {
  const react = /useEffect|StrictMode/.test(code)
  return certain('CODE_REUSED', {
    evidence: [
      `${what} A code is good once.${react ? ' The code of the client exchanges it in a React effect, which StrictMode runs twice in development.' : ''}`,
    ],
    fix: [
      `Exchange the code once: remember that it was sent (a ref or module variable outside the component${react ? ', as React StrictMode runs effects twice' : ''}), and remove it from the URL right after (\`history.replaceState\`).`,
      'Start the sign-in again: the tokens of the first exchange may be void now.',
    ],
    explains: ['PKCE_STALE_TRANSACTION', 'PKCE_VERIFIER_LOST', 'REFRESH_UPSTREAM_TESTING'],
  })
}
