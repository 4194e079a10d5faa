import { equalTexts } from '../../base/constant-time.ts'
import type { Exchange, ServiceConfig } from '../evidence.ts'
import { certain, found } from '../finding.ts'
import { errorOf, fieldsOf, header, isAccepted, isRefused, requestOf, urlOf, wordsOf } from '../http-facts.ts'
import { readPasted } from '../pasted-token.ts'
import type { Rule } from '../rule.ts'

const isClientEndpoint = (path: string): boolean => /token|introspect|revoke|oauth|par$/.test(path)

function basicOf(value: string | undefined): string | undefined {
  const encoded = /^Basic\s+(\S*)$/i.exec(value ?? '')?.[1]
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8')
}

const emptyBasic: Rule = ({ exchanges }) => {
  for (const exchange of exchanges) {
    const request = exchange.as_sent ?? exchange.as_received
    const decoded = basicOf(header(request, 'authorization'))
    if (decoded === undefined || isAccepted(exchange)) continue
    const colon = decoded.indexOf(':')
    const [id, secret] = [decoded.slice(0, Math.max(0, colon)), decoded.slice(colon + 1)]
    if (
      !(colon === -1 || /^(?:|null|undefined|none|nil)$/i.test(secret) || /^(?:|null|undefined)$/i.test(id))
    )
      continue
    if (!isClientEndpoint(urlOf(request)?.pathname ?? '') && fieldsOf(request).get('client_id') === undefined)
      continue
    return certain('CLIENT_EMPTY_BASIC', {
      evidence: [
        `A Basic header was sent whose ${id === '' ? 'id and secret are' : 'secret is'} empty${/null|undefined/.test(secret) ? ` (the word \`${secret}\`)` : ''}: the client is a public one without a secret, and its library authenticates it all the same.`,
      ],
      fix: [
        'Send no Authorization header from a public client: switch client authentication off in the library (`token_endpoint_auth_method: none`), and send `client_id` as a form field (in the body), with PKCE.',
      ],
      explains: [
        'CLIENT_AUTH_METHOD',
        'CLIENT_SECRET_ENCODING',
        'HDR_SCHEME_MISMATCH',
        'BASIC_BEARER_COLLISION',
      ],
    })
  }
  return undefined
}

const secretEncoding: Rule = ({ exchanges, client, evidence }) => {
  const known = client.settings?.client_secret ?? client.settings?.clientSecret
  for (const exchange of exchanges) {
    const request = exchange.as_sent ?? exchange.as_received
    const decoded = basicOf(header(request, 'authorization'))
    const path = urlOf(request)?.pathname ?? ''
    if (decoded === undefined || !isClientEndpoint(path) || !decoded.includes(':')) continue
    if (exchange.response !== undefined && !isRefused(exchange)) continue
    const id = decoded.slice(0, decoded.indexOf(':'))
    const secret = decoded.slice(decoded.indexOf(':') + 1)
    const method = client.registration?.token_endpoint_auth_method
    if (method !== undefined && method !== 'client_secret_basic') continue
    const doubly = /%25[0-9a-f]{2}/i.test(secret)
    const raw = /[^\w.*%+~-]|\+|%(?![0-9a-f]{2})/i.test(secret) || /[:/@+ ]/.test(id)
    const encodedOnce =
      typeof known === 'string' &&
      (equalTexts(secret, encodeURIComponent(known)) ||
        equalTexts(secret, new URLSearchParams({ x: known }).toString().slice(2)))
    const differs = typeof known === 'string' && !encodedOnce
    if (!doubly && !raw) continue
    if (typeof known === 'string' && encodedOnce && /^[\w.*~-]+$/.test(known)) continue
    return found(
      'CLIENT_SECRET_ENCODING',
      doubly || differs || /[%+ ]/.test(secret) || evidence.client !== undefined,
      {
        evidence: [
          `The client secret in the Basic header contains special characters that were ${doubly ? 'form-encoded twice (double, `%25…`)' : 'not form-encoded (percent-encoded)'} before they were joined by a colon and put into base64: the server decodes them to another secret.`,
        ],
        settledBy: ['whether a secret of letters and digits works'],
        fix: [
          `Form-encode (URL-encode) the client id and the secret each ${doubly ? 'exactly once' : 'once'}, then join them with a colon and encode in base64 (RFC 6749 section 2.3.1): \`btoa(encodeURIComponent(id) + ":" + encodeURIComponent(secret))\`.`,
          'Or use a client secret of letters, digits, `-` and `_` only, which needs no encoding.',
        ],
        explains: ['CLIENT_AUTH_METHOD', 'HDR_SCHEME_MISMATCH'],
      },
    )
  }
  return undefined
}

const NAMES: Readonly<Record<string, string>> = {
  client_secret_basic: 'HTTP Basic (the Authorization header)',
  client_secret_post: 'form fields (client_id and client_secret in the body)',
  private_key_jwt: 'a signed assertion',
  none: 'no secret at all (a public client)',
}

