import { causeOfIssuer, isIdToken } from '../../tokens/diagnosis.ts'
import type { Facts } from '../facts.ts'
import { listOf } from '../facts.ts'
import { certain, found, probable } from '../finding.ts'
import { isRefused, wordsOf } from '../http-facts.ts'
import type { Rule } from '../rule.ts'
import { clipped } from '../words.ts'

const FIREBASE = 'https://securetoken.google.com/'

const firebase: Rule = ({ token, config, code }) => {
  const { iss, aud } = token?.claims ?? {}
  const expects =
    config.issuer?.startsWith(FIREBASE) ||
    /firebase/i.test(config.verifier?.library ?? '') ||
    /verifyIdToken/.test(code)
  const custom =
    String(aud).includes('identitytoolkit.googleapis.com') ||
    /firebase-adminsdk|gserviceaccount\.com$/.test(String(iss))
  const google = /^(?:https:\/\/)?accounts\.google\.com$/.test(String(iss))
  if (!expects || !(custom || google)) return undefined
  return certain('FIREBASE_WRONG_TOKEN', {
    evidence: [
      custom
        ? 'This is a Firebase custom token (signed by a service account, for the identity toolkit): it is to be exchanged by the client, not sent to the API.'
        : 'This is a Google sign-in ID token (issuer accounts.google.com), not the ID token of the Firebase user; verifyIdToken expects the latter.',
    ],
    fix: [
      `Send the Firebase ID token to the API: ${custom ? 'exchange the custom token in the client with `signInWithCustomToken(auth, customToken)`' : 'sign in with `signInWithCredential(auth, GoogleAuthProvider.credential(idToken))`'}, then send what \`await user.getIdToken()\` gives.`,
    ],
    explains: [
      'ISS_OTHER_ENVIRONMENT',
      'AUD_WRONG_API',
      'KID_UNKNOWN',
      'SIG_WRONG_KEY',
      'ID_TOKEN_AS_ACCESS',
      'KID_MISSING',
      'ALG_MISMATCH',
      'TOKEN_TYP_MISMATCH',
      'AUD_IN_CLIENT_ID',
    ],
  })
}

const SAME = 'with exactly the same (identical) text on both sides'

/** Words that name a deployment, wherever the public suffix is not one of them. */
const ENVIRONMENT =
  /(?:^|[.-])(?:dev|development|staging|stage|stg|test|testing|qa|uat|preprod|pre|sandbox|demo|local|int)\d*(?=[.-])/i

