import { toSeconds } from '../../base/clock.ts'
import { AuthError } from '../../errors/auth-error.ts'
import { guardRequestOf } from '../../guard/guard-request.ts'
import { fitsCookie } from '../../http/own-cookies.ts'
import type { Reply } from '../../http/reply.ts'
import { readReturnPath } from '../../http/return-path.ts'
import { ATTEMPT_LIFE_SECONDS, type Attempt, type AttemptPurpose } from '../../login/social/attempt.ts'
import type { ProviderConnection } from '../../login/social/connection.ts'
import type { ProviderAssertion } from '../../login/social/provider.ts'
import { callbackPath } from '../../login/social/providers.ts'
import { isRecentProof, RECENT_PROOF_SECONDS } from '../../model/recent-proof.ts'
import { NOBODY_KNOWS_WHEN } from '../../model/session.ts'
import { connectionsPage } from '../../pages/connections.ts'
import { principalOf, type RouteContext } from '../route.ts'
import { askNewcomer, lacksFields } from './newcomer.ts'
import type { PageHandler } from './page-route.ts'
import { CONNECTIONS, failed, signInProven } from './provider-sign-in.ts'
import { findSignedIn } from './signed-in.ts'
import { callerIn, openView, pagesOf, queryOf, seeOther } from './view.ts'

/** Sends the browser to the provider. A link of any page may lead here: nothing is done until somebody comes back. */
export const goToProvider: PageHandler = async (context) => {
  const { searchParams } = new URL(context.request.url)
  const returnTo = readReturnPath(searchParams.get('return_to') ?? undefined)
  const anew = searchParams.get('prompt') === 'login' ? true : undefined
  return begin({ returnTo, anew }, context)
}

/** The same for whoever is signed in and wants to connect it; a form of ours, so that no other site begins it. */
export const connect: PageHandler = async (context) => {
  const { id: userId, sessionId } = principalOf(context)
  if (sessionId === undefined) throw new AuthError('SESSION_ENDED')
  return begin({ owner: { userId, sessionId } }, context)
}

/**
 * Somebody comes back from a provider. What they bring counts only with the cookie of this attempt, once (rule D1), and
 * for what the attempt was for.
 */
export const comeBack: PageHandler = async (context) => {
  const { request, services } = context
  const connection = connectionOf(context)
  const answer = new URL(request.url).searchParams
  const state = only(answer, 'state')
  const { attemptCookies } = pagesOf(services)
  const { attempts } = services.providers
  let attempt: Attempt | undefined
  let reply: Reply
  try {
    const text = attemptCookies.read(guardRequestOf(request), state)
    attempt = attempts.open(text, connection.provider.id, state)
    await attempts.spend(attempt)
    reply =
      attempt.owner === undefined
        ? await signIn(connection, answer, attempt, context)
        : await addConnection(connection, answer, attempt, attempt.owner, context)
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    reply = failed(error, attempt, context)
  }
  // What did not open it takes nothing away from the one that will.
  const cleared = attempt === undefined ? [] : [attemptCookies.cleared(state)]
  return { ...reply, cookies: [...(reply.cookies ?? []), ...cleared] }
}

const POSTED = ['code', 'state', 'iss', 'error', 'user'] as const
const LONGEST_POSTED = 8192

/**
 * A form from another site comes without our cookies, for they are `SameSite=Lax`; the address it is sent on to is opened
 * like any link, and with them.
 */
export const comeBackByForm: PageHandler = async (context) => {
  const { body, services } = context
  const { provider } = connectionOf(context)
  const posted = POSTED.map((name): [string, string | undefined] => [name, body[name]])
  const query = queryOf(Object.fromEntries(posted))
  if (query.length > LONGEST_POSTED) throw new AuthError('REQUEST_INVALID')
  return seeOther(pagesOf(services).base + callbackPath(provider.id) + query)
}

export const showConnections: PageHandler = async (context) => {
  const { services } = context
  const { list } = services.providers
  const [view, identities] = await Promise.all([
    openView(context),
    services.identities.list(principalOf(context).id),
  ])
  const done = view.note?.done
  const page = connectionsPage(view.frame, view.state, {
    identities,
    providers: list,
    done: done === 'added' || done === 'removed' || done === 'gone' ? done : undefined,
  })
  // Browsers hold every redirect after a form against the policy of the form's page, and a provider may lead on to more
  // hosts than its metadata names: login.live.com for accounts of Microsoft.
  const anywhere = services.development ? ['https:', 'http:'] : ['https:']
  return view.send(page, { policy: { 'form-action': list.length === 0 ? [] : anywhere } })
}

export const removeConnection: PageHandler = async (context) => {
  const { params, services } = context
  const removed = await services.identities.remove(principalOf(context), params.id ?? '', callerIn(context))
  return connectionsDone(removed ? 'removed' : 'gone', services)
}

