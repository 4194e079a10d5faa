import assert from 'node:assert/strict'
import { z } from 'zod'
import { checkOptions } from '../../src/config/resolve.ts'
import { routes } from '../../src/endpoints/routes.ts'
import { anyone } from '../../src/model/access.ts'
import type { DescribedRoute } from '../../src/openapi/described-route.ts'
import { type DocumentOptions, openApiDocument } from '../../src/openapi/document.ts'

export const ISSUER = 'https://id.example.com/auth'
const { scopes, roles } = checkOptions({}).settings
export const options: DocumentOptions = {
  routes,
  issuer: ISSUER,
  passwordGrant: true,
  scopes,
  roles,
  title: 'Example API',
  version: '1.2.3',
}

const headerShape = z.object({ required: z.boolean(), schema: z.looseObject({}) })
const responseShape = z.object({
  $ref: z.string().optional(),
  description: z.string().optional(),
  headers: z.record(z.string(), headerShape).optional(),
  content: z
    .record(
      z.string(),
      z.object({
        schema: z.unknown(),
        example: z.unknown().optional(),
        examples: z.record(z.string(), z.object({ value: z.record(z.string(), z.unknown()) })).optional(),
      }),
    )
    .optional(),
})
const operationShape = z.object({
  operationId: z.string(),
  description: z.string().optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string(), required: z.boolean() })).optional(),
  requestBody: z
    .object({
      required: z.boolean(),
      content: z.record(z.string(), z.object({ schema: z.unknown(), example: z.unknown().optional() })),
    })
    .optional(),
  responses: z.record(z.string(), responseShape),
})
const documentShape = z.object({
  openapi: z.string(),
  info: z.object({ title: z.string(), version: z.string(), description: z.string() }),
  servers: z.array(z.object({ url: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operationShape)),
  components: z.object({
    securitySchemes: z.record(z.string(), z.looseObject({ type: z.string() })),
    schemas: z.record(z.string(), z.looseObject({})),
    responses: z.record(z.string(), responseShape),
  }),
})

type Shown = z.infer<typeof documentShape>

/** As programs get it: through JSON, so that nothing counts that JSON does not carry. */
export function build(more: Partial<DocumentOptions> = {}): Shown {
  return documentShape.parse(JSON.parse(JSON.stringify(openApiDocument({ ...options, ...more }))))
}

export const shown = build()
export const described = routes.filter(({ hidden }) => hidden !== true)

export function operationOf({ method, path }: Pick<DescribedRoute, 'method' | 'path'>, document = shown) {
  const operation = document.paths[path]?.[method.toLowerCase()]
  assert.ok(operation, `${method} ${path} is not described`)
  return operation
}

export function responseOf(route: DescribedRoute, status: number, document = shown) {
  const response = operationOf(route, document).responses[status]
  const name = response?.$ref?.replace('#/components/responses/', '')
  return name === undefined ? response : document.components.responses[name]
}

export function made(more: Partial<DescribedRoute>): DescribedRoute {
  return {
    method: 'GET',
    path: '/things',
    access: anyone,
    limit: { uncounted: 'made for a test' },
    summary: 'Things',
    tag: 'Accounts',
    style: 'problem',
    answers: { 200: { description: 'Things.' } },
    ...more,
  }
}

export function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : referencesIn(inner),
  )
}
