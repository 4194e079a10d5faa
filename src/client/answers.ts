import { ClientError, type ClientErrorFacts } from './client-error.ts'
import type { TokenAnswer } from './token-record.ts'

/** What came back from the issuer, as plain values. */
export interface Heard {
  /** 0 where nothing came, or nothing in time. */
  readonly status: number
  /** Answered with a redirect, which is not followed: it would carry a refresh token to somebody else. */
  readonly redirected?: boolean
  /** The parsed JSON object; undefined if it was none. */
  readonly body?: Readonly<Record<string, unknown>> | undefined
  readonly retryAfter?: string | null
}

/** What it means for the session. Only `ended` takes anybody's tokens away. */
export type Meaning =
  | { readonly kind: 'tokens'; readonly tokens: TokenAnswer }
  | { readonly kind: 'ended'; readonly error: ClientError }
  /** To be asked again in so many seconds, as we were told. */
  | { readonly kind: 'wait'; readonly seconds: number; readonly error: ClientError }
  /** Lost on the way, or said by somebody in between: the same request again. */
  | { readonly kind: 'unclear'; readonly error: ClientError }
  /** Asking again does not help: a setting is wrong here or there. */
  | { readonly kind: 'refused'; readonly error: ClientError }

/** What an answer of the token endpoint means. */
export function meaningOf(heard: Heard): Meaning {
  const { status, redirected, body } = heard
  const seen = (code: string, message: string) => new ClientError(message, { code, status })
  if (redirected) {
    const message =
      'The issuer answered with a redirect, which was not followed. Is `issuer` its own address?'
    return { kind: 'refused', error: seen('HDR_DROPPED_ON_REDIRECT', message) }
  }
  if (status === 0) {
    const message = 'No whole answer came from the issuer in time.'
    return { kind: 'unclear', error: seen('REFRESH_LOST_RESPONSE', message) }
  }
  if (status < 300) {
    if (isTokenAnswer(body)) return { kind: 'tokens', tokens: body }
    const message = 'What came from the address of the issuer is no answer of an issuer.'
    return { kind: 'unclear', error: seen('DOCS_TOKEN_RESPONSE_SHAPE', message) }
  }
  const error = refusalOf(heard)
  if (status === 429 || status === 503) {
    const seconds = error.retryAfterSeconds
    return seconds === undefined ? { kind: 'unclear', error } : { kind: 'wait', seconds, error }
  }
  if (status >= 500 || error.clientCode === undefined) return { kind: 'unclear', error }
  return { kind: error.clientCode === 'invalid_grant' ? 'ended' : 'refused', error }
}

/** The same as an error, where something else than tokens was asked for. */
export function failureOf(heard: Heard): ClientError {
  const meaning = meaningOf(heard)
  return meaning.kind === 'tokens' ? refusalOf(heard) : meaning.error
}

/** A refusal in the words of the server: those of RFC 6749 section 5.2 or of a problem document (RFC 9457). */
export function refusalOf({ status, body, retryAfter }: Heard): ClientError {
  const { error, error_description, detail, code, reference, cause, challenge_token } = body ?? {}
  const facts: ClientErrorFacts = {
    code: textOf(cause) ?? 'UNDECIDED',
    clientCode: textOf(code) ?? textOf(error),
    reference: textOf(reference),
    status,
    retryAfterSeconds: secondsOf(retryAfter),
    challenge: textOf(challenge_token),
  }
  return new ClientError(textOf(detail) ?? textOf(error_description) ?? `Answered with ${status}.`, facts)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Retry-After in seconds (RFC 9110 section 10.2.3); a date is nothing a clock of ours should be asked about. */
function secondsOf(value: string | null | undefined): number | undefined {
  return /^\d{1,6}$/.test(value ?? '') ? Number(value) : undefined
}

function isTokenAnswer(body: unknown): body is TokenAnswer {
  const { access_token, expires_in, refresh_token } = (body ?? {}) as Record<string, unknown>
  const isRefreshable = refresh_token === undefined || typeof refresh_token === 'string'
  return (
    typeof access_token === 'string' && isRefreshable && Number.isFinite(expires_in) && Number(expires_in) > 0
  )
}

/** A parameter of a challenge (RFC 9110 section 11.2). */
export function parameterOf(challenge: string | null, name: string): string | undefined {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(challenge ?? '')?.[1]
}

export interface Refused {
  readonly status: number
  /** `code` of the problem document. */
  readonly code: unknown
  readonly challenge: string | null
  /** Whether our own clock thinks that the token has ended. */
  readonly overdue: boolean
}

/**
 * Whether an API refused a token because its time was up: the one refusal after which a request is sent again. An API
 * with bodies of its own is believed if it says `invalid_token` of a token that we too take for expired.
 */
export function isExpired({ status, code, challenge, overdue }: Refused): boolean {
  if (status !== 401) return false
  if (typeof code === 'string') return code === 'token_expired'
  return overdue && parameterOf(challenge, 'error') === 'invalid_token'
}
