import { certain, probable } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import { clipped } from '../../words.ts'

const READS =
  /\b(payload|decoded|claims|jwtPayload|jwt_payload|tokenPayload|token_data|jwt)(?:\??((?:\.(?!get\b|map\b|split\b|exp\b|iat\b|verify\b|sign\b|decode\b)\w+)+)|\[['"](\w+)['"]\]|\.get\(['"](\w+)['"](?!\s*,))/g

/** What the variable was made from is the body of a request and no token. */
function isBody(name: string, code: string): boolean {
  return new RegExp(`\\b${name}\\s*=[^\\n;]*(?:\\bbody\\b|\\.json\\(|\\bevent\\.data|\\bform)`).test(code)
}

function reach(claims: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      value === undefined || value === null ? undefined : (Object(value) as Record<string, unknown>)[name],
    claims,
  )
}

/** Of a library whose name is short (`jwt.TokenExpiredError`), or the header beside the claims. */
const isNoClaim = (name = ''): boolean =>
  /^[A-Z]|^header$/.test(name) || ['length', 'toString', 'aud', 'nbf'].includes(name)

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
  let wasThere = false
  for (const match of code.matchAll(READS)) {
    const [text, variable = '', dotted, quoted, got] = match
    const names = (dotted?.slice(1) ?? quoted ?? got ?? '').split('.')
    const path = names[0] === 'payload' ? names.slice(1) : names
    const isAlternative = /(?:\|\||\?\?|\bor)\s*$/.test(code.slice(0, match.index))
    const hasAlternative = /^\s*(?:\?\.|\?\?|\|\||or\b)/.test(code.slice(match.index + text.length))
    const isThere = reach(claims, path) !== undefined
    const isOptional = isAlternative ? wasThere : hasAlternative
    wasThere = isThere || (isAlternative && wasThere)
    if (isThere || isOptional || path.length === 0 || isNoClaim(path[0]) || isBody(variable, code)) continue
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
