import type { Facts } from '../facts.ts'
import { certain, found, probable } from '../finding.ts'
import { cookiesOf, requestOf, wordsOf } from '../http-facts.ts'
import type { Rule } from '../rule.ts'
import { ago, clipped } from '../words.ts'

/** What programs wrote: details of events and bodies of answers, in lower case. */
function said({ events, exchanges }: Facts): string {
  return [
    ...events.map(({ detail, check }) => `${detail ?? ''} ${check ?? ''}`),
    ...exchanges.map(({ response }) => wordsOf(response)),
  ]
    .join('\n')
    .toLowerCase()
}

const secretUndefined: Rule = (facts) => {
  const { config, code } = facts
  const words =
    /secretorprivatekey must have a value|secretorkey|secret or key|requires a secret|secret or public key must be provided|key argument.*undefined|secret is undefined|jwt_secret.*(?:undefined|not set|required)|expected a string.*none/.exec(
      said(facts),
    )
  const isWord = /^(?:|undefined|null|none|\$\{?\w+\}?)$/i.test(config.secret ?? 'set')
  const symmetric = config.algorithms?.some((name) => name.startsWith('HS')) ?? false
  const absent = config.secret === undefined && config.secret_source === 'environment' && symmetric
  const early = readsEarly(code)
  if (words === null && !isWord && !absent && !early) return undefined
  return found('SECRET_UNDEFINED', words !== null || isWord || absent, {
    evidence: [
      `${isWord ? `The secret of the service is ${config.secret === '' ? 'empty' : `the word \`${config.secret}\``}` : words !== null ? 'The library says that it was given no secret' : absent ? 'The service has no secret, although it should come from the environment' : 'The secret is read from the environment'}${early ? ', and the code reads it while a module is imported, before the configuration (dotenv, ConfigModule) is loaded' : ': it was read before the configuration was loaded, or the variable has another name'}.`,
    ],
    settledBy: ['the value at the moment it is used: log whether it is undefined, never the value'],
    fix: [
      'Load the configuration first and read the secret after that: `import "dotenv/config"` as the very first line, or in Nest `JwtModule.registerAsync({ inject: [ConfigService], useFactory: … })` instead of `register({ secret: process.env.… })`.',
      'Stop the start when the variable is missing (undefined), and check its name in the environment of the process.',
    ],
    explains: ['SIG_WRONG_KEY', 'SECRET_PUBLIC_EXAMPLE', 'SECRET_FALLBACK'],
  })
}

