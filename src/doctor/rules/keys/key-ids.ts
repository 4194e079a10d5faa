import type { Jwk } from '../../evidence.ts'
import type { Facts } from '../../facts.ts'
import { certain, found } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import { isHmac } from '../../signature-trial.ts'
import { ago, clipped } from '../../words.ts'

export const kids: Rule = (facts) => {
  const { token, config, signature, evidence, now, wasAccepted } = facts
  const header = token?.header
  if (header === undefined || isHmac(header.alg) || token?.parts.length !== 3) return undefined
  const mine = config.key_cache?.keys ?? config.keys ?? []
  const theirs = evidence.jwks?.keys ?? []
  if (mine.length + theirs.length === 0) return undefined
  const { kid } = header
  if (kid === undefined) {
    const count = Math.max(fitting(mine, header.alg), fitting(theirs, header.alg))
    if (count < 2 || signature.kind === 'unsigned' || wasAccepted) return undefined
    return certain('KID_MISSING', {
      evidence: [
        `The header of the token names no key (\`kid\` is missing), and the key set holds ${count} keys for its algorithm: the verifier cannot tell which one to use.`,
      ],
      fix: [
        'Have the issuer write the `kid` of the signing key into the header of every token (key id, for instance the RFC 7638 thumbprint).',
      ],
      explains: signature.kind === 'wrong' ? [] : ['SIG_WRONG_KEY'],
    })
  }
  const named = mine.find((key) => key.kid === kid)
  const shown = theirs.find((key) => key.kid === kid)
  const isOther = named !== undefined && shown !== undefined && differ(named, shown)
  const twice = [...mine, ...theirs, ...(config.keys ?? [])].filter((key) => key.kid === kid)
  const reused =
    isOther ||
    (signature.kind === 'issuer_only' && named !== undefined) ||
    twice.some((key) => twice[0] && differ(key, twice[0]))
  if (reused && signature.kind !== 'genuine') {
    return certain('KID_REUSED', {
      evidence: [
        `The key set shows other key material under the kid \`${clipped(kid)}\` than the verifier remembers: the same kid, a new key. What the new key signs fails against the remembered (cached) one.`,
      ],
      fix: [
        'Give every key a kid of its own: a new, unique key id for each new key, such as its thumbprint (RFC 7638). Publish the new key under a new kid.',
        'Until then let the verifier fetch (refresh, reload) the key set: clear its cache.',
      ],
      explains: ['SIG_WRONG_KEY', 'KID_UNKNOWN'],
    })
  }
  if (named !== undefined || signature.kind === 'environment' || signature.kind === 'unsigned')
    return undefined
  const { iss } = token?.claims ?? {}
  if (config.issuer !== undefined && iss !== config.issuer && shown === undefined) return undefined
  if (mine.length === 0) return shown === undefined ? unknownTo(facts, 'the issuer') : undefined
  const cachedAt = config.key_cache?.fetched_at
  if (shown !== undefined || signature.kind === 'issuer_only') {
    return certain('KID_UNKNOWN', {
      evidence: [
        `The kid \`${clipped(kid)}\` is not in the key set that the verifier holds in its cache${cachedAt === undefined ? '' : ` (fetched ${ago(cachedAt, now)})`}; the issuer publishes it now${signature.kind === 'issuer_only' ? ', and the signature is genuine by it' : ''}. The issuer rotated its key, and the cache is stale.`,
      ],
      fix: [
        'Let the verifier fetch (refresh, reload) the key set (JWKS) again when it meets an unknown kid, at most once a minute or so, and at least every few minutes in any case.',
        'At the issuer publish a new key before it signs (in advance, two cache lives ahead) and keep the old one until its last token has expired (overlap).',
      ],
      explains: ['SIG_WRONG_KEY'],
    })
  }
  return unknownTo(facts, 'the verifier')
}

