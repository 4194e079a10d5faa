import type { z } from 'zod'
import type { BodyType } from '../http/body.ts'
import type { Access } from '../model/access.ts'
import type { RouteLimit } from '../model/rate.ts'

/** How a route writes its refusals. */
export type RefusalStyle = 'problem' | 'oauth'

/** One answer of a route. */
export interface DescribedAnswer {
  readonly description: string
  readonly schema?: z.ZodType
  readonly example?: unknown
  readonly mediaType?: string
}

/** What the description reads of a row of the route table. It never calls a handler. */
export interface DescribedRoute {
  readonly method: string
  readonly path: string
  readonly access: Access
  readonly limit: RouteLimit
  /** On a route for anyone: a credential that comes along is used all the same; or the handler itself asks for one. */
  readonly credential?: 'optional' | { readonly clientOrScope: string }
  readonly summary: string
  readonly description?: string
  readonly tag: string
  readonly style: RefusalStyle
  readonly body?: {
    readonly types: readonly BodyType[]
    readonly schema: z.ZodType
    readonly example?: unknown
    readonly optional?: boolean
  }
  readonly query?: z.ZodType
  readonly answers: Readonly<Record<number, DescribedAnswer>>
  readonly hidden?: boolean
}
