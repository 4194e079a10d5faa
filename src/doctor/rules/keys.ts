import type { EventLine } from '../evidence.ts'
import type { Facts } from '../facts.ts'
import { certain, found, probable } from '../finding.ts'
import { header, requestOf, urlOf, wordsOf } from '../http-facts.ts'
import type { Rule } from '../rule.ts'
import { isGuessable, isHmac, looksLikeDer } from '../signature-trial.ts'
import { ago, clipped } from '../words.ts'

const NEW_SECRET =
  'Replace the secret now (at once): make a new one with `npx countersign secret`, set it in the environment of issuer and verifier, and rotate: every token signed with the old one is void.'

const none: Rule = ({ signature, wasAccepted }) => {
  if (signature.kind !== 'unsigned') return undefined
  return certain('ALG_NONE', {
    evidence: [
      `The token says \`alg: none\`: it is not signed at all, so anybody can write any claim into it.${wasAccepted ? ' The service accepted it.' : ''}`,
    ],
    fix: [
      `Refuse (reject, block) such tokens${wasAccepted ? ' at once' : ''}: pin the algorithm to that of the key on the verifier. It is a forged token, an attack that was tried, or one of an emulator or a test that escaped; look at who sent it.`,
      ...(wasAccepted
        ? ['Update or replace the library, and treat what was reached with it as disclosed.']
        : []),
    ],
    explains: [
      'TOKEN_TRUNCATED',
      'ALG_MISMATCH',
      'KID_MISSING',
      'TOKEN_ALG_NAME_NONSTANDARD',
      'SIG_WRONG_KEY',
    ],
  })
}

const confusion: Rule = ({ signature, wasAccepted, config }) => {
  if (signature.kind !== 'public_key_as_secret') return undefined
  return certain('ALG_CONFUSION', {
    evidence: [
      `The token is signed with HS256, and its secret is the text of the public key, which everybody can read: a forged token (algorithm confusion attack).${wasAccepted ? ' The service accepted it.' : ''}`,
    ],
    fix: [
      `Pin the algorithm: the verifier takes ${config.algorithms?.join(', ') ?? 'RS256 (that of its key)'} only, fixed by the key and never read from the header of the token, and never uses a public key as an HMAC secret. Refuse (reject) the token.`,
      'Update the JWT library to a version that keeps the two kinds of keys apart, and look at who sent this.',
    ],
    explains: ['ALG_MISMATCH', 'SIG_WRONG_KEY', 'KID_MISSING'],
  })
}

const published: Rule = ({ signature, config, wasAccepted }) => {
  const own = config.secret !== undefined && config.secret.trim() !== '' && isGuessable(config.secret)
  if (signature.kind !== 'published' && !own) return undefined
  return certain('SECRET_PUBLIC_EXAMPLE', {
    evidence: [
      `The ${signature.kind === 'published' ? 'signature was made with a secret that is' : 'secret of this service is'} printed in a tutorial or template, or is a short word: anybody can forge (mint) tokens for every account with it.${wasAccepted ? ' The service accepts this one.' : ''}`,
    ],
    fix: [
      NEW_SECRET,
      'Generate it from a random source (at least 256 bits) and keep it out of the source code. Look in the log for tokens that nobody issued.',
    ],
    explains: ['SIG_WRONG_KEY', 'SIG_SECRET_BASE64'],
  })
}

