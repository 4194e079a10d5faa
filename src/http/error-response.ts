import type { Random } from '../base/random.ts'
import { type Answer, answerAtOAuthEndpoint, answerAtRoute } from '../errors/answer.ts'
import { basicChallenge, type ChallengeOptions, challengeFor } from '../errors/challenge.ts'
import { type Cause, catalogue } from '../errors/codes.ts'
import type { FieldProblem, Refusal, RefusalDetails } from '../errors/refusal.ts'
import { RefusalAnswer } from '../errors/refusal-answer.ts'
import { apiHeaders, type HeaderValues, noStore } from './headers.ts'
import { REASON_PHRASES } from './reason-phrases.ts'

/**
 * What an application that writes its own bodies is given; `cause` and `details` are not meant for clients.
 */
export interface RefusalView {
  readonly cause: Cause
  readonly details: RefusalDetails
  readonly status: number
  readonly code: Answer['clientCode']
  readonly title: string
  readonly detail: string
  readonly reference: string
  readonly errors?: readonly FieldProblem[]
}

/**
 * Writes the body of a refusal; status, challenge and headers stay ours. It must answer a plain object, at
 * once.
 */
export type RenderRefusal = (refusal: RefusalView) => Readonly<Record<string, unknown>>

interface ResponseOptions {
  /**
   * The same in the answer, the log and the event, so that the operator finds the cause. See
   * `newReference`.
   */
  readonly reference: string
  /** Whether the issuer is served over https. */
  readonly https?: boolean | undefined
  /**
   * Adds cause, hint and details to the body. For development only: it tells clients apart what must look
   * alike.
   */
  readonly detailsInAnswer?: boolean | undefined
}

export interface ProblemOptions extends ResponseOptions, ChallengeOptions {
  /** Path of the request, without its query, which may hold secrets. */
  readonly instance?: string | undefined
  /** Address of the page that explains the client codes; each has an anchor there. */
  readonly docs?: string | undefined
  readonly renderRefusal?: RenderRefusal | undefined
  /** Told when `renderRefusal` failed and the standard body was sent instead. */
  readonly onRenderFailure?: ((error: unknown) => void) | undefined
}

export interface OAuthErrorOptions extends ResponseOptions {
  readonly realm?: string | undefined
}

/**
 * A reference for one refusal: 96 random bits, in letters and digits that are selected by one double click. Never
 * throws, for whatever is broken, a request gets an answer.
 */
export function newReference(random: Random): string {
  try {
    return Buffer.from(random(12)).toString('hex')
  } catch {
    return 'none'
  }
}

/** The answer of a checked route: problem JSON (RFC 9457) with the challenge of RFC 6750 where one is due. */
export function problemAnswer(refusal: Refusal, options: ProblemOptions): RefusalAnswer {
  const answer = answerAtRoute(refusal)
  const standard = {
    type: options.docs ? `${options.docs}#${answer.clientCode}` : 'about:blank',
    title: options.docs ? answer.title : (REASON_PHRASES[answer.status] ?? answer.title),
    status: answer.status,
    detail: answer.sentence,
    ...(options.instance !== undefined && { instance: options.instance }),
    code: answer.clientCode,
    reference: options.reference,
    ...problems(refusal),
    ...continuationOf(refusal),
    ...(options.detailsInAnswer && insight(refusal)),
  }
  const challenge = challengeFor(refusal, options)
  const headers = {
    ...answerHeaders(refusal, answer, options.https),
    'Content-Type': 'application/problem+json',
    ...(challenge && { 'WWW-Authenticate': challenge }),
  }
  const body = renderedBody(refusal, answer, options) ?? JSON.stringify(standard)
  return new RefusalAnswer(answer.status, headers, body)
}

/**
 * The answer of an OAuth endpoint: RFC 6749 section 5.2, with the reference and the field problems as extra
 * members.
 */
export function oauthErrorAnswer(refusal: Refusal, options: OAuthErrorOptions): RefusalAnswer {
  const answer = answerAtOAuthEndpoint(refusal)
  const body = {
    error: answer.clientCode,
    error_description: answer.sentence,
    reference: options.reference,
    ...problems(refusal),
    ...continuationOf(refusal),
    ...(options.detailsInAnswer && insight(refusal)),
  }
  const headers = {
    ...answerHeaders(refusal, answer, options.https),
    'Content-Type': 'application/json',
    // A 401 carries a challenge (RFC 9110 section 15.5.2); Basic is the one scheme that clients have here.
    ...(answer.status === 401 && { 'WWW-Authenticate': basicChallenge(options.realm) }),
  }
  return new RefusalAnswer(answer.status, headers, JSON.stringify(body))
}

function problems({ fields }: Refusal): { errors?: readonly FieldProblem[] } {
  return fields?.length ? { errors: fields.map(({ field, message }) => ({ field, message })) } : {}
}

function continuationOf({ continuation }: Refusal): Record<string, unknown> {
  if (continuation === undefined) return {}
  const { challenge, expiresInSeconds, methods } = continuation
  return { challenge_token: challenge, expires_in: expiresInSeconds, methods }
}

function insight(refusal: Refusal): Record<string, unknown> {
  return { cause: refusal.code, hint: catalogue[refusal.code].hint, details: refusal.details }
}

function answerHeaders(refusal: Refusal, { status }: Answer, https = false): HeaderValues {
  return {
    ...apiHeaders({ https }),
    ...noStore,
    ...((status === 503 || status === 429) && {
      'Retry-After': String(Math.max(1, Math.ceil(refusal.retryAfterSeconds ?? 1))),
    }),
    ...refusal.headers,
    ...(status === 405 && { Allow: (refusal.allow ?? []).join(', ') }),
  }
}

/**
 * The application's own body, or undefined: it wrote none, failed, or answered something that is not an
 * object.
 */
function renderedBody(refusal: Refusal, answer: Answer, options: ProblemOptions): string | undefined {
  if (!options.renderRefusal) return undefined
  try {
    const body: unknown = options.renderRefusal({
      cause: refusal.code,
      details: refusal.details,
      status: answer.status,
      code: answer.clientCode,
      title: answer.title,
      detail: answer.sentence,
      reference: options.reference,
      ...problems(refusal),
    })
    // A promise comes too late, and one that fails later must not take the process with it.
    if (body instanceof Promise) body.catch(() => undefined)
    const text = body instanceof Promise ? undefined : JSON.stringify(body)
    if (!text?.startsWith('{')) throw new TypeError('renderRefusal has to answer an object, and at once')
    // Without its challenge a sign-in could not go on.
    return refusal.continuation ? JSON.stringify({ ...JSON.parse(text), ...continuationOf(refusal) }) : text
  } catch (error) {
    options.onRenderFailure?.(error)
    return undefined
  }
}
