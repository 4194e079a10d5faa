import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { RegExpRouter } from 'hono/router/reg-exp-router'
import { SmartRouter } from 'hono/router/smart-router'
import { TrieRouter } from 'hono/router/trie-router'
import { Refusal } from '../errors/refusal.ts'
import { RefusalAnswer } from '../errors/refusal-answer.ts'
import type { Gate } from '../guard/gate.ts'
import { RawGuardRequest } from '../guard/guard-request.ts'
import { Access } from '../model/access.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import { INVENTORY, type InventoryEntry } from '../model/inventory.ts'
import { createEdge, dressResponse, type Edge, type EdgeOptions } from './edge.ts'
import { markGuard, placeOf, wordOf } from './guard-mark.ts'
import { issuerListener } from './issuer-listener.ts'
import { type Embedded, findIssuerPaths, isIssuer } from './issuer-paths.ts'
import { pathOfTarget } from './node-request.ts'
import { checkGated } from './protection.ts'
import { type DeclaredRoute, inventoryOf, refuseUndeclared } from './undeclared-routes.ts'

/** What a handler is given beside Node's own two. */
export interface NodeContext<Who> {
  /** Who asks, typed by the access word. */
  readonly principal: Who
  /** The variable parts of the path. */
  readonly params: Readonly<Record<string, string>>
}

export type NodeHandler<Who> = (
  request: IncomingMessage,
  response: ServerResponse,
  context: NodeContext<Who>,
) => void | Promise<void>

/** A handler that has its word: `guard(auth.signedIn, (request, response, { principal }) => …)`. */
export interface GuardedHandler {
  (request: IncomingMessage, response: ServerResponse, context: NodeContext<never>): void | Promise<void>
  readonly guarded: true
}

export function guard<Who>(access: Access<Who>, handler: NodeHandler<Who>): GuardedHandler {
  const guarded = (request: IncomingMessage, response: ServerResponse, context: NodeContext<Who>) =>
    handler(request, response, context)
  return markGuard(Object.assign(guarded, { guarded: true as const }), access) as unknown as GuardedHandler
}

export interface NodeListenerOptions extends EdgeOptions {
  /** Routes of your own, by method and path: `{ 'GET /todos/:id': guard(word, handler) }`. */
  readonly routes?: Readonly<Record<string, GuardedHandler>>
  /** Where the issuer's endpoints are; by default below the path of the configured issuer. */
  readonly at?: string
  /** The client's address; by default that of the connection. */
  readonly address?: (request: IncomingMessage) => string | undefined
}

/** A listener for `http.createServer` that tells its routes. */
export interface NodeListener extends RequestListener {
  [INVENTORY](): InventoryEntry[]
}

interface Row {
  readonly route: DeclaredRoute
  readonly handle: NodeHandler<unknown>
}

/**
 * The issuer, and guarded routes of your own, as a listener for `http.createServer`. Answers everything: what is
 * neither, with 404. Throws an UndeclaredRoutesError for routes that `guard` was not called for.
 */
export function nodeListener(
  auth: Embedded,
  { routes = {}, at, address = addressOfConnection, ...edgeOptions }: NodeListenerOptions = {},
): NodeListener {
  checkGated(auth, 'nodeListener(auth)')
  const { gate } = auth
  const edge = createEdge(edgeOptions)
  const issuer = isIssuer(auth) ? issuerListener(auth) : undefined
  const issuerPath = findIssuerPaths(auth, at)
  const rows = Object.entries(routes).map(([key, handler]) => readRow(key, handler))
  const declared = rows.map(({ route }) => route)
  refuseUndeclared(declared)
  const find = createFinder(rows)
  // Without routes of one's own the issuer answers everything, also behind a proxy that takes its path away.
  const alone = rows.length === 0

  const listener: RequestListener = (request, response) => {
    const path = pathOfTarget(request.url ?? '/')
    const match = find(request.method ?? 'GET', path)
    const route = match !== undefined && 'route' in match ? match : undefined
    const inner = issuerPath(path) ?? (alone ? path : undefined)
    // A route for all paths leaves the issuer its own.
    const isOwn = route !== undefined && !route.route.path.includes('*')
    if (!isOwn && inner !== undefined && issuer !== undefined) {
      issuer(request, response, { path: inner, address: address(request) })
      return
    }
    if (edge !== undefined && answersPreflight(edge, request, response)) return
    if (route !== undefined) {
      void serve(gate, route, request, response, address)
      return
    }
    const refusal =
      match === undefined
        ? new Refusal('NOT_FOUND')
        : new Refusal('METHOD_NOT_ALLOWED', { allow: 'allow' in match ? match.allow : [] })
    send(gate.refuse(refusal, new NodeGuardRequest(request, {}, address)), response)
  }
  return Object.assign(listener, { [INVENTORY]: () => inventoryOf(declared) })
}