const issuer: Rule = ({ token, config, signature }) => {
  const iss = token?.claims?.iss
  const expected = config.issuer
  if (signature.kind === 'environment' && typeof iss === 'string') {
    return otherEnvironment(iss, expected ?? '', signature.name, true, [
      'KID_UNKNOWN',
      'SIG_WRONG_KEY',
      'AUD_WRONG_API',
    ])
  }
  if (typeof iss !== 'string' || expected === undefined || iss === expected) return undefined
  const listed = config.environments?.find((one) => one.issuer === iss && one.issuer !== expected)
  if (listed !== undefined)
    return otherEnvironment(iss, expected, listed.name, true, [
      'KID_UNKNOWN',
      'SIG_WRONG_KEY',
      'AUD_WRONG_API',
    ])
  const { code } = causeOfIssuer(iss, expected)
  const both = [
    `The token says issuer \`${clipped(iss)}\`, and the verifier expects \`${clipped(expected)}\`.`,
  ]
  switch (code) {
    case 'ISS_TRAILING_SLASH':
      return certain('ISS_TRAILING_SLASH', {
        evidence: [
          ...both,
          'The two differ by a trailing slash only; issuers are compared as text, character by character.',
        ],
        fix: [
          `Configure the issuer of the verifier ${SAME}, slash included: \`ISSUER=${iss}\`, as the issuer writes it into \`iss\` and its metadata.`,
        ],
      })
    case 'MULTI_TENANT_ISSUER':
      return certain('MULTI_TENANT_ISSUER', {
        evidence: [
          ...both,
          'What is expected is a template for many tenants (`{tenantid}`, `common`, `organizations`), and a token always names the issuer of one tenant.',
        ],
        fix: [
          `Put the tenant of the token (\`tid\`) into the template before the comparison, or configure the issuer of each tenant that you serve: keep an explicit list of allowed tenants (\`${clipped(iss)}\`).`,
          'Check `tid` against that list: whoever has an account in any tenant would come in otherwise.',
        ],
        explains: ['ISS_ENTRA_V1_V2', 'ISS_OTHER_ENVIRONMENT'],
      })
    case 'ISS_ENTRA_V1_V2':
      return certain('ISS_ENTRA_V1_V2', {
        evidence: [
          ...both,
          'One is the issuer of version 1 of Microsoft Entra ID (sts.windows.net), the other that of version 2 (login.microsoftonline.com/…/v2.0): tokens of the two versions differ.',
        ],
        fix: [
          iss.includes('sts.windows.net')
            ? 'Ask for v2.0 access tokens: in the app registration of the API set `requestedAccessTokenVersion` (accessTokenAcceptedVersion) to 2 in the manifest, then get a new token.'
            : 'Configure the verifier for v2.0: issuer `https://login.microsoftonline.com/<tenant>/v2.0` and the key set of the same version.',
          'Issuer and metadata address of the verifier have to be of the same version (v1 or v2) as the tokens.',
        ],
        explains: ['AUD_WRONG_API'],
      })
    default:
  }
  const [mine, theirs] = [URL.parse(iss), URL.parse(expected)]
  const sameHost =
    mine !== null && theirs !== null && mine.pathname === theirs.pathname && mine.hostname === theirs.hostname
  if (code === 'ISS_HOST_ALIAS' || sameHost) {
    return probable('ISS_HOST_ALIAS', {
      evidence: [
        ...both,
        sameHost
          ? 'Host and path are the same, scheme or port differ: one server under two addresses.'
          : `The path is the same, the host differs (${mine?.host} and ${theirs?.host}), and one of them is a name that only machines nearby know: probably one server under two names, as with containers.`,
      ],
      settledBy: [
        `whether both addresses lead to the same server: compare the key sets, \`curl ${mine?.origin ?? iss}…/jwks\` and \`curl ${theirs?.origin ?? expected}…/jwks\``,
      ],
      fix: [
        'Give the issuer one fixed (single, public) host name that browsers and containers both use, and write that URL into `iss` whatever the name it was called by (Keycloak: `KC_HOSTNAME`; Countersign: `ISSUER`).',
        'The verifier expects that same issuer URL and may fetch the keys by the internal name.',
      ],
      explains: ['ISS_OTHER_ENVIRONMENT'],
    })
  }
  const otherKey = ['wrong', 'issuer_only'].includes(signature.kind)
  const named =
    ENVIRONMENT.test(mine?.hostname ?? '') !== ENVIRONMENT.test(theirs?.hostname ?? '') ||
    ENVIRONMENT.test(mine?.pathname ?? '')
  return otherEnvironment(
    iss,
    expected,
    undefined,
    named || otherKey || mine?.hostname !== theirs?.hostname,
    ['KID_UNKNOWN', 'SIG_WRONG_KEY', 'AUD_WRONG_API'],
  )
}

function otherEnvironment(
  iss: string,
  expected: string,
  name: string | undefined,
  isProven: boolean,
  explains: readonly ('KID_UNKNOWN' | 'SIG_WRONG_KEY' | 'AUD_WRONG_API')[],
) {
  return found('ISS_OTHER_ENVIRONMENT', isProven, {
    evidence: [
      `The token was issued by \`${clipped(iss)}\`${name ? ` (environment ${name})` : ''}, and this service belongs to \`${clipped(expected)}\`: a token of another environment (deployment).`,
    ],
    settledBy: ['the list of your deployments with their issuers'],
    fix: [
      `Get (request) a token from the issuer of this environment, ${expected}: sign in there, and point the client to the base URL of the same environment for sign-in and API.`,
      'Keep the keys of test and production apart, and the issuer check as it is.',
    ],
    explains,
  })
}

