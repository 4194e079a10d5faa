import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { claimsOf, headerOf } from '../../src/hostile/idea.ts'
import type { SigningKey } from '../../src/keys/signing-key.ts'

/** What an API can do wrong. Each is a mistake that was made in earnest, somewhere. */
export type Flaw =
  | 'route without a guard'
  | 'route that is not in the document'
  | 'success with an error body'
  | 'alg none'
  | 'public key as secret'
  | 'key from the header'
  | 'tutorial secret'
  | 'signature not checked'
  | 'expiry forgotten'
  | 'audience forgotten'
  | 'audience by its beginning'
  | 'issuer forgotten'
  | 'type forgotten'
  | 'scope by its beginning'
  | 'scope forgotten'
  | 'role forgotten'
  | 'sign-in of any age'
  | 'revocation forgotten'
  | 'token in the query'
  | 'crash on malformed tokens'
  | 'no challenge'
  | '403 for strangers'
  | 'validation before the guard'
  | 'HEAD unguarded'
  | 'slash unguarded'
  | 'case unguarded'
  | 'method override'
  | 'good tokens refused'
  | 'hangs up on strangers'
  | 'a page for every path'

export const ISSUER = 'https://toy.example'
export const AUDIENCE = 'https://api.toy.example'
export const TUTORIAL_SECRET = '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7'

export interface ToyApi {
  readonly url: URL
  readonly document: unknown
  /** Sessions that were ended. */
  readonly ended: Set<string>
  close(): Promise<void>
}

const secured = (scopes: readonly string[] = []) => [{ oauth: scopes }]

const DOCUMENT = {
  openapi: '3.1.0',
  info: { title: 'Toys', version: '1' },
  servers: [{ url: 'https://production.example' }],
  security: secured(),
  paths: {
    '/health': { get: { security: [] } },
    '/todos': {
      get: {},
      post: { requestBody: { content: { 'application/json': { example: { title: 'x' } } } } },
    },
    '/todos/{id}': {
      parameters: [{ $ref: '#/components/parameters/id' }],
      get: {},
      delete: { security: secured(['todos:write']) },
    },
    '/reports': { get: { security: secured(['reports:read']) } },
  },
  components: {
    parameters: { id: { name: 'id', in: 'path', required: true, schema: { type: 'integer' } } },
    securitySchemes: { oauth: { type: 'oauth2', flows: {} } },
  },
}

