import type { Facts } from '../facts.ts'
import { listOf } from '../facts.ts'
import { certain, found } from '../finding.ts'
import { isRefused, wordsOf } from '../http-facts.ts'
import type { Rule } from '../rule.ts'
import { clipped } from '../words.ts'

export const audience: Rule = (facts) => {
  const { token, audiences, hasConfig, config, wasAccepted } = facts
  const claims = token?.claims
  if (claims === undefined || !hasConfig) return undefined
  const aud = listOf(claims.aud as string | string[] | undefined).map(String)
  const wanted = audiences.join(' or ')
  if (audiences.length === 0) return notConfigured(facts, aud)
  if (aud.some((one) => audiences.includes(one))) return undefined
  if (aud.length === 0) {
    const { client_id, iss, token_use } = claims
    const cognito = /cognito-idp/.test(String(iss)) || token_use === 'access'
    const inClientId = typeof client_id === 'string' && (cognito || audiences.includes(client_id))
    if (inClientId && !wasAccepted) {
      return certain('AUD_IN_CLIENT_ID', {
        evidence: [
          `The token has no \`aud\`; it names the application in \`client_id\` (\`${clipped(client_id)}\`), as the access tokens of Amazon Cognito do. The verifier looks for ${wanted} in \`aud\`.`,
        ],
        fix: [
          'Verify `client_id` and `token_use: access` instead of `aud` for this issuer: with `aws-jwt-verify` give `clientId` and `tokenUse: "access"`; in Countersign `expect: { token_use: "access", client_id: … }`.',
          'Compare `client_id` with exactly your app client ids.',
        ],
        explains: ['AUD_WRONG_API', 'REQUIRED_CLAIM_NEW', 'AUD_ABSENT_ACCEPTED'],
      })
    }
    return found('AUD_ABSENT_ACCEPTED', wasAccepted, {
      evidence: [
        `The token has no \`aud\` (audience) at all, and this service is ${wanted}.${wasAccepted ? ' It was accepted nevertheless: a token made for any other API of this issuer would be let in as well.' : ' Some libraries let such a token pass although an audience is expected.'}`,
      ],
      settledBy: ['whether the service accepted or refused it: its answer, or the event'],
      fix: [
        'Require (demand) the claim `aud` in the verifier and refuse tokens without it; check that the library does (`requiredClaims: ["aud"]`, update it otherwise).',
        `Have the issuer write the audience ${wanted} into its access tokens.`,
      ],
      explains: ['REQUIRED_CLAIM_NEW'],
    })
  }
  const keycloak = aud.includes('account') && (aud.length === 1 || /\/realms\//.test(String(claims.iss)))
  if (keycloak) {
    return certain('AUD_KEYCLOAK_ACCOUNT', {
      evidence: [
        `The audience of the token is \`${aud.join(', ')}\`, which is what Keycloak writes when nobody adds another; this service is ${wanted}.`,
      ],
      fix: [
        `Add an audience mapper in Keycloak: Client scopes → a scope → Add mapper "Audience" → Included custom audience \`${audiences[0]}\`, add the scope to the client, and get a new token.`,
        'Keep the audience check: every application of the realm has `account`.',
      ],
      explains: ['AUD_WRONG_API'],
    })
  }
  const shown = aud
    .slice(0, 3)
    .map((one) => clipped(one))
    .join(', ')
  const near = aud.flatMap((one) => audiences.flatMap((mine) => nearness(one, mine) ?? []))[0]
  return certain('AUD_WRONG_API', {
    evidence: [
      `The token was made for \`${shown}\`, and this service is \`${wanted}\`${near === undefined ? ': a token for another API' : `: ${near}, and audiences are compared as text`}.${wasAccepted ? ' It was accepted nevertheless.' : ''}`,
    ],
    fix: [
      ...(near !== undefined
        ? [
            'Write the identifier of this API with exactly the same (identical) text on both sides, slash included: in the verifier (Countersign: `AUDIENCE`), and where the client asks for its token.',
          ]
        : []),
      `Request (ask for, obtain) a token for this API: pass the audience (or resource) ${wanted} when the client gets its token from the issuer${config.issuer ? ` ${config.issuer}` : ''}.`,
      ...(wasAccepted
        ? ['Let the verifier check the audience: it must contain exactly its own identifier.']
        : []),
    ],
  })
}

/** How a text for the same audience differs; undefined where it is another one. */
function nearness(one: string, mine: string): string | undefined {
  if (one.replace(/\/$/, '') === mine.replace(/\/$/, '')) return 'the two differ by a trailing slash'
  if (one.trim() === mine.trim()) return 'white space stands around one of the two'
  if (one.toLowerCase() === mine.toLowerCase()) return 'upper and lower case differ'
  const bare = (text: string) => text.replace(/^(?:https?|api):\/\//, '').replace(/\/$/, '')
  if (bare(one) === bare(mine)) return 'the two differ by the scheme in front'
  if (one.split(/[\s,]+/).includes(mine))
    return 'several audiences were written as one text, in place of a list'
  return undefined
}

const WANTS_AUDIENCE =
  /pyjwt|python-jose|jwt\.decode|fastapi|authlib|flask-jwt|nimbus|spring|microsoft|aspnet|\.net/i

function notConfigured({ config, exchange, exchanges, events }: Facts, aud: readonly string[]) {
  if (
    aud.length === 0 ||
    (config.keys === undefined &&
      config.secret === undefined &&
      config.issuer === undefined &&
      config.verifier === undefined)
  )
    return undefined
  const { library = '', options = {} } = config.verifier ?? {}
  if (Object.keys(options).some((name) => /aud/i.test(name) && options[name])) return undefined
  const said =
    (exchange !== undefined && isRefused(exchange) && /audience/.test(wordsOf(exchange.response))) ||
    events.some(({ outcome, check, detail }) => outcome === 'refused' && /aud/i.test(`${check} ${detail}`))
  const refused = exchanges.some(isRefused)
  if (!said && !WANTS_AUDIENCE.test(library) && !refused) return undefined
  return found('AUD_NOT_CONFIGURED', said || WANTS_AUDIENCE.test(library), {
    evidence: [
      `The token has the audience \`${aud.map((one) => clipped(one)).join(', ')}\`, and the verifier was given none to expect${library ? `: ${library} refuses a token with \`aud\` then ("Invalid audience")` : ''}.`,
    ],
    settledBy: ['the message of the verifying library in the log of the service'],
    fix: [
      `Configure the expected audience of the verifier: \`audience="${clipped(aud[0] ?? '')}"\` (PyJWT: \`jwt.decode(token, key, algorithms=[…], audience=…)\`), set to the identifier of this API.`,
    ],
  })
}