const idToken: Rule = ({ token, audiences, client, hasConfig, wasAccepted }) => {
  const claims = token?.claims
  if (claims === undefined || /at\+jwt/i.test(String(token?.header?.typ))) return undefined
  const said = /^id(?:_token|token)?$/i.test(String(claims.token_use ?? claims.typ ?? ''))
  const aud = listOf(claims.aud as string | string[] | undefined)
  const forClient = client.registration !== undefined && aud.includes(client.registration.client_id)
  const hasScope = claims.scope !== undefined || claims.scp !== undefined
  if (!said && !(isIdToken(claims) && !hasScope) && !(forClient && !hasScope)) return undefined
  const fits = aud.some((one) => audiences.includes(String(one)))
  if (!hasConfig && !said && !forClient && claims.at_hash === undefined && claims.nonce === undefined)
    return undefined
  const marks = ['nonce', 'at_hash', 'c_hash'].filter((name) => claims[name] !== undefined)
  return certain('ID_TOKEN_AS_ACCESS', {
    evidence: [
      `This is an ID token${marks.length > 0 ? ` (it carries ${marks.join(' and ')})` : ''}${aud.length > 0 ? `, made for the client \`${clipped(String(aud[0]))}\`` : ''}: it tells the application who signed in, and is no key to an API.${wasAccepted || fits ? ' A service that accepts it lets in whoever gets hold of it at any client.' : ''}`,
    ],
    fix: [
      'Send the access token (`access_token` of the token response) to the API, not the `id_token`.',
      ...(audiences.length > 0
        ? [`If there is none for this API, request one with the audience ${audiences.join(', ')}.`]
        : []),
      ...(wasAccepted
        ? ['Let the API demand the type of an access token (`typ: at+jwt`, RFC 9068) and its own audience.']
        : []),
    ],
    explains: [
      'AUD_WRONG_API',
      'TOKEN_TYP_MISMATCH',
      'REQUIRED_CLAIM_NEW',
      'SCOPE_MISSING',
      'AUD_IN_CLIENT_ID',
      'AUD_ABSENT_ACCEPTED',
    ],
  })
}

const audience: Rule = (facts) => {
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
  const near = aud.some((one) => audiences.some((mine) => one.replace(/\/$/, '') === mine.replace(/\/$/, '')))
  return certain('AUD_WRONG_API', {
    evidence: [
      `The token was made for \`${shown}\`, and this service is \`${wanted}\`${near ? ': the two differ by a trailing slash, and audiences are compared as text' : ': a token for another API'}.${wasAccepted ? ' It was accepted nevertheless.' : ''}`,
    ],
    fix: [
      `Request (ask for, obtain) a token for this API: pass the audience (or resource) ${wanted} when the client gets its token from the issuer${config.issuer ? ` ${config.issuer}` : ''}.`,
      ...(wasAccepted
        ? ['Let the verifier check the audience: it must contain exactly its own identifier.']
        : []),
    ],
  })
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

const type: Rule = ({ token, hasConfig, config, events, exchange }) => {
  const { typ } = token?.header ?? {}
  if (typ !== undefined && typeof typ === 'string' && /^(?:application\/)?(?:at\+)?jwt$/i.test(typ)) {
    const demanded = config.verifier?.options?.typ
    if (typeof demanded !== 'string' || demanded.toLowerCase() === typ.toLowerCase()) {
      const refused = events.some(({ check, outcome }) => outcome === 'refused' && /^typ/.test(check ?? ''))
      if (
        !refused &&
        !(
          exchange !== undefined &&
          isRefused(exchange) &&
          /"?typ"? (?:header|claim|mismatch)|unexpected "typ"/.test(wordsOf(exchange.response))
        )
      )
        return undefined
    }
  }
  if (token?.header === undefined || token.parts.length !== 3) return undefined
  if (!hasConfig && events.length === 0 && exchange === undefined) return undefined
  if (typ === undefined && config.verifier?.options?.typ === undefined) return undefined
  const wanted = typeof config.verifier?.options?.typ === 'string' ? config.verifier.options.typ : 'at+jwt'
  return certain('TOKEN_TYP_MISMATCH', {
    evidence: [
      `The token says \`typ: ${clipped(typ ?? 'nothing')}\`, and the verifier demands \`${wanted}\` (access tokens, RFC 9068).`,
    ],
    fix: [
      `Have the issuer write \`typ: ${wanted}\` into the header of its access tokens (for many a setting: access token type, RFC 9068 profile).`,
      'See that it is an access token which is sent: logout tokens, DPoP proofs and ID tokens say other types.',
    ],
  })
}

export const issuerRules: readonly Rule[] = [firebase, idToken, issuer, audience, type]
