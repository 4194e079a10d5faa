import { type Clock, guardedClock } from './base/clock.ts'
import { consoleLogger, type Logger } from './base/logger.ts'
import { systemRandom } from './base/random.ts'
import { RefusalAnswer } from './errors/refusal-answer.ts'
import { bearer } from './guard/credentials/bearer.ts'
import { createGate, type Gated } from './guard/gate.ts'
import { createGuard } from './guard/guard.ts'
import { guardRequestOf } from './guard/guard-request.ts'
import { createSockets } from './guard/sockets.ts'
import { type IssuerOptions, problemsOfIssuer } from './guard/verify/issuer-options.ts'
import { readRemote } from './guard/verify/read-remote.ts'
import { createRemoteIssuer } from './guard/verify/remote-issuer.ts'
import {
  type ApplicationCors,
  type ApplicationHeaders,
  applicationCors,
  applicationHeaders,
} from './http/application-edge.ts'
import { createCors } from './http/cors.ts'
import type { RenderRefusal } from './http/error-response.ts'
import { createRequestCounter } from './http/rate-limit.ts'
import { createRefuser, type RefusalReport } from './http/refuser.ts'
import { isSafeAddress } from './keys/issuer-document.ts'
import {
  type Access,
  type AccessLimit,
  anyone,
  limited,
  needs,
  type Requirement,
  signedIn,
} from './model/access.ts'
import type { GuardRequest } from './model/guard-request.ts'
import type { Principal } from './model/principal.ts'
import { memoryLimiter } from './store/hot/memory.ts'
import { isCacheSize } from './tokens/read-access.ts'

export type { Logger } from './base/logger.ts'
export { AuthError } from './errors/auth-error.ts'
export type { Cause, ClientCode } from './errors/codes.ts'
export type { Gated } from './guard/gate.ts'
export type { FollowedRevocations, IssuerOptions } from './guard/verify/issuer-options.ts'
export type { RefusalReport } from './http/refuser.ts'
export {
  Access,
  type AccessLimit,
  anyone,
  limited,
  needs,
  type Requirement,
  signedIn,
} from './model/access.ts'
export type { Principal } from './model/principal.ts'
export type { ClaimMap, ClaimPath } from './tokens/claim-map.ts'

/** What does not depend on the issuer. */
export interface ServiceOptions<Scope extends string = string> {
  /** The scopes this service asks for: a misspelt one does not compile then. */
  readonly scopes?: readonly Scope[] | Readonly<Record<Scope, string>>
  /** How much the memory for genuine signatures may take; 32 MiB unless said otherwise. */
  readonly cacheBytes?: number
  /**
   * Where the metadata of this API lies (RFC 9728), if it publishes any: each challenge of a 401 or 403 names it, so that a
   * client finds the issuer by itself.
   */
  readonly resourceMetadata?: string
  /** The origins whose pages may call this API from a browser, each in full; see `cors`. */
  readonly corsOrigins?: readonly string[]
  /** Whether this API is reached over https: then `headers` tell browsers to come by nothing else (HSTS). */
  readonly https?: boolean
  /** Your own body for refusals. Status, challenge and headers stay. */
  readonly renderRefusal?: RenderRefusal
  /** Told of each refusal. What it throws is logged and changes nothing. */
  readonly onRefusal?: (refusal: RefusalReport) => void | Promise<void>
  /** Where log lines go, as pino takes them; by default to standard error, each refusal while the issuers are on this machine. */
  readonly logger?: Logger
  /** For tests, and for networks that need a proxy. */
  readonly fetch?: typeof fetch
  /** For tests: another clock. */
  readonly clock?: Clock
}

/** One issuer, or several: then each token is judged by the keys and terms of the issuer it names, and by no other's. */
export type VerifierOptions<Scope extends string = string> = ServiceOptions<Scope> &
  (
    | (IssuerOptions & { readonly issuers?: never })
    | ({ readonly issuers: readonly IssuerOptions[] } & { readonly [Name in keyof IssuerOptions]?: never })
  )

