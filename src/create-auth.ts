import type { Auth } from './auth.ts'
import type { AuthOptions, Fields } from './auth-options.ts'
import type { BuiltInScope } from './config/settings/permissions.ts'
import { createDispatcher } from './endpoints/dispatcher.ts'
import { pageRoutes } from './endpoints/pages/routes.ts'
import { createRouter } from './endpoints/router.ts'
import { routes } from './endpoints/routes.ts'
import { AuthError } from './errors/auth-error.ts'
import { RefusalAnswer } from './errors/refusal-answer.ts'
import { createRefusals, explain } from './explain.ts'
import { mint } from './grants/mint.ts'
import { signOwnToken, type TokenBounds } from './grants/own-token.ts'
import { findOwnerNow, isHeld } from './grants/owner-now.ts'
import { startSession } from './grants/session-start.ts'
import { createGate } from './guard/gate.ts'
import { guardRequestOf, socketRequestOf } from './guard/guard-request.ts'
import { applicationCors, applicationHeaders } from './http/application-edge.ts'
import { createRefuser } from './http/refuser.ts'
import { toResponse } from './http/reply.ts'
import { resourceMetadataAddress } from './http/resource-metadata.ts'
import { tiesToHttps } from './http/strict-transport.ts'
import { anyone, limited, needs, signedIn } from './model/access.ts'
import { FIRST_PARTY } from './model/client.ts'
import { describeOwnRoutes } from './openapi/own-routes.ts'
import { counted, forOwnCode, originOf } from './own-code.ts'
import type { PostgresStore } from './store/postgres/postgres-store.ts'
import { retryDelivery } from './webhooks/retry.ts'
import { wire } from './wiring/wire.ts'

/**
 * An issuer in this process. Throws a ConfigError that lists every problem of its options; connects when `ready` is
 * called or the first request comes.
 *
 * ```ts
 * const auth = createAuth({
 *   issuer: 'https://app.example.com',
 *   secretKey: process.env.SECRET_KEY,
 *   scopes: { 'orders:read': 'See your orders' },
 * })
 * const checked = await auth.check(request, auth.needs({ scopes: ['orders:read'] }))
 * ```
 *
 * Settings come from these options alone: environment variables, `.env` and `countersign.config.ts` are read by the
 * commands, not here.
 */
export function createAuth<
  const Scope extends string = never,
  Profile extends Fields = Fields,
  Claims extends Fields = Fields,