/** How many keys of a set a verifier may take for an algorithm (RFC 7517 section 4). */
function fitting(keys: readonly Jwk[], algorithm: unknown): number {
  const type = { E: 'EC', R: 'RSA', P: 'RSA' }[String(algorithm).charAt(0)]
  return keys.filter(
    ({ use, alg, kty }) =>
      use !== 'enc' &&
      (alg === undefined || alg === algorithm) &&
      (type === undefined || kty === undefined || kty === (algorithm === 'EdDSA' ? 'OKP' : type)),
  ).length
}

function unknownTo({ token, signature, evidence }: Facts, whom: string) {
  const isOwn = signature.kind === 'other_kid'
  return certain('KID_UNKNOWN', {
    evidence: [
      `The kid \`${clipped(token?.header?.kid)}\` of the token is not in the key set of ${whom}${evidence.jwks ? ', nor in what the issuer publishes' : ''}${isOwn ? '; the key itself is there under another kid' : ': a rotated key and a stale cache, or a token of another deployment'}.`,
    ],
    fix: [
      'Refresh (fetch, reload) the key set (JWKS) at the issuer, and see whether the kid stands in it: `curl ISSUER/.well-known/jwks.json`.',
      'If it does, shorten the cache of the verifier and let the issuer publish keys before it signs with them (in advance); if not, compare the issuer of the token with the configured one.',
    ],
    explains: ['SIG_WRONG_KEY'],
  })
}

function differ(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  return ['n', 'x', 'y', 'e'].some((member) => a[member] !== b[member])
}

export const unknownInEvents: Rule = ({ events, now, evidence }) => {
  const refusals = events.filter(
    ({ outcome, check, kid }) => outcome === 'refused' && kid && /kid|key|jwks/.test(check ?? ''),
  )
  const names = new Set(refusals.map(({ kid }) => kid))
  const limited = events.find(
    ({ detail, type, code, status }) =>
      /rate.?limit|too many|refetch|cooldown|throttl/i.test(`${detail} ${type}`) ||
      (/(?:jwks|key)/.test(type ?? '') && (code === 'try_again' || status === 429)),
  )
  if (names.size >= 10 || (names.size >= 3 && limited !== undefined)) {
    return found('JWKS_REFETCH_STORM', names.size >= 10 || limited !== undefined, {
      evidence: [
        `${refusals.length} refusals name ${names.size} different kids that nobody issued: each random kid makes the verifier fetch the key set again${limited ? ', until the rate limit of the issuer stops it, and then a real rotation is not seen' : ''}.`,
      ],
      settledBy: ['how often the verifier asked for the key set in that time'],
      fix: [
        'Limit how often an unknown kid may cause a fetch (a cooldown: at most one refetch a minute, shared by all requests), and refresh the key set (JWKS) in the background, whatever the traffic.',
        'Block or limit the address that sends random kids; remember unknown kids for a short time.',
      ],
      explains: ['KID_UNKNOWN', 'JWKS_UNREACHABLE', 'SIG_WRONG_KEY'],
    })
  }
  const [only] = refusals
  if (only === undefined || evidence.tokens !== undefined) return undefined
  const nodes = new Set(refusals.map(({ node }) => node).filter(Boolean))
  const passing = new Set(
    events.filter(({ outcome, kid }) => outcome === 'ok' && kid === only.kid).map(({ node }) => node),
  )
  const first = [...nodes][0]
  const oneNode = nodes.size === 1 && passing.size > 0 && first !== undefined && !passing.has(first)
  const started = evidence.nodes?.find(({ name }) => name === first)?.started_at
  return certain('KID_UNKNOWN', {
    evidence: [
      `${refusals.length} refusals: the kid \`${clipped(only.kid)}\` is not in the key set${oneNode ? ` of node ${first}, while other nodes accept it${started === undefined ? '' : ` (${first} started ${ago(started, now)}, before the rotation)`}` : ''}. Its cache of the key set is stale, or the key was never published there.`,
    ],
    fix: [
      oneNode
        ? `Refresh the key set (JWKS) on ${first}: reload or restart it; then see that its refresh works.`
        : 'Refresh (fetch, reload) the key set (JWKS) on the verifier when it meets an unknown kid.',
      'Publish a new key before it signs (in advance), two cache lives ahead.',
    ],
    explains: ['SIG_WRONG_KEY'],
  })
}
