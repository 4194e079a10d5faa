import { answerAtOAuthEndpoint, answerAtRoute } from '../errors/answer.ts'
import { clientCodes } from '../errors/client-codes.ts'
import { type Cause, catalogue } from '../errors/codes.ts'
import { Refusal } from '../errors/refusal.ts'
import type { HttpResponse } from './evidence.ts'
import type { Facts } from './facts.ts'
import { type Finding, found } from './finding.ts'
import { fieldsOf } from './http-facts.ts'
import { clipped } from './words.ts'

/** What an answer of Countersign says of its refusal, whatever service of it has given it. */
export interface OwnAnswer {
  readonly status: number
  /** The lower-case code: `code` of a problem document, `error` of an OAuth answer. */
  readonly clientCode: string
  /** What the event of the refusal is found by. */
  readonly reference: string
  /** In development the answer names the cause itself. */
  readonly cause: Cause | undefined
  /** What development tells besides; as text. */
  readonly details: readonly string[]
}

const REFERENCE = /^[\da-f]{24}$/
const MOST_DETAILS = 8

/** Undefined for an answer that is none of ours: without a reference of our form and a code of our list. */
export function readOwnAnswer(response: HttpResponse | undefined): OwnAnswer | undefined {
  if (response === undefined || response.status < 400) return undefined
  const fields = fieldsOf(response)
  const reference = fields.get('reference') ?? ''
  const clientCode = fields.get('code') ?? fields.get('error') ?? ''
  if (!REFERENCE.test(reference) || !Object.hasOwn(clientCodes, clientCode)) return undefined
  const cause = fields.get('cause') ?? ''
  return {
    status: response.status,
    clientCode,
    reference,
    cause: Object.hasOwn(catalogue, cause) ? (cause as Cause) : undefined,
    details: detailsIn(fields.get('details')),
  }
}

function detailsIn(text = '{}'): readonly string[] {
  try {
    const entries = Object.entries(JSON.parse(text) as object).slice(0, MOST_DETAILS)
    return entries.map(([name, value]) => `${clipped(name, 40)}: ${clipped(value)}`)
  } catch {
    return []
  }
}

/** What such a refusal usually is, of the causes that one code keeps together. */
const USUALLY: Readonly<Record<string, Cause>> = {
  token_expired: 'TOKEN_EXPIRED',
  too_many_requests: 'RATE_LIMITED',
  reauthentication_required: 'REAUTHENTICATION_REQUIRED',
}

/**
 * The cause as the service itself told it: by name, or by a code and a status that belong to one cause alone. For where no
 * rule has found anything that is sure.
 */
export function causeInAnswer({ exchange }: Facts): Finding | undefined {
  const answer = readOwnAnswer(exchange?.response)
  if (answer === undefined) return undefined
  const { cause, clientCode, status, details } = answer
  const [only, ...others] = causesOf(clientCode, status)
  const code = cause ?? (others.length === 0 ? only : USUALLY[clientCode])
  if (code === undefined) return undefined
  const isNamed = cause !== undefined
  return found(code, isNamed || others.length === 0, {
    evidence: [
      isNamed
        ? 'The service that refused names the cause in its answer, as it does in development.'
        : `The service that refused says \`${clientCode}\` with status ${status}${others.length === 0 ? ', which has this cause alone' : ''}.`,
      ...details,
    ],
    settledBy: [eventOf(answer)],
    fix: [catalogue[code].hint, ...(isNamed ? [] : [`What it was about: ${eventOf(answer)}.`])],
  })
}

/** How to ask for the event behind an answer, in words and as a command. */
export function eventOf({ reference }: OwnAnswer): string {
  return `the event of this refusal, where the service runs: \`countersign doctor ref ${reference}\``
}

/**
 * A finding that says another refusal than the answer does is not sure: a service of ours which misses a token says so,
 * and nothing else.
 */
export function doubted(finding: Finding, { exchange, exchanges }: Facts): Finding {
  const answer = readOwnAnswer(exchange?.response)
  if (answer === undefined || exchanges.length > 1 || finding.certainty === 'probable') return finding
  const { clientCode } = catalogue[finding.code]
  if (clientCode === 'none' || causesOf(answer.clientCode, answer.status).includes(finding.code))
    return finding
  return {
    ...finding,
    certainty: 'probable',
    settledBy: [`${eventOf(answer)}; its answer is \`${answer.clientCode}\``],
  }
}

/** The causes that are answered so, at a checked route or at an OAuth endpoint. */
function causesOf(clientCode: string, status: number): readonly Cause[] {
  return (Object.keys(catalogue) as Cause[]).filter((code) => {
    if (catalogue[code].effect === 'accepted' || catalogue[code].clientCode === 'none') return false
    const refusal = new Refusal(code)
    return [answerAtRoute(refusal), answerAtOAuthEndpoint(refusal)].some(
      (answer) => answer.clientCode === clientCode && answer.status === status,
    )
  })
}