>(options: AuthOptions<Scope, Profile, Claims> = {}): Auth<Scope | BuiltInScope, Profile, Claims> {
  const wired = wire(options as AuthOptions, routes)
  const { services, logger, start, stop } = wired
  const { grants, accounts, keys, clients, declarations } = services
  const { store } = grants
  const https = tiesToHttps(grants.settings.issuer)
  const refuser = createRefuser({
    random: grants.random,
    logger,
    https,
    resourceMetadata: resourceMetadataAddress(grants.settings),
    detailsInAnswer: services.development,
    renderRefusal: options.renderRefusal,
    observe: wired.observeRefusal,
    onRefusal: options.onRefusal,
  })
  const served = services.pages === undefined ? routes : [...routes, ...pageRoutes]
  const dispatch = createDispatcher({ routes: served, services, logger, refuser })
  const router = createRouter(served)

  let started: Promise<void> | undefined
  let connected = false
  const ready = (): Promise<void> => {
    started ??= start().then(
      () => {
        connected = true
      },
      (error: unknown) => {
        started = undefined
        throw error
      },
    )
    return started
  }
  const gate = createGate({
    guard: wired.guard,
    hold: wired.hold,
    refuse: (refusal, request, access) => {
      const { method, target } = request
      const address = services.addresses.clientOf(request.address, request.header('x-forwarded-for'))
      return refuser.refuse(refusal, { method, target, address, carried: request }, access)
    },
    waiting: () => (connected ? undefined : ready()),
  })

  /** Runs work of the application's own code, once everything is connected. */
  const whenReady = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    await ready()
    return work()
  }
  const user = async (id: string) => {
    const found = await store.users.find(id)
    if (found === undefined) throw new AuthError('NOT_FOUND')
    return found
  }
  /** Of what has ended a token would be made under counters that were raised for its end. */
  const ownerNow = async (within: TokenBounds) => {
    const owner = await findOwnerNow(within, store)
    if (owner !== undefined) return owner
    throw new AuthError('SESSION_ENDED', { details: { userId: within.id } })
  }
  const activeClient = async (id: string) => {
    const client = await store.clients.find(id)
    if (client?.state !== 'active') throw new AuthError('CLIENT_UNKNOWN', { details: { clientId: id } })
    return client
  }

  const refusals = createRefusals(store, services.refusalLog)
  const { revocationsChanged } = grants
  const { reset: resetFactors } = services.secondFactors
  const own = forOwnCode({ store, accounts, revocationsChanged, resetFactors, whenReady })

  const reply: Auth['reply'] = async (request, info) => {
    const unready = await ready().then(
      () => undefined,
      (error: unknown) => error,
    )
    return dispatch(request, info, unready)
  }

  const auth: Auth = {
    issuer: grants.settings.issuer,
    node: wired.node,
    ready,
    drain: wired.drain,
    async close() {
      await started?.catch(() => undefined)
      await stop()
    },

    reply,
    fetch: async (request, info) => toResponse(await reply(request, info)),
    handles: router.has,

    anyone,
    signedIn,
    needs,
    limited,
    gate,
    cors: applicationCors(services.cors),
    headers: applicationHeaders({ https }),
    openapi: describeOwnRoutes({
      issuer: grants.settings.issuer,
      scopes: grants.policy.scopes,
      passwordGrant: grants.settings.passwordGrant,
    }),
    async check(request, access, facts) {
      const admission = await gate.admit(guardRequestOf(request, facts), access)
      if (admission instanceof RefusalAnswer) return { ok: false, response: admission.toResponse() }
      // The guard lets nobody in whom the access word does not, and the word types its principal.
      return { ok: true, principal: admission as never }
    },

    sockets: {
      async accept(request, access = needs({ via: ['ws-ticket'] }) as never) {
        const asked = socketRequestOf(request)
        const admission = await gate.admit(asked, access)
        if (admission instanceof RefusalAnswer) return { ok: false, response: admission.toResponse() }
        return {
          ok: true,
          principal: admission as never,
          // Where anyone may come in there is nothing that ends.
          hold: (socket) => (admission === undefined ? () => undefined : gate.hold(asked, socket, admission)),
        }
      },
    },

    tokens: {
      issue: ({ userId, scopes, lifetimeSeconds = grants.settings.accessLifeSeconds, within }) =>
        whenReady(async () => {
          // Of before what it is made from was read: one signed late is over early, and does not outlive what ends it.
          const before = { asOf: wired.storeNow(), storeEpoch: wired.storeEpoch() }
          const asked = within?.id === userId && isHeld(within) ? ownerNow(within) : user(userId)
          const [owner, client] = await Promise.all([asked, activeClient(within?.clientId ?? FIRST_PARTY)])
          await grants.keyRing.freshen()
          return signOwnToken({ owner, client, scopes, lifetimeSeconds, within, ...before }, grants)
        }),
    },

    sessions: {
      start: ({ userId, amr, scopes, clientId = FIRST_PARTY, origin }) =>
        whenReady(async () => {
          const [owner, client] = await Promise.all([user(userId), activeClient(clientId)])
          await grants.keyRing.freshen()
          const by = originOf(origin)
          const signIn = { user: owner, client, scope: scopes, amr, origin: by, goesOnAt: 'token' } as const
          return mint(await startSession(signIn, grants), client, grants)
        }),
      ...own.sessions,
    },
    users: own.users,
    providers: {
      token: (userId, provider) => whenReady(() => services.providerTokens.find(userId, provider)),
      connections: (userId) => whenReady(async () => [...(await services.identities.list(userId))]),
      disconnect: (userId, id, by) =>
        whenReady(() =>
          services.identities.remove({ id: userId, sessionId: undefined }, id, {
            origin: originOf(by),
            language: undefined,
          }),
        ),
    },
    invite: ({ language, ...invitation }, by) =>
      whenReady(() => services.invitations.invite(invitation, { origin: originOf(by), language })),
    invitations: (page) => whenReady(() => services.invitations.list(counted(page))),
    withdrawInvitation: (email, by) =>
      whenReady(() => services.invitations.withdraw(email, { origin: originOf(by) })),
    apiKeys: {
      create: (key, by) => whenReady(() => services.apiKeys.make(key, originOf(by))),
      list: (userId) => whenReady(() => services.apiKeys.list(userId)),
      revoke: (userId, id, by) => whenReady(() => services.apiKeys.revoke({ userId, id }, originOf(by))),
      confirm: (userId, id, by) => whenReady(() => services.apiKeys.confirm({ userId, id }, originOf(by))),
    },
    events: own.events,
    refusals: {
      find: (reference) => whenReady(() => refusals.find(reference)),
      list: (filter) => whenReady(() => refusals.list(filter)),
      counts: (since) => whenReady(() => refusals.counts(since)),
      contextOf: (record) => whenReady(() => refusals.contextOf(record)),
    },
    liveNodes: () => whenReady(() => store.nodes.live()),
    survey: () => whenReady(wired.survey),
    explain: (subject) => whenReady(() => explain(subject, refusals, wired.storeNow() / 1000)),
    webhooks: {
      list: (filter) => whenReady(() => store.webhooks.list(counted(filter))),
      retry: (id, by) => whenReady(() => retryDelivery(store, id, originOf(by))),
    },
    keys: {
      list: () => whenReady(keys.list),
      rotate: ({ use = 'access', algorithm, now = false } = {}, by) =>
        whenReady(() =>
          now ? keys.rotateNow(use, originOf(by)) : keys.rotate({ use, algorithm }, originOf(by)),
        ),
      retire: (kid, by) => whenReady(() => keys.retire(kid, originOf(by))),
      revoke: (kid, by) => whenReady(() => keys.revoke(kid, originOf(by))),
      import: (jwk, { use = 'access' } = {}, by) => whenReady(() => keys.import(jwk, use, originOf(by))),
      exportSecret: () => whenReady(async () => keys.exportSecret()),
      publicKeys: () => whenReady(keys.publicKeys),
      liveSessions: () => whenReady(keys.liveSessions),
    },

    clients: {
      create: (client, by) => whenReady(() => clients.create(client, originOf(by))),
      find: (id) => whenReady(() => store.clients.find(id)),
      list: (page) => whenReady(() => store.clients.list(counted(page))),
      change: (id, change, by) => whenReady(() => clients.change(id, change, originOf(by))),
      rotateSecret: (id, rotation = {}, by) =>
        whenReady(() => clients.rotateSecret(id, rotation, originOf(by))),
      remove: (id, by) => whenReady(() => clients.remove(id, originOf(by))),
    },

    declarations: {
      read: () => whenReady(declarations.read),
      plan: (document, options) => whenReady(() => declarations.plan(document, options)),
      apply: (plan, by) => whenReady(() => declarations.apply(plan, originOf(by))),
    },

    withTransaction(client) {
      if (!('withTransaction' in store)) {
        throw new TypeError('withTransaction: only with PostgreSQL can a transaction be shared')
      }
      const bound = (store as PostgresStore).withTransaction(client)
      const quiet = async (): Promise<void> => undefined
      const inside = { store: bound, revocationsChanged: quiet }
      return {
        ...forOwnCode({ ...inside, accounts: wired.accountsOn(inside), whenReady }),
        committed: () => whenReady(grants.revocationsChanged),
      }
    },

    migrate: (report) => store.migrate(report),
    declareRestored: (by) => wired.declareRestored(originOf(by)),
    upkeep: {
      expiredRows: () => whenReady(() => store.expired()),
      cleanUp: (limit) => whenReady(() => store.cleanUp(limit)),
    },
  }
  // Types narrow what the application declared; at run time scopes, profile and claims are what they are.
  return auth as unknown as Auth<Scope | BuiltInScope, Profile, Claims>
}