/** What became of a check: who it is, or the answer to send. */
export type Verified<Who> =
  | { readonly ok: true; readonly principal: Who }
  | { readonly ok: false; readonly response: Response }

/** A service that checks tokens and makes none. */
export interface Verifier<Scope extends string = string> extends Gated {
  /**
   * Fetches keys and revocations. Called by the first request if by nobody else. Rejects if an issuer does not answer;
   * it is asked again in the background, and its tokens are refused with 503 until then.
   */
  ready(): Promise<void>
  /** Stops asking. */
  close(): Promise<void>
  /** Everybody may; nobody is looked at. */
  readonly anyone: Access<undefined>
  /** Whoever proves who they are. */
  readonly signedIn: Access<Principal<Readonly<Record<string, unknown>>, Scope>>
  /** Whoever also has what is needed. */
  needs(
    requirement: Requirement<Scope, Principal<Readonly<Record<string, unknown>>, Scope>>,
  ): Access<Principal<Readonly<Record<string, unknown>>, Scope>>
  /**
   * The same word with a limit, counted in this process for each account and client by itself, and for each address (/64 of
   * IPv6, as the adapter says it) where nobody is asked for.
   */
  limited<Who>(access: Access<Who>, limit: AccessLimit): Access<Who>
  /** CORS for your routes, for the origins of `corsOrigins`: `protect(app, verifier, { cors: verifier.cors })`. */
  readonly cors: ApplicationCors
  /** Security headers for your answers: `protect(app, verifier, { headers: verifier.headers.api })`. */
  readonly headers: ApplicationHeaders
  /** Checks a request of your own against an access word. Never rejects: what goes wrong denies. */
  check<Who>(
    request: Request,
    access: Access<Who>,
    info?: { readonly address?: string | undefined; readonly params?: GuardRequest['params'] },
  ): Promise<Verified<Who>>
}

const SERVICE_NAMES = [
  'scopes',
  'cacheBytes',
  'resourceMetadata',
  'corsOrigins',
  'https',
  'renderRefusal',
  'onRefusal',
  'logger',
  'fetch',
  'clock',
] as const satisfies (keyof ServiceOptions)[]

/**
 * Checks tokens that are made elsewhere: no database, no login code. The keys of each issuer are found by its metadata
 * and kept up to date in the background, its revocations where `revocations` says so; a checked request waits for
 * neither. Throws a TypeError that lists every problem of its options.
 *
 * ```ts
 * const verifier = createVerifier({
 *   issuer: 'https://auth.example.com',
 *   audience: 'https://api.example.com',
 *   scopes: ['orders:read'],
 *   revocations: { clientId: 'orders', clientSecret },
 * })
 * const checked = await verifier.check(request, verifier.needs({ scopes: ['orders:read'] }))
 * ```
 *
 * It does not check what a token is bound to (DPoP, mTLS): such tokens are refused.
 */
