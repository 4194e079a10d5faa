import { STATUS_CODES } from '../base/node-http.ts'
import { basicChallenge, challengeFor } from '../errors/challenge.ts'
import type { Cause } from '../errors/codes.ts'
import { Refusal } from '../errors/refusal.ts'
import { Access } from '../model/access.ts'
import { rateOf } from '../model/rate.ts'
import type { Components, JsonObject } from './components.ts'
import type { DescribedRoute, RefusalStyle } from './described-route.ts'
import { answerTo, ERROR_SCHEMAS } from './error-schemas.ts'

/**
 * The refusals of a route, as responses by status: those that follow from access, body and limits, and those that it
 * names itself without a schema of its own.
 */
export function describeRefusals(
  route: DescribedRoute,
  components: Components,
): Readonly<Record<string, JsonObject>> {
  const { style } = route
  const byStatus = Map.groupBy(causesOf(route), (cause) => answerTo(cause, style).status)
  for (const status of namedStatuses(route)) if (!byStatus.has(status)) byStatus.set(status, [])

  const responses = [...byStatus].map(([status, causes]) => {
    const named = route.answers[status]?.description
    const response = describeRefusal(style, causes, named, components)
    const shared = named === undefined ? components.shareResponse(nameOf(style, status), response) : response
    return [String(status), shared]
  })
  return Object.fromEntries(responses)
}

/** One cause stands for all that are told apart by nobody but the operator. */
function causesOf(route: DescribedRoute): Cause[] {
  const { scopes, roles, via, freshWithinSeconds, secondFactor } = Access.requirementOf(route.access) ?? {}
  const causes = new Set<Cause>()
  const when = (condition: boolean, ...more: Cause[]) => {
    if (condition) for (const cause of more) causes.add(cause)
  }
  const guarded = Access.requirementOf(route.access) !== undefined
  when(guarded, 'HDR_MISSING', 'TOKEN_TRUNCATED', 'TOKEN_EXPIRED', 'TOKEN_REVOKED')
  when(freshWithinSeconds !== undefined || secondFactor === true, 'REAUTHENTICATION_REQUIRED')
  when(scopes !== undefined, 'SCOPE_MISSING')
  when(roles !== undefined, 'ROLE_MISSING')
  when(via !== undefined, 'VIA_NOT_ALLOWED')
  for (const status of namedStatuses(route)) when(true, ...(NAMED[route.style][status] ?? []))
  when(route.body !== undefined || route.query !== undefined, 'REQUEST_INVALID')
  when(route.body !== undefined, 'BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED')
  when(rateOf(route.limit) !== undefined, 'RATE_LIMITED')
  when(true, 'INTERNAL', 'STORE_UNAVAILABLE')
  return [...causes]
}

function namedStatuses({ answers }: DescribedRoute): number[] {
  return Object.keys(answers)
    .map(Number)
    .filter((status) => status >= 400)
}

/** What is meant where a route names a status. */
const NAMED: Readonly<Record<RefusalStyle, Readonly<Record<number, readonly Cause[]>>>> = {
  problem: {
    403: ['REGISTRATION_CLOSED'],
    404: ['NOT_FOUND'],
    401: ['CLIENT_UNKNOWN'],
    409: ['ACCOUNT_NAME_TAKEN'],
    429: ['RATE_LIMITED'],
  },
  oauth: {
    400: ['CREDENTIALS_WRONG', 'GRANT_UNSUPPORTED', 'SCOPE_UNKNOWN', 'CLIENT_NOT_ALLOWED'],
    401: ['CLIENT_UNKNOWN'],
    403: ['HOOK_REFUSED'],
    429: ['RATE_LIMITED'],
  },
}

function describeRefusal(
  style: RefusalStyle,
  causes: readonly Cause[],
  named: string | undefined,
  { shareSchema }: Components,
): JsonObject {
  const { name, schema, mediaType } = ERROR_SCHEMAS[style]
  const answers = new Map(causes.map((cause) => [answerTo(cause, style).clientCode, cause]))
  const codes = [...answers.keys()].map((code) => `\`${code}\``).join(', ')
  const [only, ...more] = answers.values()
  const sentence = only !== undefined && more.length === 0 ? answerTo(only, style).sentence : undefined
  const headers = describeHeaders(style, causes)
  return {
    description: named ?? (sentence === undefined ? `One of ${codes}.` : `${codes}: ${sentence}`),
    ...(Object.keys(headers).length > 0 && { headers }),
    content: {
      [mediaType]: {
        schema: shareSchema(name, schema),
        ...(answers.size > 0 && {
          examples: Object.fromEntries(
            [...answers].map(([code, cause]) => [code, { value: exampleOf(style, cause) }]),
          ),
        }),
      },
    },
  }
}

function describeHeaders(style: RefusalStyle, causes: readonly Cause[]): JsonObject {
  const challenges = causes.flatMap((cause) => challengeTo(style, cause) ?? [])
  const waits = causes.some((cause) => [429, 503].includes(answerTo(cause, style).status))
  return {
    ...(challenges.length > 0 && {
      'WWW-Authenticate': {
        description: 'The challenge (RFC 6750 section 3, RFC 9470, RFC 7617).',
        required: true,
        schema: { type: 'string', examples: challenges },
      },
    }),
    ...(waits && {
      'Retry-After': {
        description: 'When to come again. Seconds.',
        required: true,
        schema: { type: 'integer', minimum: 1 },
      },
    }),
  }
}

function challengeTo(style: RefusalStyle, cause: Cause): string | undefined {
  if (style === 'problem') return challengeFor(new Refusal(cause))
  return answerTo(cause, style).status === 401 ? basicChallenge() : undefined
}

const REFERENCE = '4fd1c0a97e3b52d86a04b1c7'

function exampleOf(style: RefusalStyle, cause: Cause): JsonObject {
  const { clientCode, sentence, status, title } = answerTo(cause, style)
  const errors =
    cause === 'REQUEST_INVALID' ? { errors: [{ field: 'username', message: 'Must be a text.' }] } : {}
  if (style === 'oauth') {
    return { error: clientCode, error_description: sentence, reference: REFERENCE, ...errors }
  }
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? title,
    status,
    detail: sentence,
    code: clientCode,
    reference: REFERENCE,
    ...errors,
  }
}

function nameOf(style: RefusalStyle, status: number): string {
  const phrase = (STATUS_CODES[status] ?? String(status)).replaceAll(/[^A-Za-z]/g, '')
  return style === 'oauth' ? `OAuth${phrase}` : phrase
}
