import { certain, found } from '../../finding.ts'
import { wordsOf } from '../../http-facts.ts'
import type { Rule } from '../../rule.ts'
import { isGuessable, isHmac } from '../../signature-trial.ts'

const NEW_SECRET =
  'Replace the secret now (at once): make a new one with `npx countersign secret`, set it in the environment of issuer and verifier, and rotate: every token signed with the old one is void.'

export const published: Rule = ({ signature, config, token, wasAccepted }) => {
  // Beside public keys it is a secret for something else.
  const signs =
    token?.header === undefined ? (config.algorithms?.some(isHmac) ?? true) : isHmac(token.header.alg)
  const own =
    signs && config.secret !== undefined && config.secret.trim() !== '' && isGuessable(config.secret)
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

/** A setting that is read from the environment, and the literal that stands in for it. */
const DEFAULTED =
  /(?:process\.env\.|os\.(?:environ\.get|getenv)\(\s*["']|getenv\(\s*["']|env\(["'])(\w+)["']?\)?\s*(?:\|\||\?\?|or|,|\?:)\s*["'`]([^"'`]+)["'`]/g

/** Not `JWT_EXPIRES_IN` or `API_KEY_HEADER`, which are no secrets. */
function namesSecret(name: string): boolean {
  return (
    /secret|key(?:$|_)|(?:^|_)jwt$/i.test(name) &&
    !/header|name|cookie|file|path|url|ur[il]$|_id$|kid|alg|expir|ttl/i.test(name)
  )
}

export const fallback: Rule = ({ config, code, evidence, signature }) => {
  const written = [...code.matchAll(DEFAULTED)].find(([, name = '']) => namesSecret(name)) ?? null
  const nodes = evidence.nodes?.filter(({ config: own }) => own.secret_source === 'literal') ?? []
  const literal = config.secret_source === 'literal' || nodes.length > 0
  if (!literal && written === null) return undefined
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

export const pem: Rule = ({ config, client, evidence }) => {
  const texts = [
    config.secret,
    ...valuesOf(config.verifier?.options),
    ...valuesOf(client.settings),
    ...(evidence.nodes ?? []).map(({ config: own }) => own.secret),
  ]
  const text = texts.find((value) => typeof value === 'string' && value.includes('-----BEGIN'))
  const event = evidence.events?.find(
    ({ detail, outcome }) =>
      outcome !== 'ok' &&
      /\bpem\b|asn1|decoder routines|no start line|unsupported.*key|must be an asymmetric key|could not (?:parse|deserialize).*key/i.test(
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

export const secretVariant: Rule = ({ signature, config }) => {
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