/** The provider that the path names. */
function connectionOf({ params, services }: Pick<RouteContext, 'params' | 'services'>): ProviderConnection {
  const connection = services.providers.find(params.provider ?? '')
  if (connection === undefined) throw new AuthError('NOT_FOUND')
  return connection
}

/** A parameter that stands there once; empty otherwise, which no state is. */
function only(answer: URLSearchParams, name: string): string {
  const [value = '', ...more] = answer.getAll(name)
  return more.length === 0 && value.length <= 200 ? value : ''
}

async function begin(purpose: AttemptPurpose, context: Parameters<PageHandler>[0]): Promise<Reply> {
  const { request, services } = context
  const connection = connectionOf(context)
  const { attempts } = services.providers
  const { attemptCookies } = pagesOf(services)
  try {
    const whole = attempts.begin(connection.provider.id, purpose)
    // A way back that no cookie holds is left out: who comes back is led to their account.
    const { attempt, text } = fitsCookie(whole.text)
      ? whole
      : attempts.begin(connection.provider.id, { ...purpose, returnTo: undefined })
    const url = await connection.authorizationUrl(attempt)
    return seeOther(url.href, attemptCookies.keep(guardRequestOf(request), attempt.state, text))
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return failed(error, purpose, context)
  }
}

async function signIn(
  connection: ProviderConnection,
  answer: URLSearchParams,
  attempt: Attempt,
  context: Parameters<PageHandler>[0],
): Promise<Reply> {
  const { services } = context
  const { returnTo } = attempt
  const assertion = await connection.complete(answer, attempt)
  const authenticatedAt = provenAt(assertion)
  if (attempt.anew === true) refuseStale(authenticatedAt, context)
  try {
    return await signInProven({ assertion, authenticatedAt, returnTo }, context)
  } catch (error) {
    if (!lacksFields(error, services)) throw error
    const { provider, person, tokens } = assertion
    const { clock } = services.grants
    const newcomer = {
      provider: provider.id,
      issuer: provider.protocol.issuer,
      person,
      authenticatedAt: authenticatedAt ?? clock.now(),
      returnTo,
      ...(provider.keepsTokens && { tokens }),
    }
    return askNewcomer(newcomer, context)
  }
}

/**
 * When somebody proved themselves who comes from a provider: its own session may be older than a moment, and answers
 * without a word to the person. Undefined for now.
 */
function provenAt({ provider, authenticatedAt }: ProviderAssertion): number | undefined {
  if (authenticatedAt === undefined && provider.trustsRecency) return undefined
  return authenticatedAt ?? NOBODY_KNOWS_WHEN
}

/** A provider may have passed over that it was asked for a proof anew. */
function refuseStale(
  authenticatedAt: number | undefined,
  { services }: Pick<RouteContext, 'services'>,
): void {
  const { clock } = services.grants
  if (authenticatedAt === undefined || clock.now() - authenticatedAt <= RECENT_PROOF_SECONDS * 1000) return
  throw new AuthError('PROVIDER_SIGN_IN_OLD', { challenge: { maxAgeSeconds: RECENT_PROOF_SECONDS } })
}

/** For whoever is still signed in as the one who began it, and has proven that a moment ago. */
async function addConnection(
  connection: ProviderConnection,
  answer: URLSearchParams,
  attempt: Attempt,
  owner: NonNullable<Attempt['owner']>,
  context: Parameters<PageHandler>[0],
): Promise<Reply> {
  const { services } = context
  const { clock, store } = services.grants
  // Before the session is looked at: what ends it while the provider is asked raises the epoch that was read here.
  const user = await store.users.find(owner.userId)
  const principal = await findSignedIn(context)
  const isTheirs = principal?.id === owner.userId && principal.sessionId === owner.sessionId
  if (user === undefined || !isTheirs || !(await store.sessions.findOwner(owner.userId, owner.sessionId))) {
    throw new AuthError('STATE_COOKIE_MISSING', { details: { why: 'another session' } })
  }
  // What was recent when it began may take as long as the attempt may.
  const withinSeconds = RECENT_PROOF_SECONDS + ATTEMPT_LIFE_SECONDS
  if (!isRecentProof(principal.authTime, withinSeconds, toSeconds(clock.now()))) {
    throw new AuthError('REAUTHENTICATION_REQUIRED', { challenge: { maxAgeSeconds: RECENT_PROOF_SECONDS } })
  }
  const assertion = await connection.complete(answer, attempt)
  const origin = { ...context.origin, actor: { kind: 'user', id: owner.userId } } as const
  await services.identities.connect(user, assertion, { ...callerIn(context), origin })
  await services.providerTokens.keep(assertion)
  return connectionsDone('added', services)
}

function connectionsDone(done: string, services: RouteContext['services']): Reply {
  const { base, cookies } = pagesOf(services)
  return seeOther(base + CONNECTIONS, [cookies.writeNote({ page: CONNECTIONS, done })])
}
