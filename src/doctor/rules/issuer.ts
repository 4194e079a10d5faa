import { causeOfIssuer } from '../../tokens/diagnosis.ts'
import { certain, found, probable } from '../finding.ts'
import type { Rule } from '../rule.ts'
import { clipped } from '../words.ts'
import { audience } from './audience.ts'

import { firebase, idToken, tokenType } from './token-kind.ts'

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
  const spelt = spellingOf(iss, expected)
  if (spelt !== undefined) {
    return probable('ISS_HOST_ALIAS', {
      evidence: [...both, `The two are one address spelt differently: ${spelt}. They are compared as text.`],
      settledBy: [
        `what the issuer calls itself in its metadata: \`countersign doctor url ${clipped(addressAmong(iss, expected))}\``,
      ],
      fix: [`Configure the issuer of the verifier ${SAME}: \`ISSUER=${clipped(iss)}\`.`],
      explains: ['ISS_OTHER_ENVIRONMENT'],
    })
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
        `whether both addresses lead to the same server: compare the key sets that \`countersign doctor url ${clipped(iss)}\` and \`countersign doctor url ${clipped(expected)}\` show`,
      ],
      fix: [
        'Give the issuer one fixed (single, public) host name that browsers and containers both use, and write that URL into `iss` whatever the name it was called by (Keycloak: `KC_HOSTNAME`; Countersign: `ISSUER`).',
        'The verifier expects that same issuer URL and may fetch the keys by the internal name.',
      ],
      explains: ['ISS_OTHER_ENVIRONMENT'],
    })
  }
  const isTold = ENVIRONMENT.test(mine?.hostname ?? '') !== ENVIRONMENT.test(theirs?.hostname ?? '')
  if (signature.kind === 'genuine' && !isTold) {
    return probable('ISS_HOST_ALIAS', {
      evidence: [
        ...both,
        'The signature is genuine by a key that the verifier has, so both are probably names of one issuer: a custom domain and the one of the provider, or the former name after a move.',
      ],
      settledBy: [
        `what the issuer calls itself under each: \`countersign doctor url ${clipped(expected)}\` and \`countersign doctor url ${clipped(iss)}\``,
      ],
      fix: [
        `Configure the issuer of the verifier ${SAME}, or have clients sign in under the name that it expects: ${clipped(expected)}.`,
        'If they are two deployments after all, they sign with one key: give each its own.',
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

function addressAmong(...texts: readonly string[]): string {
  return texts.find((text) => /^https?:\/\/\S+$/.test(text)) ?? `https://${texts[0]}`
}

/** What people add to an address, or leave out of it; each in words, and how it is taken away. */
const SPELLINGS: readonly (readonly [string, (text: string) => string])[] = [
  ['white space stands around one of them', (text) => text.trim()],
  ['quotation marks stand around one of them', (text) => text.replace(/^["']+|["']+$/g, '')],
  ['one of them is the address of the metadata', (text) => text.replace(/\/\.well-known\/[\w-]+$/, '')],
  ['one of them has no scheme', (text) => (/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`)],
  [
    'one of them names the port that goes without saying',
    (text) => text.replace(/^(https:\/\/[^/:]+):443(?=\/|$)/, '$1'),
  ],
  ['upper and lower case differ', (text) => text.toLowerCase()],
  [
    'one of them has `/auth` in its path, where Keycloak stood before version 17',
    (text) => text.replace(/\/auth(?=\/realms\/)/, ''),
  ],
  ['a slash stands at the end of one of them', (text) => text.replace(/\/$/, '')],
]

/** How two texts for one address differ; undefined where they are two addresses. */
function spellingOf(one: string, other: string): string | undefined {
  const words: string[] = []
  let [left, right] = [one, other]
  for (const [what, simplify] of SPELLINGS) {
    const [nextLeft, nextRight] = [simplify(left), simplify(right)]
    if (
      (nextLeft === left) !== (nextRight === right) ||
      nextLeft.length - left.length !== nextRight.length - right.length
    )
      words.push(what)
    else if (left !== right && nextLeft === nextRight) words.push(what)
    left = nextLeft
    right = nextRight
  }
  return left === right && words.length > 0 ? words.join('; ') : undefined
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

export const issuerRules: readonly Rule[] = [firebase, idToken, issuer, audience, tokenType]
