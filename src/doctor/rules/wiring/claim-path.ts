import { certain, probable } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import { clipped } from '../../words.ts'

const READS =
  /\b(?:payload|decoded|claims|jwtPayload|tokenPayload|token_data|jwt)(?:\?)?((?:\.(?!get\b|map\b|split\b|exp\b|iat\b|verify\b|sign\b|decode\b)\w+)+)|\b(?:payload|decoded|claims)\[['"](\w+)['"]\]|\b(?:payload|decoded|claims)\.get\(['"](\w+)['"]/g

export const claimPath: Rule = ({ code, token, events }) => {
  const claims = token?.claims
  if (claims === undefined || code === '') {
    const event = events.find(
      ({ outcome, detail }) =>
        outcome === 'refused' && /cannot read propert|undefined.*_id|keyerror|nonetype/i.test(detail ?? ''),
    )
    if (event === undefined) return undefined
    return probable('CLAIM_PATH_MISMATCH', {
      evidence: [`The code fails when it reads a claim: ${clipped(event.detail, 80)}.`],
      settledBy: ['the claims of the token, and the line that reads them'],
      fix: ['Read the claim under the name that it has in the token (`sub` for the user id).'],
    })
  }
  for (const match of code.matchAll(READS)) {
    const path = (match[1]?.slice(1) ?? match[2] ?? match[3] ?? '').split('.')
    let value: unknown = claims
    for (const name of path)
      value =
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
    if (value !== undefined || path[0] === '' || ['length', 'toString', 'aud', 'nbf'].includes(path[0] ?? ''))
      continue
    const shown = Object.keys(claims)
    return certain('CLAIM_PATH_MISMATCH', {
      evidence: [
        `The code reads \`${path.join('.')}\` from the token, and the token has no such claim; it carries ${shown
          .slice(0, 14)
          .map((name) => `\`${clipped(name, 30)}\``)
          .join(', ')}.`,
      ],
      fix: [
        `Read the claim under the name that the token has: \`sub\` is the id of the user (\`payload.sub\`), not \`${path.join('.')}\`. Print the names of the claims once, and correct (change) the path in the code.`,
        'If the issuer is yours, sign a plain object with names that you choose (`{ sub: String(user._id) }`), not a document of the database.',
      ],
      explains: ['USER_NOT_FOUND', 'REASON_SWALLOWED'],
    })
  }
  return undefined
}