/** A small API with its own guard, which makes exactly the mistake it is told to. */
export async function startToyApi(key: SigningKey, flaw?: Flaw): Promise<ToyApi> {
  const ended = new Set<string>()
  const server = createServer((request, response) => {
    try {
      answer(request, response, { key, flaw, ended })
    } catch {
      response.writeHead(500).end('{"error":"internal"}')
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    document: DOCUMENT,
    ended,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Toy {
  readonly key: SigningKey
  readonly flaw: Flaw | undefined
  readonly ended: ReadonlySet<string>
}

interface ToyRoute {
  readonly scope?: string
  readonly role?: string
  readonly freshWithinSeconds?: number
  readonly open?: boolean
  readonly status: number
}

const ROUTES: Readonly<Record<string, ToyRoute>> = {
  'GET /health': { open: true, status: 200 },
  'GET /todos': { status: 200 },
  'POST /todos': { status: 201 },
  'GET /todos/:id': { status: 404 },
  'DELETE /todos/:id': { status: 404, scope: 'todos:write' },
  'GET /reports': { status: 200, scope: 'reports:read' },
  'GET /audit': { status: 200, role: 'admin', freshWithinSeconds: 300 },
}

function answer(request: IncomingMessage, response: ServerResponse, toy: Toy): unknown {
  const { flaw } = toy
  const url = request.url ?? '/'
  const [rawPath = '/', search = ''] = url.split('?')
  const send = (status: number, body: object, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    return response.end(request.method === 'HEAD' ? undefined : JSON.stringify(body))
  }
  if (flaw === 'route that is not in the document' && rawPath === '/admin') return send(200, { users: 3 })
  if (flaw === 'a page for every path' && !isKnown(rawPath)) {
    response.writeHead(200, { 'content-type': 'text/html' })
    return response.end(`<!doctype html><p>My app at ${rawPath.slice(0, 8)}</p>${' '.repeat(400)}`)
  }
  let path = rawPath
  let unguarded = false
  if (flaw === 'slash unguarded' && path !== '/' && path.endsWith('/')) {
    path = path.replace(/\/+$/, '')
    unguarded = true
  }
  if (flaw === 'case unguarded' && path !== path.toLowerCase()) {
    path = path.toLowerCase()
    unguarded = true
  }
  let method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET')
  if (flaw === 'HEAD unguarded' && request.method === 'HEAD') unguarded = true
  const override = request.headers['x-http-method-override']
  if (flaw === 'method override' && typeof override === 'string') {
    method = override
    unguarded = true
  }
  const route = ROUTES[`${method} ${path.replace(/^\/todos\/[^/]+$/, '/todos/:id')}`]
  if (route === undefined) return send(404, { error: 'not_found' })
  if (flaw === 'route without a guard' && path === '/reports') unguarded = true
  if (flaw === 'validation before the guard' && method === 'POST')
    return send(422, { error: 'title is missing' })

  const refusal = route.open || unguarded ? undefined : refuse(request, search, route, toy)
  if (refusal === 'hang up') return request.socket.destroy()
  if (refusal === undefined) return send(route.status, { ok: true })
  if (flaw === 'success with an error body') return send(200, { error: 'Unauthorized' })
  if (flaw === '403 for strangers') return send(403, { detail: 'Not authenticated' })
  return send(refusal, { error: 'refused' }, flaw === 'no challenge' ? {} : { 'www-authenticate': 'Bearer' })
}

function isKnown(path: string): boolean {
  return path === '/health' || path === '/audit' || path === '/reports' || path.startsWith('/todos')
}

function refuse(
  { headers }: IncomingMessage,
  search: string,
  route: ToyRoute,
  { key, flaw, ended }: Toy,
): 401 | 403 | 'hang up' | undefined {
  const inQuery = new URLSearchParams(search).get('access_token')
  const token =
    flaw === 'token in the query' && inQuery !== null
      ? inQuery
      : /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (token === undefined) return flaw === 'hangs up on strangers' ? 'hang up' : 401
  if (flaw === 'crash on malformed tokens')
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  if (!isGenuine(token, key, flaw)) return 401
  const claims = claimsOf(token)
  const now = Date.now() / 1000
  if (flaw !== 'expiry forgotten' && !(typeof claims.exp === 'number' && claims.exp > now)) return 401
  if (typeof claims.nbf === 'number' && claims.nbf > now) return 401
  if (claims.cnf !== undefined || headerOf(token).crit !== undefined) return 401
  const audience = String(claims.aud)
  const right = flaw === 'audience by its beginning' ? audience.startsWith(AUDIENCE) : audience === AUDIENCE
  if (flaw !== 'audience forgotten' && !right) return 401
  if (flaw !== 'issuer forgotten' && claims.iss !== ISSUER) return 401
  const isAccess = headerOf(token).typ === 'at+jwt'
  if (flaw !== 'type forgotten' && !isAccess) return 401
  if (flaw !== 'revocation forgotten' && ended.has(String(claims.sid))) return 401
  if (flaw === 'good tokens refused') return 403
  if (!permits(claims, route, flaw)) return 403
  const { freshWithinSeconds: seconds } = route
  const fresh =
    seconds === undefined || (typeof claims.auth_time === 'number' && now - claims.auth_time <= seconds)
  return fresh || flaw === 'sign-in of any age' ? undefined : 401
}

function permits(
  { scope, roles }: ReturnType<typeof claimsOf>,
  route: ToyRoute,
  flaw: Flaw | undefined,
): boolean {
  const hasRole = route.role === undefined || (Array.isArray(roles) && roles.includes(route.role))
  if (!hasRole && flaw !== 'role forgotten') return false
  const wanted = route.scope
  if (wanted === undefined || flaw === 'scope forgotten') return true
  const held = String(scope ?? '')
  return flaw === 'scope by its beginning' ? held.includes(wanted) : held.split(' ').includes(wanted)
}

const pemOf = ({ publicJwk }: SigningKey): string =>
  createPublicKey({ format: 'jwk', key: publicJwk as JsonWebKey })
    .export({ format: 'pem', type: 'spki' })
    .toString()

function isGenuine(token: string, key: SigningKey, flaw: Flaw | undefined): boolean {
  const [head = '', payload = '', signature = '', ...rest] = token.split('.')
  if (rest.length > 0) return false
  const { alg, kid, jwk } = headerOf(token)
  if (flaw === 'signature not checked') return alg === 'ES256' && signature !== ''
  if (flaw === 'alg none' && String(alg).toLowerCase() === 'none') return true
  const input = `${head}.${payload}`
  const isMac = (secret: string) =>
    createHmac('sha256', secret).update(input).digest('base64url') === signature && alg === 'HS256'
  if (flaw === 'tutorial secret' && isMac(TUTORIAL_SECRET)) return true
  if (flaw === 'public key as secret' && isMac(pemOf(key))) return true
  if (flaw === 'key from the header' && jwk !== undefined) return true
  if (alg !== 'ES256' || kid !== key.kid) return false
  return key.verification.verify(input, Buffer.from(signature, 'base64url'))
}
