import { createHash } from 'node:crypto'
import { certain, type Finding, found } from '../../finding.ts'
import { wordsOf } from '../../http-facts.ts'
import type { Rule } from '../../rule.ts'
import { authorizations, redemptions } from './calls.ts'

const hash = (text: string) => createHash('sha256').update(text)

/** What people have made of a verifier instead of the challenge that RFC 7636 asks for, in words. */
function misencoding(verifier: string, challenge: string): string | undefined {
  const hex = hash(verifier).digest('hex')
  const bytes = hash(verifier).digest()
  const forms: readonly (readonly [string, string])[] = [
    [Buffer.from(hex).toString('base64url'), 'base64url of the hexadecimal (hex) text of the hash'],
    [Buffer.from(hex).toString('base64'), 'base64 of the hexadecimal (hex) text of the hash'],
    [hex, 'the hexadecimal (hex) text of the hash itself'],
    [bytes.toString('base64'), 'standard base64 with padding'],
    [bytes.toString('base64').replace(/=+$/, ''), 'standard base64 (`+` and `/`)'],
    [`${bytes.toString('base64url')}=`, 'base64url with padding'],
    [verifier, 'the verifier itself (plain)'],
    [Buffer.from(verifier).toString('base64url'), 'base64url of the verifier, without the hash'],
  ]
  return forms.find(([text]) => text === challenge)?.[1]
}

const s256 = (verifier: string): string => hash(verifier).digest('base64url')

export const pkce: Rule = (facts) => {
  const starts = authorizations(facts).filter((one) => one.has('code_challenge'))
  const findings: Finding[] = []
  for (const { exchange, parameters } of redemptions(facts)) {
    const verifier = parameters.get('code_verifier')
    const start = starts.at(-1)
    const challenge = start?.get('code_challenge')
    const words = wordsOf(exchange.response)
    if (verifier === undefined || verifier === '' || /^(?:undefined|null)$/.test(verifier)) {
      if (challenge === undefined && !/code_verifier|verifier|pkce/.test(words)) continue
      findings.push(
        certain('PKCE_VERIFIER_LOST', {
          evidence: [
            `The code was exchanged without ${verifier ? 'a real ' : 'the '}code_verifier${verifier ? ` (the word \`${verifier}\`)` : ''}, although the sign-in began with a code_challenge${/sessionStorage/.test(facts.code) ? '; the client keeps the verifier in sessionStorage, which another tab or window does not have' : ': it lies in the storage of another tab or device, or was cleared'}.`,
          ],
          fix: [
            'Exchange the code where the sign-in was started: keep the verifier with the state until the callback, in the same browser and tab (a cookie or storage on the same origin, not the memory of one tab), and start again where it is missing.',
          ],
          explains: ['CODE_REUSED'],
        }),
      )
      continue
    }
    if (challenge === undefined) continue
    if (
      starts.length === 1
        ? s256(verifier) === challenge
        : starts.at(-1)?.get('code_challenge') === s256(verifier)
    )
      continue
    const how = starts.map((one) => misencoding(verifier, one.get('code_challenge') ?? '')).find(Boolean)
    if (how !== undefined) {
      findings.push(
        certain('PKCE_CHALLENGE_ENCODING', {
          evidence: [
            `The code_challenge was made as ${how} (${challenge.length} characters). It is base64url of the 32 bytes of SHA-256, without padding: 43 characters (RFC 7636 section 4.2).`,
          ],
          fix: [
            'Hash to raw bytes (digest, binary) and encode those in base64url without padding: `crypto.createHash("sha256").update(verifier).digest("base64url")`; in the browser `crypto.subtle.digest` and base64url of its bytes.',
          ],
          explains: ['PKCE_STALE_TRANSACTION', 'CODE_REUSED'],
        }),
      )
      continue
    }
    const older = starts.slice(0, -1).some((one) => one.get('code_challenge') === s256(verifier))
    findings.push(
      found('PKCE_STALE_TRANSACTION', older, {
        evidence: [
          `The code_verifier does not belong to this sign-in${older ? ': it is the one of an earlier attempt (an old cookie or stored transaction was used again)' : ': its challenge is another one'}.`,
        ],
        settledBy: ['the verifier that was made when this sign-in began'],
        fix: [
          'Make a new (fresh) verifier for each sign-in, keep it under its own state, and delete the old one when it has been used (remove the stale cookie or storage entry).',
        ],
        explains: ['PKCE_VERIFIER_LOST', 'CODE_REUSED'],
      }),
    )
  }
  return findings
}
