import type { z } from 'zod'
import { AuthError } from '../errors/auth-error.ts'
import type { FieldProblem } from '../errors/refusal.ts'
import type { HttpRequest } from '../model/http-request.ts'
import { parseJson, shortName } from './json-text.ts'

/** The most a body may hold. Bytes. */
export const BODY_LIMIT = 64 * 1024

/** The kinds of body an endpoint reads. */
export type BodyType = 'json' | 'form'

export const MEDIA_TYPES: Readonly<Record<BodyType, string>> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
}

/**
 * Reads and parses the body of a request. Throws `MEDIA_TYPE_UNSUPPORTED`, `BODY_TOO_LARGE`, `BODY_MALFORMED`, and
 * `REQUEST_INVALID` where a field is sent twice (RFC 6749 section 3.1).
 */
export async function readBody(request: HttpRequest, types: readonly BodyType[]): Promise<unknown> {
  const type = bodyTypeOf(request, types)
  const text = await readText(request)
  return type === 'json' ? parseJson(text) : parseForm(text)
}

function bodyTypeOf(request: HttpRequest, types: readonly BodyType[]): BodyType {
  const sent = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase()
  const type = types.find((candidate) => MEDIA_TYPES[candidate] === sent)
  if (type !== undefined) return type
  const expected = types.map((candidate) => MEDIA_TYPES[candidate])
  throw new AuthError('MEDIA_TYPE_UNSUPPORTED', {
    details: { expected },
    fields: [{ field: 'Content-Type', message: `Must be ${expected.join(' or ')}.` }],
  })
}

/** The body as text. Throws as `readBody` does. */
export async function readText(request: HttpRequest): Promise<string> {
  const announced = request.headers.get('content-length')
  if (Number(announced ?? 0) > BODY_LIMIT) throw tooLarge()
  // Of a length that was announced a server reads no more than that, so the body can be asked for at once.
  const isMeasured = announced !== null && !request.headers.has('transfer-encoding')
  let body: Uint8Array
  try {
    body = isMeasured ? await request.bytes() : await readAtMost(request.body)
  } catch (error) {
    throw new AuthError('BODY_MALFORMED', { details: { why: 'the body broke off' }, cause: error })
  }
  if (body.byteLength > BODY_LIMIT) throw tooLarge()
  try {
    return UTF_8.decode(body)
  } catch (error) {
    throw new AuthError('BODY_MALFORMED', { details: { why: 'not UTF-8' }, cause: error })
  }
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true })

/** Reads on until there is more than the limit. */
async function readAtMost(stream: HttpRequest['body']): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream ?? []) {
    size += chunk.byteLength
    chunks.push(chunk)
    if (size > BODY_LIMIT) break
  }
  return Buffer.concat(chunks)
}

function tooLarge(): AuthError {
  return new AuthError('BODY_TOO_LARGE', { details: { limit: BODY_LIMIT } })
}

function parseForm(text: string): Record<string, string> {
  const parameters = new Map<string, string>()
  const twice = new Set<string>()
  for (const [name, value] of new URLSearchParams(text)) {
    if (parameters.has(name)) twice.add(name)
    parameters.set(name, value)
  }
  if (twice.size > 0) {
    const fields = [...twice]
      .slice(0, 10)
      .map((field) => ({ field: shortName(field), message: 'Sent twice.' }))
    throw new AuthError('REQUEST_INVALID', { fields })
  }
  return Object.fromEntries(parameters)
}

/**
 * Checks a value by its schema. Throws `REQUEST_INVALID` with every problem; the messages never repeat a value, since
 * it may be a password typed into the wrong field.
 */
export function parseWith<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new AuthError('REQUEST_INVALID', { fields: parsed.error.issues.slice(0, 20).flatMap(problemsOf) })
}

function problemsOf(issue: z.core.$ZodIssue): FieldProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .slice(0, 10)
      .map((key) => ({ field: shortName([...issue.path, key].join('.')), message: 'Is not known here.' }))
  }
  return [{ field: shortName(issue.path.join('.')), message: issue.message }]
}
