import { guardedClock } from './base/clock.ts'
import { consoleLogger, type Logger } from './base/logger.ts'
import { systemRandom } from './base/random.ts'
import { isJsonObject } from './base/strict-json.ts'
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
import { createRequestCounter } from './http/rate-limit.ts'
import { createRefuser } from './http/refuser.ts'
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
import { problemsOfService, type ServiceOptions, withoutService } from './verifier-options.ts'

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
export type { ServiceOptions } from './verifier-options.ts'

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
  const { issuers: several, ...own } = withoutService(options)
  const given = several === undefined ? [own] : several
  const issuers: readonly IssuerOptions[] = Array.isArray(given) ? given : []
  const beside = several === undefined ? [] : Object.keys(own)
  const problems = [
    ...beside.map((name) => `${name}: belongs to each of the issuers`),
    ...problemsOfService(options),
    ...issuers.flatMap(problemsOfIssuer),
  ]
  if (issuers.length === 0) problems.push('issuers: a list of one or more is needed')
  const names = issuers.filter(isJsonObject).map(({ issuer }) => issuer)
  if (new Set(names).size < names.length) problems.push('issuers: one stands twice')
  if (problems.length > 0) throw new TypeError(`createVerifier(): ${problems.join('; ')}`)
  return issuers
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