const fallback: Rule = ({ config, code, evidence, signature }) => {
  const written =
    /(?:process\.env\.\w+|os\.(?:environ\.get|getenv)\([^)]*|getenv\([^)]*|env\(["']\w+["'])\s*(?:\|\||\?\?|or|,|\?:)\s*["'`][^"'`]+["'`]/.exec(
      code,
    )
  const nodes = evidence.nodes?.filter(({ config: own }) => own.secret_source === 'literal') ?? []
  const literal = config.secret_source === 'literal' || nodes.length > 0
  if (!literal && (written === null || !/secret|key|jwt/i.test(written[0]))) return undefined
  if (signature.kind === 'published' && written === null && !literal) return undefined
  return found('SECRET_FALLBACK', literal || config.secret !== undefined, {
    evidence: [
      `The secret is a literal of the source code${nodes.length > 0 ? ` on ${nodes.map(({ name }) => name).join(', ')}` : ''}: a default (fallback) is used because the environment variable is not set. Whoever can read the code can sign tokens.`,
    ],
    settledBy: ['whether the environment variable is set where the service runs'],
    fix: [
      'Remove the default and stop the start (fail, throw) when the variable is missing: no fallback secret in the code.',
      NEW_SECRET,
    ],
    explains: signature.kind === 'published' ? [] : ['SECRET_PUBLIC_EXAMPLE'],
  })
}

const pem: Rule = ({ config, client, evidence }) => {
  const texts = [
    config.secret,
    ...valuesOf(config.verifier?.options),
    ...valuesOf(client.settings),
    ...(evidence.nodes ?? []).map(({ config: own }) => own.secret),
  ]
  const text = texts.find((value) => typeof value === 'string' && value.includes('-----BEGIN'))
  const event = evidence.events?.find(({ detail }) =>
    /pem|asn1|decoder routines|no start line|unsupported.*key|must be an asymmetric key|could not (?:parse|deserialize).*key/i.test(
      detail ?? '',
    ),
  )
  const said = evidence.exchanges?.some(({ response }) =>
    /pem routines|decoder routines|asn1|no start line/i.test(wordsOf(response)),
  )
  if (text === undefined && event === undefined && !said) return undefined
  const how =
    text === undefined
      ? undefined
      : text.includes('\\n')
        ? 'its line breaks are written as the two characters backslash and n (escaped \\n)'
        : !text.trim().includes('\n')
          ? text.includes(' ', 30)
            ? 'its line breaks became spaces, everything stands on one line'
            : 'everything stands on one line, without line breaks'
          : undefined
  if (how === undefined && text !== undefined) return undefined
  return found('KEY_PEM_BROKEN', how !== undefined || event !== undefined, {
    evidence: [
      `The key in PEM form cannot be read${how ? `: ${how}` : ', the crypto library says'}. A PEM needs real newlines after its first line and before its last.`,
    ],
    settledBy: ['the value as the process sees it: how many lines does it have?'],
    fix: [
      "Give the key its newlines (line breaks) back: `key.replaceAll('\\\\n', '\\n')` where it is read, or better mount it as a file.",
      'Or carry it as base64 of the whole file in the environment variable and decode it at start.',
    ],
    explains: ['SIG_WRONG_KEY', 'SECRET_PUBLIC_EXAMPLE', 'ALG_MISMATCH'],
  })
}

function valuesOf(record: Readonly<Record<string, unknown>> | undefined): string[] {
  return Object.values(record ?? {}).filter((value): value is string => typeof value === 'string')
}

const secretVariant: Rule = ({ signature, config }) => {
  if (signature.kind !== 'variant') return undefined
  const secret = config.secret ?? ''
  if (signature.variant === 'base64' || signature.variant === 'hex') {
    return certain('SIG_SECRET_BASE64', {
      evidence: [
        `The signature fits the same secret in another reading: one side decodes it from ${signature.variant} to bytes, the other side uses its characters as they are${signature.variant === 'hex' ? ' (like base64, hex is only a way to write bytes)' : ''}.`,
      ],
      fix: [
        'Let issuer and verifier do the same on both sides: either both decode the base64 secret to bytes (`Buffer.from(secret, "base64")`) or both use the text. Decoded or not is the whole difference; the secret itself is the same.',
        'Libraries for Java and .NET often decode, those for JavaScript and Python usually do not: write down the encoding beside the secret.',
      ],
      explains: ['SIG_WRONG_KEY'],
    })
  }
  if (signature.variant === 'quotes') {
    return certain('SIG_SECRET_QUOTED', {
      evidence: [
        /^\s*["'`]/.test(secret)
          ? "The verifier's secret begins and ends with a quotation mark: the quotes of the env file became part of it. Without them the signature fits."
          : 'The signature fits the secret with quotation marks around it: the issuer has the quotes of its env file in the secret.',
      ],
      fix: [
        'Remove the quotes (quotation marks) around the value in the env file: `JWT_SECRET=value` without quotes. `docker run --env-file` and Kubernetes take them literally, as part of the value.',
        'Compare the length of the secret on both sides, then restart the service.',
      ],
      explains: ['SIG_WRONG_KEY'],
    })
  }
  const what = /\n/.test(secret)
    ? 'a trailing newline (line feed, line break)'
    : /\s$|^\s/.test(secret)
      ? `a ${/^\s/.test(secret) ? 'leading' : 'trailing'} space (white space)`
      : undefined
  return certain('SIG_SECRET_WHITESPACE', {
    evidence: [
      what === undefined
        ? 'The signature fits the secret with a trailing newline or space behind it: the white space is on the side of the issuer.'
        : `The verifier's secret has ${what}${config.secret_source === 'file' ? ', as a file or a mounted secret does' : ''}; without it the signature fits. It is one character of ${secret.length}.`,
    ],
    fix: [
      'Trim the secret where it is read (strip the trailing newline or white space: `secret.trim()`), or write it without one: `printf \'%s\' "$SECRET" > file` (`echo -n`), and make the Kubernetes secret from that.',
      'Compare the length of the secret on both sides.',
    ],
    explains: ['SIG_WRONG_KEY'],
  })
}

const mismatch: Rule = ({ token, config, signature, hasConfig, keys }) => {
  const alg = token?.header?.alg
  if (typeof alg !== 'string' || !hasConfig || alg.toLowerCase() === 'none') return undefined
  const allowed = config.algorithms
  const mine = [...(config.keys ?? []), ...(config.key_cache?.keys ?? [])]
  const inAllowed = allowed?.includes(alg) ?? true
  const keyed = keys.find((key) => key.kid === token?.header?.kid)
  const fits = inAllowed && !(isHmac(alg) && config.secret === undefined && mine.length > 0)
  if (fits && (keyed?.alg === undefined || keyed.alg === alg)) return undefined
  const ofKey = keyed?.alg === alg && signature.kind !== 'wrong'
  if (ofKey && !inAllowed && allowed !== undefined) {
    const isDefault = allowed.length === 1 && allowed[0] === 'RS256'
    return certain('JWKS_ALG_DEFAULT', {
      evidence: [
        `The key set of the issuer holds a key for ${alg}, the token is signed with it, and the verifier trusts ${allowed.join(', ')} only${isDefault ? ', which is the default of its library' : ''}.`,
      ],
      fix: [
        `Set the algorithm of the issuer in the configuration of the verifier by name: \`algorithms: ['${alg}']\` (Spring: \`jwsAlgorithm(${alg})\`), that one and no other, as its key is ${alg}.`,
      ],
      explains: ['ALG_MISMATCH', 'SIG_WRONG_KEY'],
    })
  }
  const wanted = allowed?.join(', ') ?? mine.map((key) => String(key.alg)).join(', ')
  return certain('ALG_MISMATCH', {
    evidence: [
      `The token is signed with ${alg}, and the verifier is set to ${wanted}${mine.length > 0 ? ' with the public key of the issuer' : config.secret ? ' with a shared secret' : ''}: issuer and verifier disagree on the algorithm.`,
    ],
    fix: [
      `Let the issuer sign with ${wanted}: set the same algorithm on the issuer as the verifier expects (both sides then agree on ${wanted}).`,
      'Keep exactly one algorithm on the verifier: a public-key verifier that also takes shared-secret signatures can be fooled with its own public key.',
    ],
    explains: ['KID_MISSING', 'SIG_WRONG_KEY', 'KID_UNKNOWN'],
  })
}

const der: Rule = ({ token, signature }) => {
  if (token === undefined || (signature.kind !== 'der' && !looksLikeDer(token))) return undefined
  return certain('ES_SIGNATURE_DER', {
    evidence: [
      `The ${token.header?.alg} signature has ${token.signature.length} bytes and begins as an ASN.1 DER sequence: the signer passed on what its crypto library gave. A JWT carries R and S side by side, 64 bytes for ES256 (RFC 7518 section 3.4).`,
    ],
    fix: [
      "Convert the signature in the issuer (signer) from DER to raw R and S (IEEE P1363, concatenated): node:crypto `dsaEncoding: 'ieee-p1363'`, Java `SHA256withECDSAinP1363Format`, AWS KMS answers in DER and has to be converted.",
    ],
    explains: ['SIG_WRONG_KEY', 'TOKEN_TRUNCATED', 'TOKEN_NONCANONICAL'],
  })
}

const notForVerifying: Rule = ({ token, signature, audiences }) => {
  if (token?.header?.nonce === undefined || signature.kind === 'genuine') return undefined
  const { iss, aud } = token.claims ?? {}
  const graph =
    String(aud).includes('00000003-0000-0000-c000-000000000000') ||
    String(aud).includes('graph.microsoft.com') ||
    /sts\.windows\.net|microsoftonline/.test(String(iss))
  return found('TOKEN_NOT_FOR_VERIFYING', graph, {
    evidence: [
      `The header of the token has a \`nonce\`${graph ? ', and it is for Microsoft Graph' : ''}: the provider hashes it before signing, so nobody but the provider can check this signature. The token was made for the provider's own API, not for yours.`,
    ],
    settledBy: ['for which API the client asked for this token (its scope or resource)'],
    fix: [
      `Request (ask for) an access token for this API instead: in the client use the scope of your own API, such as \`api://<your-app-id>/.default\`${audiences.length > 0 ? `, with the audience ${audiences.join(', ')}` : ''}, not a Graph scope like User.Read alone.`,
    ],
    explains: [
      'SIG_WRONG_KEY',
      'AUD_WRONG_API',
      'KID_UNKNOWN',
      'ISS_OTHER_ENVIRONMENT',
      'ISS_ENTRA_V1_V2',
      'TOKEN_TYP_MISMATCH',
      'ALG_MISMATCH',
    ],
  })
}

/** The last change of keys or secrets that was recorded, and how a token lies to it. */
function keyChange(events: readonly EventLine[]): EventLine | undefined {
  return events.findLast(({ type }) =>
    /^(?:key|secret|signing_key|jwt_secret|keys)\.(?:rotated|replaced|changed|retired|revoked|removed|withdrawn|gone)|config\.(?:changed|reloaded)/.test(
      type ?? '',
    ),
  )
}

const rotatedHard: Rule = (facts) => {
  const { token, evidence, now, events, signature } = facts
  const kid = token?.header?.kid
  const iat = Number(token?.claims?.iat)
  const exp = Number(token?.claims?.exp)
  const row = evidence.store?.keys?.find((key) => key.kid === kid)
  const change = keyChange(events)
  const refusals = events.filter(
    ({ outcome, check }) => outcome === 'refused' && /signature|key|kid/.test(check ?? ''),
  )
  const passes = events.filter(
    ({ outcome, type, iat: issued }) => outcome === 'ok' && type === 'access.checked' && issued !== undefined,
  )
  const split =
    change !== undefined &&
    refusals.length > 0 &&
    refusals.every(
      (event) => event.time >= change.time && (event.iat === undefined || event.iat < change.time),
    ) &&
    refusals.some((event) => event.iat !== undefined) &&
    passes.every((event) => (event.iat ?? 0) >= change.time || event.time < change.time)
  const goneEarly = row?.phase === 'gone' && !(exp <= now)
  const byToken =
    change !== undefined &&
    iat < change.time &&
    !(exp <= now) &&
    (signature.kind === 'wrong' || (signature.kind === 'not_checked' && refusals.length > 0))
  if (!goneEarly && !split && !byToken) return undefined
  const when = change?.time ?? row?.since
  return certain('KEY_ROTATED_HARD', {
    evidence: [
      `The key that signed it was replaced${when === undefined ? '' : ` ${ago(when, now)}`} with no overlap: tokens issued before are still unexpired, and the verifier has only the new key (the old one is gone). ${split ? `${refusals.length} refusals, all of tokens from before the change.` : ''}`.trim(),
    ],
    fix: [
      'Rotate with an overlap: accept the old (previous) key beside the new one until the last token it signed has expired; sign with the new one only (`JWT_SECRET=new,old`, or keep the old public key in the key set).',
      'Put the old key back for verifying until then, unless it was replaced because it leaked; in that case people sign in again or refresh.',
    ],
    explains: ['SIG_WRONG_KEY', 'KID_UNKNOWN', 'ROLLOUT_MIXED', 'CONFIG_NOT_RELOADED'],
  })
}

const kids: Rule = (facts) => {
  const { token, config, signature, evidence, now } = facts
  const header = token?.header
  if (header === undefined || isHmac(header.alg) || token?.parts.length !== 3) return undefined
  const mine = config.key_cache?.keys ?? config.keys ?? []
  const theirs = evidence.jwks?.keys ?? []
  if (mine.length + theirs.length === 0) return undefined
  const { kid } = header
  if (kid === undefined) {
    const count = Math.max(mine.length, theirs.length)
    if (count < 2 || signature.kind === 'unsigned') return undefined
    return certain('KID_MISSING', {
      evidence: [
        `The header of the token names no key (\`kid\` is missing), and the key set holds ${count} keys: the verifier cannot tell which one to use.`,
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

const unknownInEvents: Rule = ({ events, now, evidence }) => {
  const refusals = events.filter(
    ({ outcome, check, kid }) => outcome === 'refused' && kid && /kid|key/.test(check ?? ''),
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

const unreachable: Rule = ({ exchanges, events, config }) => {
  const isKeySet = (path: string) =>
    /jwks|certs|openid-configuration|oauth-authorization-server|\/keys$/.test(path)
  const failed = exchanges.find((exchange) => {
    const status = exchange.response?.status
    const path = urlOf(requestOf(exchange))?.pathname ?? ''
    const isHtml = (header(exchange.response, 'content-type') ?? '').includes('html')
    return (
      isKeySet(path) && (status === undefined || status >= 400 || isHtml || (status >= 300 && status !== 304))
    )
  })
  const event = events.find(
    ({ type, detail, check, outcome }) =>
      outcome !== 'ok' &&
      /jwks|key.?set|keys?\.fetch|metadata|openid-configuration/i.test(`${type} ${check} ${detail}`) &&
      /unreach|timeout|timed out|enotfound|econn|eai_again|certificate|self.?signed|tls|dns|proxy|fetch|failed|refused|5\d\d|404|unable/i.test(
        `${detail} ${type}`,
      ),
  )
  const empty = config.key_cache !== undefined && config.key_cache.keys.length === 0
  if (failed === undefined && event === undefined && !empty) return undefined
  const url = urlOf(failed && requestOf(failed))
  const detail = event?.detail ?? ''
  const why = /certificate|self.?signed|tls|ssl/i.test(detail)
    ? 'the certificate is not trusted (missing CA)'
    : /enotfound|eai_again|dns/i.test(detail)
      ? 'the host name cannot be resolved (DNS)'
      : /timeout|timed out/i.test(detail)
        ? 'it does not answer in time (timeout)'
        : /econnrefused|refused/i.test(detail)
          ? 'the connection is refused'
          : failed?.response
            ? `it answers ${failed.response.status}`
            : 'there is no answer'
  return found('JWKS_UNREACHABLE', failed !== undefined || event !== undefined, {
    evidence: [
      `The key set (JWKS) of the issuer cannot be fetched${url ? ` from ${url.origin}${url.pathname}` : ''}: ${why}. Without it no signature can be checked.`,
    ],
    settledBy: ['the same request from the machine of the verifier: `curl -v` to the key set'],
    fix: [
      'Make the key set reachable from the machine (container) that verifies: check the URL of the JWKS, name resolution (DNS), outgoing proxy, firewall and certificate authority (`NODE_EXTRA_CA_CERTS`).',
      'Try it there: `curl -v ISSUER/.well-known/jwks.json`, or `npx countersign doctor url ISSUER`.',
    ],
    explains: ['KID_UNKNOWN', 'SIG_WRONG_KEY', 'DENYLIST_DOWN'],
  })
}

const wrongKey: Rule = ({ signature, token, config, now }) => {
  if (signature.kind !== 'wrong' || token === undefined) return undefined
  const { kid, alg } = token.header ?? {}
  const { iat } = token.claims ?? {}
  const mine = isHmac(alg)
    ? config.secret === undefined
      ? 'any secret of the issuer'
      : 'the secret'
    : 'any key at hand'
  const tried =
    isHmac(alg) && config.secret === undefined
      ? ''
      : ' Tried as well: the secret trimmed, without quotes, base64-decoded; the other keys; DER.'
  return certain('SIG_WRONG_KEY', {
    evidence: [
      `The signature does not verify with ${mine}${kid === undefined ? '' : ` (kid \`${clipped(kid)}\`)`}: the token was signed with another key or secret, or changed afterwards.${tried}${typeof iat === 'number' ? ` It claims to be issued ${ago(iat, now)}; its claims are not proven.` : ''}`,
    ],
    fix: [
      isHmac(alg)
        ? 'Give issuer and verifier the same secret: compare its length and fingerprint on both sides (`printf %s "$JWT_SECRET" | sha256sum | cut -c1-12`), set the same value on both, and restart.'
        : 'Compare the key of the issuer with that of the verifier: fetch the key set again (`curl ISSUER/.well-known/jwks.json`) and see that the verifier uses the keys of the same issuer.',
      'Then obtain a new token (sign in again): this one stays invalid.',
    ],
  })
}

const inEvents: Rule = ({ events, evidence, now }) => {
  if (evidence.tokens !== undefined || evidence.nodes !== undefined) return undefined
  const refused = events.filter(
    ({ outcome, check, alg }) => outcome === 'refused' && check === 'signature' && alg !== undefined,
  )
  const nodes = new Set(refused.map(({ node }) => node))
  const [first] = refused
  if (first === undefined || nodes.size > 1 || keyChange(events) !== undefined) return undefined
  return probable('SIG_WRONG_KEY', {
    evidence: [
      `${refused.length} refusals since ${ago(first.time, now)}: the signature does not fit the key of the verifier.`,
    ],
    settledBy: [
      'one such token together with the configuration of the verifier: `countersign doctor token`',
      'the configuration of every node, or its fingerprint',
    ],
    fix: [
      'Give issuer and verifier the same key or secret: compare the fingerprints on both sides, then get a new token.',
    ],
  })
}

/** What is wrong with the signature itself, or with the key that should check it. */
export const keyRules: readonly Rule[] = [
  none,
  confusion,
  published,
  fallback,
  pem,
  secretVariant,
  notForVerifying,
  der,
  unreachable,
  rotatedHard,
  mismatch,
  unknownInEvents,
  kids,
  wrongKey,
  inEvents,
]
