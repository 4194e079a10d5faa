import { z } from 'zod'
import { clientMetadata, clientName, clientState } from '../clients/metadata.ts'
import { nearestName } from '../config/nearest-name.ts'
import { roleName, scopeName, sentence } from '../config/settings/permissions.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { FieldProblem } from '../errors/refusal.ts'
import { roleBody } from '../permissions/roles.ts'

const clientDeclaration = z
  .strictObject({ client_name: clientName, ...clientMetadata, state: clientState.optional() })
  .meta({
    description: 'What is left out is as `countersign clients create` has it; `state` stays as it is.',
  })

/**
 * Clients, roles and scopes as a file. A part that is left out is not looked at; of one that is there, each entry says
 * all there is to say. Secrets never stand in it.
 */
export const declarationSchema = z
  .strictObject({
    $schema: z.string().optional(),
    scopes: z
      .record(scopeName.schema, sentence.schema)
      .optional()
      .meta({ description: 'Scopes of your API, each with the sentence that people are shown.' }),
    roles: z
      .record(roleName.schema, roleBody)
      .optional()
      .meta({ description: 'Roles, each with the scopes it holds.' }),
    clients: z
      .record(z.string(), clientDeclaration)
      .optional()
      .meta({ description: 'Applications that get tokens, by their ids; members named as in RFC 7591.' }),
  })
  .meta({ title: 'Clients, roles and scopes of Countersign' })

export type Declaration = z.input<typeof declarationSchema>

const MEMBERS: readonly (readonly [at: RegExp, names: readonly string[]])[] = [
  [/^$/, Object.keys(declarationSchema.shape)],
  [/^roles\.[^.]+$/, Object.keys(roleBody.shape)],
  [/^clients\.[^.]+$/, Object.keys(clientDeclaration.shape)],
  [/\.jwks$/, ['keys']],
]

/** Throws `REQUEST_INVALID` with every problem: where it is, and what to write there instead. */
export function readDeclaration(value: unknown): Declaration {
  const read = declarationSchema.safeParse(value)
  if (read.success) return read.data
  throw refused(read.error.issues.flatMap(problemsOf))
}

export function refused(fields: readonly FieldProblem[]): AuthError {
  return new AuthError('REQUEST_INVALID', { fields })
}

/** `clients.shop.redirect_uris.0` */
function problemsOf(issue: z.core.$ZodIssue): FieldProblem[] {
  const path = issue.path.map(String)
  const field = path.join('.')
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        field: [...path, key].join('.'),
        message: unknownMember(field, key),
      }))
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({ field, message: `The name ${message}.` }))
    case 'invalid_type':
      return [{ field: field || 'the file', message: wrongType(issue) }]
    default:
      return [{ field, message: sentenceFrom(issue.message) }]
  }
}

function unknownMember(within: string, key: string): string {
  const known = MEMBERS.find(([at]) => at.test(within))?.[1] ?? []
  const meant = nearestName(key, known, 4)
  if (key.includes('secret')) return 'Take it out: secrets are made here, shown once, and stand in no file.'
  return meant === undefined
    ? `Take it out: there is no such member. There are ${known.join(', ')}.`
    : `There is no such member: write \`${meant}\`.`
}

function wrongType({ message, expected, input }: z.core.$ZodIssueInvalidType): string {
  const own = sentenceFrom(message)
  if (!own.startsWith('Invalid input')) return own
  return input === undefined ? `Needed: ${article(expected)}.` : `Must be ${article(expected)}.`
}

function article(type: string): string {
  if (type === 'record' || type === 'object') return 'an object: { … }'
  if (type === 'array') return 'a list: [ … ]'
  return `a ${type}`
}

/** Settings say `must be`, endpoints `Must be.` */
function sentenceFrom(message: string): string {
  const text = `${message.slice(0, 1).toUpperCase()}${message.slice(1)}`
  return text.endsWith('.') ? text : `${text}.`
}