function readsEarly(code: string): boolean {
  const use = code.search(/process\.env\.\w*(?:SECRET|KEY)\w*|os\.(?:environ|getenv)/)
  const load = code.search(/dotenv|ConfigModule\.forRoot|load_dotenv/)
  const registered =
    /JwtModule\.register\(\s*\{[^}]*process\.env/.test(code) ||
    /secret:\s*jwtConstants|super\(\{[^}]*secretOrKey:\s*process\.env/.test(code)
  return (use !== -1 && load !== -1 && use < load) || (registered && !/registerAsync/.test(code))
}

const strategy: Rule = (facts) => {
  const words =
    /unknown authentication strategy "?([\w-]+)?"?|no auth(?:entication)? strategy|strategy .{0,20}not (?:registered|defined)/.exec(
      said(facts),
    )
  const guard = /AuthGuard\(['"]([\w-]+)['"]\)/.exec(facts.code)?.[1]
  const provided = /PassportStrategy|providers:\s*\[[^\]]*Strategy|passport\.use\(/.test(facts.code)
  const byCode =
    guard !== undefined &&
    /providers:\s*\[/.test(facts.code) &&
    !/Strategy/.test(/providers:\s*\[[^\]]*\]/.exec(facts.code)?.[0] ?? '')
  if (words === null && !byCode) return undefined
  const name = words?.[1] ?? guard ?? 'jwt'
  return found('STRATEGY_NOT_REGISTERED', words !== null || (byCode && !provided), {
    evidence: [
      `The guard names the strategy \`${clipped(name)}\`, and nobody registered it${words === null ? ': no module provides it' : ' ("Unknown authentication strategy")'}.`,
    ],
    settledBy: ['whether the module that is running provides the strategy'],
    fix: [
      'Register the strategy: add it (`JwtStrategy`) to the `providers` of the module, and import that module (AuthModule, PassportModule) where the guard is used; in plain Express call `passport.use(new JwtStrategy(…))` before the routes.',
      'The name in `PassportStrategy(Strategy, "name")` and in `AuthGuard("name")` has to be the same.',
    ],
    explains: ['REASON_SWALLOWED'],
  })
}

const order: Rule = ({ code, wasAccepted }) => {
  const at = (pattern: RegExp): number => code.search(pattern)
  const before = (first: RegExp, second: RegExp): boolean =>
    at(first) !== -1 && at(second) !== -1 && at(first) < at(second)
  const dotnet = before(/UseAuthorization\(/, /UseAuthentication\(/)
  const routing = before(/UseAuthentication\(/, /UseRouting\(/)
  const guardName =
    /app\.use\(\s*(?:\w*(?:auth|guard|protect|jwt|passport|verify|session|require|expressjwt)\w*)/i
  const express = before(
    /app\.(?:get|post|put|patch|delete)\(|app\.use\(\s*['"]\/[^'"]*['"]\s*,\s*\w*(?:router|routes)\w*/i,
    guardName,
  )
  const django = /MIDDLEWARE\s*=/.test(code) && before(/AuthenticationMiddleware/, /SessionMiddleware/)
  if (!dotnet && !routing && !express && !django) return undefined
  const [first, second] = dotnet
    ? ['UseAuthorization', 'UseAuthentication']
    : routing
      ? ['UseAuthentication', 'UseRouting']
      : django
        ? ['AuthenticationMiddleware', 'SessionMiddleware']
        : ['the routes', 'the guard (authentication)']
  return certain('MIDDLEWARE_ORDER', {
    evidence: [
      `In the code ${first} stands before ${second}: middleware runs in the order in which it is registered${express ? ', so these routes are reached without the guard' : ', so nobody is authenticated yet when permission is decided'}.${wasAccepted ? ' The request was let in.' : ''}`,
    ],
    fix: [
      dotnet
        ? 'Call `app.UseAuthentication()` before `app.UseAuthorization()`, both after `UseRouting()` and before the endpoints.'
        : routing
          ? 'Call `app.UseRouting()` first, then `UseAuthentication()` and `UseAuthorization()`.'
          : `Register ${second} before ${first}: move it up (authentication first, then the routes that it protects).`,
      'Then ask the running application: `countersign routes --probe URL`.',
    ],
    explains: ['ROUTE_UNGUARDED', 'HDR_MISSING', 'STATUS_SWAPPED'],
  })
}

const READS =
  /\b(?:payload|decoded|claims|jwtPayload|tokenPayload|token_data|jwt)(?:\?)?((?:\.(?!get\b|map\b|split\b|exp\b|iat\b|verify\b|sign\b|decode\b)\w+)+)|\b(?:payload|decoded|claims)\[['"](\w+)['"]\]|\b(?:payload|decoded|claims)\.get\(['"](\w+)['"]/g

const claimPath: Rule = ({ code, token, events }) => {
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

/** Options that verifying libraries know, of all that we have met. */
const OPTIONS = new Set(
  `algorithms algorithm audience aud complete issuer iss ignoreExpiration ignoreNotBefore subject clockTolerance maxAge clockTimestamp nonce jwtid
  allowInvalidAsymmetricKeyTypes typ maxTokenAge currentDate requiredClaims crit verify_signature verify_exp verify_nbf verify_iat verify_aud verify_iss verify_sub verify_jti require
  strict_aud leeway options allowedAud allowedIss allowedSub allowedNonce allowedJti cache cacheTTL key jwksUri secret secretOrKey secretOrPublicKey jwtFromRequest passReqToCallback
  secretOrKeyProvider jsonWebTokenOptions rateLimit jwksRequestsPerMinute cacheMaxAge ValidateIssuer ValidateAudience ValidateLifetime ValidateIssuerSigningKey ValidIssuer ValidIssuers
  ValidAudience ValidAudiences IssuerSigningKey ClockSkew RequireExpirationTime RequireSignedTokens ValidAlgorithms ValidTypes NameClaimType RoleClaimType Authority MetadataAddress
  RequireHttpsMetadata MapInboundClaims getToken credentialsRequired requestProperty isRevoked tokenUse clientId expiresIn notBefore keyid require_exp require_iat require_nbf
  trust_proxy session cookie`.split(/\s+/),
)

const misspelt: Rule = ({ config, wasAccepted }) => {
  const options = config.verifier?.options ?? {}
  const odd = Object.keys(options).filter((name) => !OPTIONS.has(name) && nearest(name) !== undefined)
  const off = Object.entries(options).find(
    ([name, value]) =>
      (/^ignoreExpiration$|^ignoreNotBefore$/.test(name) && value === true) ||
      (/^verify_|^Validate|^Require/.test(name) && value === false),
  )
  const [name] = odd
  if (name === undefined && off === undefined) return undefined
  const meant = name === undefined ? undefined : nearest(name)
  const library = config.verifier?.library ?? 'the library'
  return found('OPTION_MISSPELT', name !== undefined || off !== undefined, {
    evidence: [
      name !== undefined
        ? `The option \`${name}\` is not known to ${library}${meant ? `; \`${meant}\` is meant` : ''}. An unknown option is ignored without a word, so the check it should switch on does not happen${wasAccepted ? ', and the token was accepted' : ''}.`
        : `The option \`${off?.[0]}: ${String(off?.[1])}\` of ${library} switches a check off${wasAccepted ? ', and the token was accepted' : ''}.`,
    ],
    settledBy: [],
    fix: [
      name !== undefined
        ? `Correct the spelling of the option: rename \`${name}\` to \`${meant ?? 'the documented name'}\`, and compare all names with the documentation of the version in use (types help: TypeScript refuses unknown names).`
        : `Remove the option \`${off?.[0]}\`, so that the check happens again.`,
      'Then prove it with a token that has to be refused: `countersign doctor audit URL`.',
    ],
    explains: [
      'AUD_WRONG_API',
      'AUD_ABSENT_ACCEPTED',
      'AUD_NOT_CONFIGURED',
      'TOKEN_EXPIRED',
      'SKEW_HIDES_EXPIRY',
      'ISS_OTHER_ENVIRONMENT',
      'NOT_REVOKED',
    ],
  })
}

/** The known option that a name comes nearest to, if it is near at all. */
function nearest(name: string): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z]/g, '')
  const mine = plain(name)
  let best: string | undefined
  let least = Math.min(4, Math.ceil(mine.length / 3) + 1)
  for (const option of OPTIONS) {
    const distance = editDistance(mine, plain(option))
    if (distance < least) {
      least = distance
      best = option
    }
  }
  return best
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b].entries()) {
      next.push(
        Math.min((row[j] ?? 0) + (letter === other ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1),
      )
    }
    row = next
  }
  return row.at(-1) ?? 0
}

const swallowed: Rule = ({ code, events }) => {
  const inCode = /catch\s*(?:\(\s*(\w*)[^)]*\))?\s*\{((?:[^{}]|\{[^{}]*\})*)\}/.exec(code)
  const body = inCode?.[2] ?? ''
  const named = inCode?.[1]
  const silent =
    inCode !== null &&
    /401|Unauthorized|unauthorized|invalid token/i.test(body) &&
    !/log|console|report|capture|cause/i.test(body) &&
    !(named && new RegExp(`\\b${named}\\b`).test(body))
  const python =
    /except(?:\s+\w+(?:Error|Exception)?)?\s*:\s*\n\s*(?:raise\s+(?:HTTPException|credentials_exception)|return\s+None|pass)/.test(
      code,
    )
  const refused = events.filter(({ outcome, type }) => outcome === 'refused' && type === 'access.checked')
  const blind =
    refused.length >= 2 &&
    refused.every(
      ({ check, detail, code: told }) => !check && !detail && (!told || /unauthorized|invalid/.test(told)),
    )
  if (!silent && !python && !blind) return undefined
  return found('REASON_SWALLOWED', silent || python, {
    evidence: [
      silent || python
        ? 'One catch takes every error of the verification and answers 401 without a word to the log: expired, wrong key, wrong audience and a fault in the code all look the same.'
        : `${refused.length} refusals were recorded without a reason: no check, no detail.`,
    ],
    settledBy: ['the code that answers 401, and what it does with the error'],
    fix: [
      'Log the error with its reason (cause, `error.code`, `error.message`) under a reference id before it is answered, and keep the answer to the client general.',
      'Catch the errors of the verification only, so that faults of the code show as 500.',
    ],
  })
}

const hashLibrary: Rule = (facts) => {
  const words =
    /(bcrypt[^\n]{0,60}(?:__about__|version|72 bytes|longer than|module|binary|elf|invalid salt|native)|passlib[^\n]{0,60}|argon2[^\n]{0,60}(?:module|binary|elf|native|memory|verif)|unknownhasherror|hash could not be identified|invalid hash|password cannot be longer than 72|err_dlopen_failed|invalid elf header|invalid salt|data and hash arguments required)/.exec(
      said(facts),
    )
  if (words === null) return undefined
  const long = /72/.test(words[0])
  return certain('PASSWORD_HASH_LIBRARY', {
    evidence: [
      `The check of the password failed in the hash library, not by the password: ${clipped(words[0].trim(), 90)}.`,
    ],
    fix: [
      long
        ? 'bcrypt takes at most 72 bytes: hash the password first (HMAC-SHA256, base64) in a way that old hashes still verify, or move to Argon2id.'
        : 'Use a library that fits: pin (downgrade or upgrade) the two versions that work together (passlib 1.7.4 wants bcrypt below 4.1), rebuild the native binary for this platform, or move to a maintained one (`pwdlib`, `@node-rs/argon2`, `bcryptjs`).',
      'Let a fault of the library answer 500 with a line in the log, so that it does not look like a wrong password. Nobody has to reset a password.',
    ],
    explains: [
      'REASON_SWALLOWED',
      'ACCOUNT_LOCKED',
      'LOGIN_FORM_ENCODING',
      'LOGIN_WRONG_CONTENT_TYPE',
      'STATUS_SWAPPED',
    ],
  })
}

const upgrade: Rule = ({ events, evidence, config, now }) => {
  const change = events.findLast(
    ({ type, from, to }) => /upgrad|dependency|release|deploy|library/.test(type ?? '') && (from ?? to),
  )
  const refused = events.filter(
    ({ outcome, type, time }) =>
      outcome === 'refused' && type === 'access.checked' && (change === undefined || time >= change.time),
  )
  const okBefore =
    change !== undefined &&
    events.some(
      ({ outcome, type, time }) => outcome === 'ok' && type === 'access.checked' && time < change.time,
    )
  const early =
    change !== undefined &&
    events.some(
      ({ outcome, type, time }) => outcome === 'refused' && type === 'access.checked' && time < change.time,
    )
  const isDependency = /upgrad|dependency|library/.test(change?.type ?? '')
  const nodes = evidence.nodes ?? []
  const versions = new Map(
    nodes.map(({ name, config: own }) => [name, `${own.verifier?.library} ${own.verifier?.version}`]),
  )
  const differ = new Set(nodes.flatMap(({ config: own }) => own.verifier?.version ?? [])).size > 1
  const refusedOn = new Set(events.filter(({ outcome }) => outcome === 'refused').map(({ node }) => node))
  const okOn = new Set(events.filter(({ outcome }) => outcome === 'ok').map(({ node }) => node))
  const onlyNew = differ && refusedOn.size > 0 && [...refusedOn].every((name) => !okOn.has(name))
  if (!(change !== undefined && isDependency && refused.length > 0 && !early) && !onlyNew) return undefined
  const what =
    change === undefined
      ? [...versions.values()].join(' against ')
      : `${clipped(change.detail ?? config.verifier?.library ?? 'a dependency')} from ${clipped(change.from ?? '?')} to ${clipped(change.to ?? '?')}`
  return found('UPGRADE_STRICTER', okBefore || onlyNew, {
    evidence: [
      `The refusals${refused[0]?.check ? ` (check \`${refused[0].check}\`${refused[0].detail ? `: ${clipped(refused[0].detail, 60)}` : ''})` : ''} began with an upgrade: ${what}${change === undefined ? '' : `, ${ago(change.time, now)}`}. The same tokens passed before: the new version checks more.`,
    ],
    settledBy: ['the change log of the new version, and the same token with the old one'],
    fix: [
      `Read the change log (release notes) of the new version, and correct the issuer so that its tokens meet the stricter check${refused[0]?.detail ? ` (${clipped(refused[0].detail, 60)})` : ''}; then issue new tokens.`,
      'Pin the former version for the time until then, if it has no known vulnerability.',
    ],
    explains: [
      'REQUIRED_CLAIM_NEW',
      'SUB_NOT_STRING',
      'ROLLOUT_MIXED',
      'SIG_WRONG_KEY',
      'AUD_NOT_CONFIGURED',
      'EXP_WRONG_TYPE',
    ],
  })
}

const badCookie: Rule = ({ exchanges, events }) => {
  const call = exchanges.find(
    (one) =>
      one.response !== undefined &&
      one.response.status >= 500 &&
      one.response.status !== 503 &&
      cookiesOf(requestOf(one)).size > 0,
  )
  const event = events.find(
    ({ status, credential, detail, check }) =>
      (status ?? 0) >= 500 &&
      status !== 503 &&
      (credential === 'session' || /cookie/i.test(`${detail} ${check}`)),
  )
  if (call === undefined && event === undefined) return undefined
  const without = exchanges.find(
    (one) =>
      one !== call &&
      one.response !== undefined &&
      one.response.status < 500 &&
      cookiesOf(requestOf(one)).size === 0,
  )
  const words = `${wordsOf(call?.response)} ${event?.detail ?? ''}`
  const about =
    /cookie|decrypt|signature|uri malformed|decode|unexpected token|json|hmac|mac|unseal|session/i.test(words)
  return found('BAD_COOKIE_500', without !== undefined || about, {
    evidence: [
      `A request with a cookie is answered ${call?.response?.status ?? event?.status}${without ? `, and the same without cookies ${without.response?.status}` : ''}: a cookie that cannot be read (damaged, or signed with an old key) makes the application fail instead of counting as absent.`,
    ],
    settledBy: ['the same request without the cookie'],
    fix: [
      'Catch the error where the cookie is read (decoded, verified): treat a bad (unreadable) cookie as none, clear (delete) it, and answer 401 or go on without a session; never 500.',
    ],
    explains: ['SESSION_SECRET_CHANGED', 'REASON_SWALLOWED'],
  })
}

export const wiringRules: readonly Rule[] = [
  secretUndefined,
  strategy,
  hashLibrary,
  upgrade,
  misspelt,
  order,
  claimPath,
  badCookie,
]
export const lastWiringRules: readonly Rule[] = [swallowed]
