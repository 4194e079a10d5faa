import type { z } from 'zod'
import type { Origin } from '../audit/events.ts'
import type { Refusal } from '../errors/refusal.ts'
import type { BodyType } from '../http/body.ts'
import type { HeaderValues } from '../http/headers.ts'
import type { Reply } from '../http/reply.ts'
import type { Caller } from '../login/caller.ts'
import type { Access } from '../model/access.ts'
import type { HttpRequest } from '../model/http-request.ts'
import type { Principal } from '../model/principal.ts'
import type { RouteLimit } from '../model/rate.ts'
import type { Services } from './services.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** How refusals are written: problem documents (RFC 9457), the OAuth form (RFC 6749 section 5.2), or pages for people. */
export type AnswerStyle = 'problem' | 'oauth' | 'page'

/** One answer a route gives, for the API's description. */
export interface Answer {
  readonly description: string
  readonly schema?: z.ZodType
  readonly example?: unknown
  readonly mediaType?: string
}

/** What a handler comes to. */
export type Answered = Reply | Refusal

/** What a handler is given: parsed, checked, and nothing else. */
export interface RouteContext<Body = unknown, Query = unknown> {
  readonly request: HttpRequest
  readonly body: Body
  readonly query: Query
  /** The variable parts of the path. */
  readonly params: Readonly<Record<string, string>>
  /** Who asks. Undefined only on routes for anyone. */
  readonly principal: Principal | undefined
  readonly origin: Origin
  /** The client's address as the adapter resolved it. */
  readonly address: string | undefined
  readonly reference: string
  readonly services: Services
}

/** What a route reads from the body. */
export interface RouteBody<Schema extends z.ZodType> {
  readonly types: readonly BodyType[]
  readonly schema: Schema
  readonly example?: z.input<Schema>
  /** A request without a body stands for an empty object. */
  readonly optional?: boolean
}

/** What the router finds: a route of the API, or a page. */
export interface ServedRoute {
  readonly method: Method
  /** With variable parts in braces: `/users/me/sessions/{id}`. */
  readonly path: string
  readonly access: Access
  /** How often one caller may ask, by address and once it is known by account; or why that is not counted. */
  readonly limit: RouteLimit
  /**
   * On a route for anyone: a credential that comes along is used all the same; or the handler itself asks for a client
   * with its secret, or a token with this scope.
   */
  readonly credential?: 'optional' | { readonly clientOrScope: string }
  /** By another method than GET, and without an effect that outlives the credential. */
  readonly changesNothing?: true
  /** It is about a request that a proxy asks for, to the application: that is what the guard looks at. */
  readonly isForwarded?: true
  readonly summary: string
  readonly description?: string
  readonly tag:
    | 'Tokens'
    | 'Accounts'
    | 'Sessions'
    | 'API keys'
    | 'Second factors'
    | 'Admin'
    | 'Clients'
    | 'Revocations'
    | 'Metadata'
    | 'Operation'
    | 'Documents'
    | 'Pages'
  readonly style: AnswerStyle
  readonly body?: RouteBody<z.ZodType>
  readonly query?: z.ZodType
  /** By status. Refusals that follow from access, body and limits need not be named. */
  readonly answers: Readonly<Record<number, Answer>>
  /**
   * Browsers go there by themselves: no page of another origin may read it, not even one that CORS lets in elsewhere
   * (C13), and who is refused sees a page.
   */
  readonly browsersOnly?: boolean
  /** Not in the API description: pages and documents for people. */
  readonly hidden?: boolean
  /** Of a form: the page it stands on, which it comes back to if it fails, and the fields that come back with it. */
  readonly form?: {
    readonly page: string
    readonly keeps: readonly string[]
    /** What the services call a field that the form calls otherwise. */
    readonly aliases: Readonly<Record<string, string>>
  }
  readonly handle: (context: RouteContext) => Answered | Promise<Answered>
}

/** A row of the one table that router, API description, security tests and coverage check read. */
export interface Route extends ServedRoute {
  readonly style: Exclude<AnswerStyle, 'page'>
}

interface RouteWith<Body extends z.ZodType, Query extends z.ZodType>
  extends Omit<Route, 'body' | 'query' | 'handle'> {
  readonly body?: RouteBody<Body>
  readonly query?: Query
  readonly handle: (context: RouteContext<z.output<Body>, z.output<Query>>) => Answered | Promise<Answered>
}

/** A row of the table, its handler typed by its schemas. */
export function route<Body extends z.ZodType = z.ZodUndefined, Query extends z.ZodType = z.ZodUndefined>(
  row: RouteWith<Body, Query>,
): Route {
  // The dispatcher parses body and query by the very schemas that type the handler.
  return row as unknown as Route
}

/** The principal of a route whose access word let nobody else in. */
export function principalOf({ principal }: Pick<RouteContext, 'principal'>): Principal {
  if (principal === undefined) throw new TypeError('a route for anyone has no principal')
  return principal
}

/** A JSON answer that no cache keeps. */
export function json(body: unknown, status = 200, headers: HeaderValues = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  }
}

/** 202: taken, and what comes of it is mailed. */
export function accepted(): Reply {
  return { status: 202, headers: { 'cache-control': 'no-store' }, body: null }
}

/** Who asks, for what ends in a letter. */
export function callerOf({ origin, request }: Pick<RouteContext, 'origin' | 'request'>): Caller {
  return { origin, language: request.headers.get('accept-language') ?? undefined }
}

/** 204: done, and nothing to say. */
export function noContent(headers: HeaderValues = {}): Reply {
  return { status: 204, headers: { 'cache-control': 'no-store', ...headers }, body: null }
}
