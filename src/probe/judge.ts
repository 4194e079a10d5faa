import type { Answer } from './send.ts'

/** What is wrong with an answer, worst first. */
export const FINDINGS = ['open', 'believed', 'crashed', 'shut', 'odd'] as const
export type FindingKind = (typeof FINDINGS)[number]

/** Undefined: the answer is what it should be. */
export type Judgement = { readonly kind: FindingKind; readonly why: string } | undefined

/** A stranger, without any credential, at a route that is not for anyone. */
export function judgeStranger(answer: Answer, undeclared = false): Judgement {
  const { status } = answer
  if (isSuccess(status)) return { kind: 'open', why: `${status}${errorInside(answer)}` }
  const lost = judgeFailure(answer)
  if (lost !== undefined) return lost
  if (status === 401) return judgeChallenge(answer)
  // A route without a word is refused to all, or is not there at all.
  if (undeclared && (status === 403 || status === 404)) return undefined
  if (status === 403) return odd('403, where 401 says that nobody was recognised')
  if (status >= 300 && status < 400) return odd(`${status} to another place, where 401 is due`)
  return odd(`${status}: something answered before the guard did`)
}

/** A stranger who writes the request in another way. What only a page for every path answers is for the caller. */
export function judgeVariant(answer: Answer, method: string): Judgement {
  if (method === 'OPTIONS' && isListOfMethods(answer)) return undefined
  if (isSuccess(answer.status)) return { kind: 'open', why: String(answer.status) }
  return answer.status === 501 || answer.status === 505 ? undefined : judgeFailure(answer)
}

/** A credential that must not be believed. `stranger` is what one without any was answered. */
export function judgeForged(answer: Answer, stranger: Answer): Judgement {
  const { status } = answer
  if (isSuccess(status)) return { kind: 'believed', why: String(status) }
  const lost = judgeFailure(answer)
  if (lost !== undefined) return lost
  if (status === 401) return judgeChallenge(answer)
  // What a header too long or not well formed is answered by the server itself (RFC 6750 section 3.1, RFC 6585).
  if (status === 400 || status === 431 || status === 413) return undefined
  // Already told of the stranger.
  if (status === stranger.status) return undefined
  if (status === 403) return { kind: 'believed', why: '403: it was believed, only a permission is missing' }
  if (status === 429) return undefined
  return { kind: 'believed', why: `${status}: it came past the guard` }
}

/** A genuine credential that lacks a permission. */
export function judgeLacking(answer: Answer): Judgement {
  const { status } = answer
  if (isSuccess(status)) return { kind: 'believed', why: String(status) }
  if (status === 403 || status === 429) return undefined
  if (status === 401) return odd('401, where 403 says that it is known who asks')
  return judgeFailure(answer) ?? { kind: 'believed', why: `${status}: it came past the guard` }
}

/** A good credential. Whether the handler likes the rest of the request is its own affair. */
export function judgeGood(answer: Answer): Judgement {
  if (answer.status === 401 || answer.status === 403) {
    return { kind: 'shut', why: `${answer.status}${reasonOf(answer)}` }
  }
  return judgeFailure(answer)
}

/** At a route for anyone. */
export function judgeAnyone(answer: Answer): Judgement {
  return judgeGood(answer)
}

function judgeFailure({ status, body }: Answer): Judgement {
  if (status === 0) return { kind: 'crashed', why: `no answer: ${body.slice(0, 80)}` }
  return status >= 500 ? { kind: 'crashed', why: String(status) } : undefined
}

/** RFC 9110 section 15.5.2: a 401 names a way to authenticate. */
function judgeChallenge({ headers }: Answer): Judgement {
  return headers['www-authenticate'] ? undefined : odd('401 without WWW-Authenticate')
}

function odd(why: string): Judgement {
  return { kind: 'odd', why }
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

/** What a server says of a path by itself: no body, or `GET, HEAD`. */
function isListOfMethods({ body }: Answer): boolean {
  return /^[A-Z,\s]*$/.test(body)
}

const ERROR_WORDS =
  /unauthori[sz]ed|unauthenticated|forbidden|denied|not (?:allowed|permitted|logged)|log ?in|token/i

/** Some APIs answer 200 and put the refusal into the body: for every client, cache and log that is a success. */
function errorInside({ body }: Answer): string {
  const text = /^\s*\{/.test(body) && ERROR_WORDS.test(body.slice(0, 2000))
  return text ? ', though its body reads like a refusal: clients and caches take it for a success' : ''
}

/** The client code that our own refusals carry, or the error of the challenge. */
function reasonOf({ body, headers }: Answer): string {
  const code = /"(?:code|error)"\s*:\s*"([\w-]{1,60})"/.exec(body)?.[1]
  const error = /\berror="([\w-]{1,60})"/.exec(headers['www-authenticate'] ?? '')?.[1]
  const reason = code ?? error
  return reason === undefined ? '' : ` ${reason}`
}

/** Whether two answers come from the same place, such as a page that answers every path. */
export function alike(one: Answer, other: Answer): boolean {
  const type = (answer: Answer) => (answer.headers['content-type'] ?? '').split(';')[0]
  if (one.status !== other.status || type(one) !== type(other)) return false
  if (one.body === other.body) return true
  const longer = Math.max(one.body.length, other.body.length)
  return type(one) === 'text/html' && Math.abs(one.body.length - other.body.length) <= longer / 10
}
