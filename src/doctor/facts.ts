import type {
  ClientSide,
  EventLine,
  Evidence,
  Exchange,
  HttpRequest,
  Jwk,
  ServiceConfig,
  StoredSession,
  StoredUser,
} from './evidence.ts'
import { header, isAccepted, isRefused, urlOf } from './http-facts.ts'
import { type PastedToken, readPasted } from './pasted-token.ts'
import { judgeSignature, type SignatureVerdict } from './signature-verdict.ts'

/** The evidence, read once for all rules. */
export interface Facts {
  readonly evidence: Evidence
  /** Unix seconds by the doctor's own clock, or the moment it was told. */
  readonly now: number
  readonly config: ServiceConfig
  readonly hasConfig: boolean
  readonly audiences: readonly string[]
  readonly skewSeconds: number
  /** The token in question: pasted, or else carried by the request. */
  readonly token: PastedToken | undefined
  /** The call the token was meant for, or carried. */
  readonly request: { readonly method: string; readonly path: string } | undefined
  /** Whether an answer, or an event, shows that the token was let in. */
  readonly wasAccepted: boolean
  readonly signature: SignatureVerdict
  readonly exchanges: readonly Exchange[]
  /** The call that is asked about: the first that was refused, else the last. */
  readonly exchange: Exchange | undefined
  readonly events: readonly EventLine[]
  /** Public keys at hand: of the verifier, of the issuer. */
  readonly keys: readonly Jwk[]
  readonly user: StoredUser | undefined
  readonly session: StoredSession | undefined
  readonly client: ClientSide
  /** Source of the client, all files as one text. */
  readonly code: string
}

const NO_CONFIG: ServiceConfig = {}

export function readFacts(evidence: Evidence, now: number): Facts {
  const config = evidence.config ?? NO_CONFIG
  const exchanges = evidence.exchanges ?? []
  const exchange = exchangeInQuestion(exchanges)
  const given = evidence.tokens?.[0]
  const text = given?.text ?? carriedBy(exchanges, exchange)
  const token = text === undefined ? undefined : readPasted(text)
  const keys = [...(config.keys ?? []), ...(config.key_cache?.keys ?? []), ...(evidence.jwks?.keys ?? [])]
  const claims = token?.claims ?? {}
  return {
    evidence,
    now,
    config,
    hasConfig: evidence.config !== undefined,
    audiences: listOf(config.audience),
    skewSeconds: config.skew_s ?? 0,
    token,
    request: given?.request ?? targetOf(exchange),
    wasAccepted: token !== undefined && acceptanceOf(exchanges, token, evidence.events ?? []),
    signature: judgeSignature(token, evidence),
    exchanges,
    exchange,
    events: evidence.events ?? [],
    keys,
    user: evidence.store?.users?.find(({ id }) => id === claims.sub),
    session: evidence.store?.sessions?.find(({ id }) => id === claims.sid),
    client: evidence.client ?? {},
    code: (evidence.client?.code ?? []).map(({ text: source }) => source).join('\n'),
  }
}

export function listOf<Value>(value: Value | readonly Value[] | undefined): readonly Value[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value as Value]
}

/** The call that is asked about. */
export function exchangeInQuestion(exchanges: readonly Exchange[]): Exchange | undefined {
  return exchanges.find(isAnsweredNo) ?? exchanges.find(isRefused) ?? exchanges.at(-1)
}

/** Refused for another reason than that there is nothing: a page that loads misses an icon before it is refused a call. */
function isAnsweredNo(exchange: Exchange): boolean {
  return isRefused(exchange) && exchange.response?.status !== 404
}

/** The token in the Authorization header of the call in question, as it was read, or else as it was sent. */
function carriedBy(exchanges: readonly Exchange[], asked: Exchange | undefined): string | undefined {
  const calls = asked === undefined ? exchanges : [asked, ...exchanges]
  for (const { as_received, as_sent } of calls) {
    const value = header(as_received, 'authorization') ?? header(as_sent, 'authorization')
    if (value !== undefined && /eyJ|^\s*bearer\s+\S/i.test(value) && !/^basic /i.test(value)) return value
  }
  return undefined
}

function targetOf(exchange: Exchange | undefined) {
  const request: HttpRequest | undefined = exchange?.as_received ?? exchange?.as_sent
  const url = urlOf(request)
  return request === undefined || url === undefined
    ? undefined
    : { method: request.method, path: url.pathname }
}

/** Whether an answer shows that a service took the token: 2xx to a call that carried it, or an event that says so. */
function acceptanceOf(
  exchanges: readonly Exchange[],
  token: PastedToken,
  events: readonly EventLine[],
): boolean {
  const carries = (request: HttpRequest | undefined): boolean =>
    request?.headers.some(([, value]) => value.includes(token.text)) ?? false
  const byAnswer = exchanges.some(
    (exchange) => isAccepted(exchange) && (carries(exchange.as_received) || carries(exchange.as_sent)),
  )
  const { jti } = token.claims ?? {}
  return (
    byAnswer ||
    events.some(
      (event) =>
        event.type === 'access.checked' && event.outcome === 'ok' && jti !== undefined && event.jti === jti,
    )
  )
}

/** Nothing at hand says that the token itself is bad. */
export function isGood({ signature, token, now }: Facts): boolean {
  const exp = token?.claims?.exp
  return (
    (signature.kind === 'genuine' || signature.kind === 'not_checked') &&
    (typeof exp !== 'number' || exp > now)
  )
}