/** True where there is nothing left to do. */
function answersPreflight(edge: Edge, request: IncomingMessage, response: ServerResponse): boolean {
  const asked = new RawGuardRequest(request)
  const answer = edge.preflight(asked)
  if (answer !== undefined) {
    response.writeHead(204, answer).end()
    return true
  }
  dressResponse(edge, asked, response)
  return false
}

interface RouteMatch extends Row {
  readonly params: Readonly<Record<string, string>>
}

async function serve(
  gate: Gate,
  { route, handle, params }: RouteMatch,
  request: IncomingMessage,
  response: ServerResponse,
  address: NonNullable<NodeListenerOptions['address']>,
): Promise<void> {
  const asked = new NodeGuardRequest(request, params, address, response)
  try {
    const now = gate.admit(asked, route.access)
    const admission = now instanceof Promise ? await now : now
    if (admission instanceof RefusalAnswer) send(admission, response)
    else await handle(request, response, { principal: admission, params })
  } catch (error) {
    if (response.headersSent) response.destroy()
    else send(gate.refuse(new Refusal('INTERNAL'), asked), response)
    process.emitWarning(error instanceof Error ? error : String(error))
  }
}

class NodeGuardRequest extends RawGuardRequest {
  readonly #params: GuardRequest['params']
  readonly #request: IncomingMessage
  readonly #address: NonNullable<NodeListenerOptions['address']>
  readonly #response: ServerResponse | undefined

  constructor(
    request: IncomingMessage,
    params: GuardRequest['params'],
    address: NonNullable<NodeListenerOptions['address']>,
    response?: ServerResponse,
  ) {
    super(request)
    this.#params = params
    this.#request = request
    this.#address = address
    this.#response = response
  }
  tell(headers: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(headers)) this.#response?.setHeader(name, value)
  }
  override get params(): GuardRequest['params'] {
    return this.#params
  }
  override get address(): string | undefined {
    return this.#address(this.#request)
  }
}

function addressOfConnection({ socket }: IncomingMessage): string | undefined {
  return socket.remoteAddress
}

function readRow(key: string, handler: GuardedHandler): Row {
  const [, method = '', path = ''] = /^([A-Z]+) (\/\S*)$/.exec(key) ?? []
  if (path === '') throw new TypeError(`routes: ${JSON.stringify(key)} is not a method and a path`)
  const access = wordOf(handler)
  const route = { method, path, access: Access.is(access) ? access : undefined, at: placeOf(handler) }
  return { route, handle: handler as unknown as NodeHandler<unknown> }
}

type Find = (method: string, path: string) => RouteMatch | OtherMethods | undefined

/** The path is known, the method is not. */
interface OtherMethods {
  readonly allow: readonly string[]
}

function createFinder(rows: readonly Row[]): Find {
  if (rows.length === 0) return () => undefined
  const router = new SmartRouter<Row>({ routers: [new RegExpRouter(), new TrieRouter()] })
  for (const row of rows) router.add(row.route.method, row.route.path, row)
  const methods = [...new Set(rows.map(({ route }) => route.method))]

  const find = (method: string, path: string): RouteMatch | undefined => {
    const [entries, stash] = router.match(method, path)
    const [entry] = entries
    if (entry === undefined) return undefined
    const params = Object.entries(entry[1]).map(([name, value]) => [
      name,
      decoded(typeof value === 'number' ? (stash?.[value] ?? '') : value),
    ])
    return { ...entry[0], params: Object.fromEntries(params) }
  }
  return (method, path) => {
    const found = find(method, path) ?? (method === 'HEAD' ? find('GET', path) : undefined)
    if (found !== undefined) return found
    const allow = methods.filter((other) => find(other, path) !== undefined)
    return allow.length > 0 ? { allow } : undefined
  }
}

/** As it came, where it is no percent-encoding. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function send({ status, headers, body }: RefusalAnswer, response: ServerResponse): void {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body)
}
