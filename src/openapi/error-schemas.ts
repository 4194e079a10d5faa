import { answerAtOAuthEndpoint, answerAtRoute } from '../errors/answer.ts'
import { clientCodes } from '../errors/client-codes.ts'
import { type Cause, catalogue } from '../errors/codes.ts'
import { Refusal } from '../errors/refusal.ts'
import type { JsonObject } from './components.ts'
import type { RefusalStyle } from './described-route.ts'

const ANSWER_AT = { problem: answerAtRoute, oauth: answerAtOAuthEndpoint }

/** What a client is told of a cause, by the way its route writes refusals. */
export function answerTo(cause: Cause, style: RefusalStyle) {
  return ANSWER_AT[style](new Refusal(cause))
}

/** Every code that such a route can answer with: asked of the functions that write the answers. */
function codesOf(style: RefusalStyle): string[] {
  const causes = Object.keys(catalogue) as Cause[]
  const told = new Set<string>(causes.map((cause) => answerTo(cause, style).clientCode))
  return Object.keys(clientCodes).filter((code) => told.has(code))
}

const reference = {
  type: 'string',
  description: 'Names this one refusal. The operator finds its exact cause by it.',
  examples: ['4fd1c0a97e3b52d86a04b1c7'],
}

const errors = {
  type: 'array',
  description: 'What is wrong with which field, where fields are.',
  items: {
    type: 'object',
    properties: { field: { type: 'string' }, message: { type: 'string' } },
    required: ['field', 'message'],
  },
}

/** The bodies of refusals, by the way a route writes them. */
export const ERROR_SCHEMAS: Readonly<
  Record<RefusalStyle, { readonly name: string; readonly mediaType: string; readonly schema: JsonObject }>
> = {
  problem: {
    name: 'Problem',
    mediaType: 'application/problem+json',
    schema: {
      type: 'object',
      description: 'A refusal (RFC 9457). Act on `code`; show `detail`.',
      properties: {
        type: { type: 'string', format: 'uri-reference' },
        title: { type: 'string' },
        status: { type: 'integer' },
        detail: { type: 'string', description: 'A sentence for people.' },
        instance: { type: 'string', format: 'uri-reference', description: 'The path that was asked for.' },
        code: { type: 'string', enum: codesOf('problem') },
        reference,
        errors,
      },
      required: ['type', 'title', 'status', 'detail', 'code', 'reference'],
    },
  },
  oauth: {
    name: 'OAuthError',
    mediaType: 'application/json',
    schema: {
      type: 'object',
      description: 'A refusal of an OAuth endpoint (RFC 6749 section 5.2).',
      properties: {
        error: { type: 'string', enum: codesOf('oauth') },
        error_description: { type: 'string', description: 'A sentence for people.' },
        reference,
        errors,
      },
      required: ['error', 'error_description', 'reference'],
    },
  },
}