const method: Rule = ({ exchanges, client }) => {
  const registered = client.registration?.token_endpoint_auth_method
  for (const exchange of exchanges) {
    const request = exchange.as_sent ?? exchange.as_received
    const path = urlOf(request)?.pathname ?? ''
    if (request?.method !== 'POST' || !isClientEndpoint(path) || !isRefused(exchange)) continue
    const basic = basicOf(header(request, 'authorization')) !== undefined
    const fields = fieldsOf(request)
    const post = fields.has('client_secret')
    const assertion = fields.has('client_assertion')
    if (
      !basic &&
      !post &&
      !assertion &&
      registered !== 'client_secret_basic' &&
      registered !== 'client_secret_post'
    )
      continue
    const used = assertion
      ? 'private_key_jwt'
      : basic
        ? 'client_secret_basic'
        : post
          ? 'client_secret_post'
          : 'none'
    const both = basic && post
    const code = errorOf(exchange.response)
    const wantsBasic = /^basic/i.test(header(exchange.response, 'www-authenticate') ?? '')
    if (!both && registered === used) continue
    // The client got through: what is refused is what it asked for.
    if (/^(?:invalid_grant|invalid_scope|unsupported_grant_type)$/.test(code ?? '')) continue
    if (!both && registered === undefined && !(code === 'invalid_client' || (post && wantsBasic))) continue
    if (fields.get('grant_type') === undefined && registered === undefined) continue
    const wanted = registered ?? (post ? 'client_secret_basic' : 'client_secret_post')
    return found('CLIENT_AUTH_METHOD', registered !== undefined || both, {
      evidence: [
        both
          ? 'The client sends its secret in two ways at once, in the Basic header and in the body: one request may use one method.'
          : `The client authenticates by ${NAMES[used] ?? used}${registered ? `, and is registered for ${NAMES[registered] ?? registered} (\`${registered}\`)` : `, and the server answers ${code ?? exchange.response?.status}${wantsBasic ? ' with a Basic challenge' : ''}`}.`,
      ],
      settledBy: ['the `token_endpoint_auth_method` that the client is registered for'],
      fix: [
        `Use one method on both sides: let the client send its secret by ${NAMES[wanted] ?? wanted} (\`token_endpoint_auth_method: ${wanted}\` in the library), or register \`${used}\` for it at the issuer.`,
      ],
      explains: ['HDR_SCHEME_MISMATCH', 'HDR_MISSING', 'CLIENT_SECRET_ENCODING'],
    })
  }
  return undefined
}

const dpopProxy: Rule = ({ exchanges, config }) => {
  for (const exchange of exchanges) {
    const received = exchange.as_received
    const proof = header(received ?? exchange.as_sent, 'dpop')
    if (proof === undefined || !isRefused(exchange)) continue
    // Of what a server asks for anew, or says of the token, the proof is not the reason.
    if (/^(?:use_dpop_nonce|invalid_token|insufficient_scope)$/.test(errorOf(exchange.response) ?? ''))
      continue
    const { htu } = readPasted(proof).claims ?? {}
    const seen = urlOf(
      received && {
        ...received,
        headers: received.headers.filter(([name]) => name.toLowerCase() !== 'x-forwarded-proto'),
      },
    )
    const outside = exchange.as_sent === undefined ? undefined : URL.parse(exchange.as_sent.url)
    const signed = typeof htu === 'string' ? URL.parse(htu) : null
    if (signed === null) continue
    const host = header(received, 'host')
    const forwarded = header(received, 'x-forwarded-proto') ?? header(received, 'x-forwarded-host')
    const sameOutside =
      outside !== null &&
      outside !== undefined &&
      outside.origin === signed.origin &&
      outside.pathname === signed.pathname
    const isPublic = config.public_url !== undefined && htu?.toString().startsWith(config.public_url)
    const differs =
      host !== undefined &&
      (signed.host !== host || forwarded !== undefined || seen?.pathname !== signed.pathname)
    if (!differs && !sameOutside) continue
    return found(
      'DPOP_HTU_PROXY',
      sameOutside || isPublic === true || (host !== undefined && signed.host !== host),
      {
        evidence: [
          `The DPoP proof is for \`htu\` ${signed.origin}${signed.pathname}${sameOutside ? ', just the URL that the client called' : ''}; behind the proxy the service sees ${host === undefined ? 'another URL' : `host ${host}, path ${seen?.pathname}`} and compares the proof with that.`,
        ],
        settledBy: ['the public URL of the service, as clients call it'],
        fix: [
          `Let the service compare \`htu\` with its public URL: set it (\`ISSUER\`, \`PUBLIC_URL=${signed.origin}\`), or trust the proxy so that X-Forwarded-Proto and -Host count (\`TRUSTED_PROXIES=1\`).`,
          'The proof stays as the client makes it: scheme, host and path as seen from outside.',
        ],
        explains: ['DPOP_TOKEN_AS_BEARER', 'HDR_SCHEME_MISMATCH'],
      },
    )
  }
  return undefined
}

const boundAsBearer: Rule = ({ token, exchange, wasAccepted }) => {
  const cnf = token?.claims?.cnf as Readonly<Record<string, unknown>> | undefined
  if (cnf === undefined || cnf === null) return undefined
  const request = exchange && requestOf(exchange)
  const proof = header(request, 'dpop')
  const scheme = /^(\w+)\s/.exec(header(request, 'authorization') ?? '')?.[1]
  if (proof !== undefined && /^dpop$/i.test(scheme ?? '')) return undefined
  const isDpop = cnf.jkt !== undefined
  // A certificate is shown below HTTP, where no record of headers has it.
  if (!isDpop && wasAccepted) return undefined
  return found('DPOP_TOKEN_AS_BEARER', exchange !== undefined && isDpop, {
    settledBy: [
      'the request that carried it: its scheme, and the DPoP header or the client certificate beside it',
    ],
    evidence: [
      `The token is bound to a key (\`cnf.${Object.keys(cnf)[0] ?? 'jkt'}\`), ${exchange === undefined ? 'which a plain Bearer request does not prove' : 'and was sent as a plain Bearer token without a proof of possession'}.${wasAccepted ? ' The service accepted it: whoever steals such a token can use it.' : ' A stolen token looks just the same.'}`,
    ],
    fix: [
      isDpop
        ? 'Send it with the scheme DPoP and a proof for each request: `Authorization: DPoP <token>` and a `DPoP` header signed by the key that the token is bound to (RFC 9449 section 7).'
        : 'Send it over the mutual-TLS connection whose certificate it is bound to (RFC 8705).',
      ...(wasAccepted ? ['Let the API refuse bound tokens that come without their proof.'] : []),
    ],
    explains: ['HDR_SCHEME_MISMATCH'],
  })
}

/** Where a key for tests belongs. */
function isTestPlace({ environment = '' }: ServiceConfig, call: Exchange | undefined): boolean {
  const host = urlOf(call && requestOf(call))?.hostname ?? ''
  return (
    /test|dev|sandbox|stag|local/i.test(environment) ||
    /(?:^|[.-])(?:test|dev|sandbox|staging|localhost)[.-]/i.test(`${host}.`.replace(/\.test\.$/, '.'))
  )
}

const apiKey: Rule = ({ exchanges, config, events }) => {
  const event = events.find(
    ({ outcome, credential, check }) =>
      outcome === 'refused' && credential === 'api_key' && !/scope|rate|expired/.test(check ?? ''),
  )
  const name = config.api_key_header ?? 'x-api-key'
  const call = exchanges.find(
    (one) =>
      isRefused(one) &&
      [401, 403].includes(one.response?.status ?? 0) &&
      header(requestOf(one), name) !== undefined &&
      header(requestOf(one), 'authorization') === undefined &&
      !(
        one.response?.status === 403 &&
        /scope|permission|role|quota|plan|not allowed/.test(wordsOf(one.response))
      ),
  )
  if (event === undefined && call === undefined) return undefined
  const [sent, arrived] = [header(call?.as_sent, name), header(call?.as_received, name)]
  const cut = sent !== undefined && arrived !== undefined && sent !== arrived
  const value = arrived ?? sent ?? ''
  const testKey = /(?:^|_)(?:test|dev|sandbox|staging)_/.test(value) && !isTestPlace(config, call)
  const said = /unknown|invalid|not found|no such|revoked|api.?key/.test(wordsOf(call?.response))
  return found('API_KEY_UNKNOWN', event !== undefined || cut || said || testKey, {
    evidence: [
      `The API key that was presented${event?.credential_fp ? ` (fingerprint ${event.credential_fp})` : ''} is not known here${cut ? ': it was changed (cut) on the way' : testKey ? ': by its prefix it belongs to a test environment' : ': mistyped, truncated, of another environment, or replaced (rotated, revoked)'}${value !== '' && !cut ? `. It has ${value.length} characters` : ''}.`,
    ],
    settledBy: ['the list of keys: `countersign api-keys list`'],
    fix: [
      'Compare the first characters and the length of the key with the list of keys (`countersign api-keys list`): copy the whole key again, or create (issue) a new key for this environment and replace it in the client.',
    ],
    explains: ['HDR_MISSING', 'HDR_WRONG_LOCATION', 'STATUS_SWAPPED'],
  })
}

export const clientRules: readonly Rule[] = [
  dpopProxy,
  boundAsBearer,
  emptyBasic,
  secretEncoding,
  method,
  apiKey,
]