export function createVerifier<const Scope extends string = string>(
  options: VerifierOptions<Scope>,
): Verifier<Scope> {
  const issuers = readOptions(options)
  // Plain http is taken on this machine alone: there somebody is building, and wants to know why.
  const isAtHome = issuers.every(({ issuer }) => issuer.startsWith('http:'))
  const logger = options.logger ?? consoleLogger(isAtHome ? 'info' : 'warn')
  warnOfStateless(issuers, options.logger)

  const clock = options.clock ?? guardedClock()
  const parts = { fetch: options.fetch ?? fetch, clock, random: systemRandom, logger }
  const remotes = issuers.map((issuer) => createRemoteIssuer(issuer, parts))
  const report = (error: unknown): void => logger.error({ err: error }, 'a guard failed and refused')
  const { cacheBytes } = options
  const cache = cacheBytes === undefined ? {} : { cache: { maxBytes: cacheBytes } }
  const read = readRemote(remotes, { clock, report, ...cache })

  let started: Promise<void> | undefined
  let connected = false
  const ready = (): Promise<void> => {
    started ??= startAll(remotes).finally(() => {
      connected = true
      started = undefined
    })
    return started
  }
  const credentials = [bearer(read)]
  const { https = false, corsOrigins = [] } = options
  const countRequest = createRequestCounter({
    limiter: memoryLimiter({ clock, random: systemRandom }),
    isExempt: () => false,
    addressOf: ({ address }) => address,
  })
  const sockets = createSockets({ credentials, clock, report })
  const gate = createGate({
    guard: createGuard(credentials, clock, report, { countRequest }),
    hold: sockets.hold,
    refuse: createRefuser({
      random: systemRandom,
      logger,
      https,
      resourceMetadata: options.resourceMetadata,
      detailsInAnswer: false,
      renderRefusal: options.renderRefusal,
      onRefusal: options.onRefusal,
    }).refuse,
    // After the first attempt each token is judged by what is known of its own issuer.
    waiting: () => (connected ? undefined : ready()),
  })

  return {
    gate,
    ready,
    async close() {
      sockets.stop()
      await started?.catch(() => undefined)
      await Promise.all(remotes.map((remote) => remote.stop()))
    },
    anyone,
    signedIn: signedIn as Verifier<Scope>['signedIn'],
    needs: needs as Verifier<Scope>['needs'],
    limited,
    cors: applicationCors(createCors(corsOrigins)),
    headers: applicationHeaders({ https }),
    async check(request, access, facts) {
      const admission = await gate.admit(guardRequestOf(request, facts), access)
      if (admission instanceof RefusalAnswer) return { ok: false, response: admission.toResponse() }
      // The guard lets nobody in whom the access word does not, and the word types its principal.
      return { ok: true, principal: admission as never }
    },
  }
}

async function startAll(remotes: readonly { start(): Promise<void> }[]): Promise<void> {
  const started = await Promise.allSettled(remotes.map((remote) => remote.start()))
  const failed = started.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

function readOptions(options: VerifierOptions): readonly IssuerOptions[] {
  const own = Object.fromEntries(
    Object.entries(options).filter(([name]) => !SERVICE_NAMES.some((known) => known === name)),
  )
  const isList = Array.isArray(own.issuers)
  const issuers = (isList ? own.issuers : [own]) as readonly IssuerOptions[]
  const beside = isList ? Object.keys(own).filter((name) => name !== 'issuers') : []
  const problems = [
    ...beside.map((name) => `${name}: belongs to each of the issuers`),
    ...issuers.flatMap(problemsOfIssuer),
  ]
  const { resourceMetadata, cacheBytes } = options
  if (resourceMetadata !== undefined && !isSafeAddress(resourceMetadata)) {
    problems.push('resourceMetadata: https, or http on loopback')
  }
  for (const origin of options.corsOrigins ?? []) {
    if (!isOrigin(origin))
      problems.push(`corsOrigins: ${JSON.stringify(origin)} is no origin such as https://app.example.com`)
  }
  if (issuers.length === 0) problems.push('issuers: one or more are needed')
  if (new Set(issuers.map(({ issuer }) => issuer)).size < issuers.length)
    problems.push('issuers: one stands twice')
  if (cacheBytes !== undefined && !isCacheSize(cacheBytes)) problems.push('cacheBytes: from 0 to 16 GiB')
  if (problems.length > 0) throw new TypeError(`createVerifier(): ${problems.join('; ')}`)
  return issuers
}

/** In full, as browsers send it: no star, no path. */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text
}

/** Nobody should find out by an incident that a sign-out reaches nobody here. */
function warnOfStateless(issuers: readonly IssuerOptions[], logger: Logger | undefined): void {
  const silent = issuers.filter(({ revocations }) => revocations === undefined).map(({ issuer }) => issuer)
  if (silent.length === 0) return
  const message =
    'revocations are not followed: a token that was revoked counts here until it expires. ' +
    "Give `revocations` a client of the issuer, or say `revocations: 'stateless'`"
  if (logger === undefined) console.warn(`countersign: ${message} (${silent.join(', ')})`)
  else logger.warn({ issuers: silent }, message)
}
