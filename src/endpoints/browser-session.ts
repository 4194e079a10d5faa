import { z } from 'zod'
import { AuthError } from '../errors/auth-error.ts'
import {
  continueBrowserSession,
  type FromBrowser,
  makeBrowserSession,
  type Proven,
  type StartedBrowserSession,
  startBrowserSession,
  startProvenSession,
} from '../grants/browser-session.ts'
import type { FactorAnswer } from '../grants/challenge-answer.ts'
import { guardRequestOf } from '../guard/guard-request.ts'
import type { Reply } from '../http/reply.ts'
import { anyone, needs } from '../model/access.ts'
import { hashSecret } from '../tokens/secret-hash.ts'
import { csrfTokenOf, type SessionCookie } from '../tokens/session-cookie.ts'
import { answerOf, answerParts, challengeText } from './factor-schemas.ts'
import { OWN_DATA, SIGN_OUT } from './limits.ts'
import { json, noContent, principalOf, type RouteContext, route } from './route.ts'
import { loginText, passwordText } from './schemas.ts'

const REQUESTS = { count: 1200, periodMilliseconds: 60_000 }

const credentials = z
  .strictObject({
    username: loginText.meta({ description: 'User name or mail address.' }),
    password: passwordText,
  })
  .meta({ id: 'BrowserSignIn' })

export const sessionAnswer = z
  .object({
    csrf_token: z.string().meta({
      description: 'To be sent as `X-CSRF-Token` with every request that changes something.',
    }),
    expires_in: z.int().meta({ description: 'Seconds until the session ends, however often it is used.' }),
  })
  .meta({ id: 'BrowserSession' })

export const exampleSession = { csrf_token: '6Zk0…', expires_in: 43_200 }

const ownSessionAnswer = sessionAnswer
  .extend({
    user_id: z.uuid(),
    scope: z.string().meta({ description: 'What it may do, as of now.' }),
    roles: z.array(z.string()),
  })
  .meta({ id: 'OwnBrowserSession' })

const withCookie = needs({ via: ['session'] })

export const signIn = route({
  method: 'POST',
  path: '/session',
  access: anyone,
  limit: REQUESTS,
  tag: 'Sessions',
  style: 'problem',
  summary: 'Sign a browser in',
  description:
    'Sets the session cookie, which scripts cannot read, and answers with the token that shows that a request ' +
    'comes from your page. A session that the browser had ends. Only pages of this origin, and of those that ' +
    '`CORS_ORIGINS` names, may sign in.',
  body: {
    types: ['json', 'form'],
    schema: credentials,
    example: { username: 'alice', password: 'correct horse battery' },
  },
  answers: {
    200: { description: 'Signed in.', schema: sessionAnswer, example: exampleSession },
    401: { description: 'The name or the password is wrong.' },
    403: { description: '`mfa_required`, with the challenge to go on with; or the page is of another site.' },
    429: { description: 'Too many wrong passwords: wait as long as `Retry-After` says.' },
  },
  async handle(context) {
    return answerWithCookie(await openBrowserSession(context.body, context))
  },
})

export const goOn = route({
  method: 'POST',
  path: '/session/challenge',
  access: anyone,
  limit: REQUESTS,
  tag: 'Sessions',
  style: 'problem',
  summary: 'Sign a browser in by a second factor, or by a passkey alone',
  description:
    'Answers the challenge of `mfa_required` by a code, a recovery code or a passkey; or that of ' +
    '`/sign-in/passkey/options`, by which a passkey signs in alone. After `/sign-in/enrolment/…` the new challenge is ' +
    'enough.',
  body: {
    types: ['json'],
    schema: z
      .strictObject({ challenge_token: challengeText, ...answerParts })
      .meta({ id: 'ChallengeAnswer' }),
    example: { challenge_token: 'cs_challenge_s1.…', code: '123456' },
  },
  answers: {
    200: { description: 'Signed in.', schema: sessionAnswer, example: exampleSession },
    401: { description: 'The answer is wrong, or the challenge is over.' },
    403: { description: 'The page is of another site.' },
    429: { description: 'Too many wrong tries: wait as long as `Retry-After` says.' },
  },
  async handle(context) {
    const { body } = context
    return answerWithCookie(await goOnInBrowser(body.challenge_token, answerOf(body), context))
  },
})

export const readSession = route({
  method: 'GET',
  path: '/session',
  access: withCookie,
  limit: OWN_DATA,
  tag: 'Sessions',
  style: 'problem',
  summary: 'My browser session',
  description: 'For a page that was loaded anew: its CSRF token, and whose session it is.',
  answers: {
    200: {
      description: 'Signed in.',
      schema: ownSessionAnswer,
      example: {
        ...exampleSession,
        user_id: '6f1c1b1e-1f5d-4c38-9d0a-0f7f8e9a1b2c',
        scope: 'profile:read',
        roles: ['user'],
      },
    },
  },
  handle(context) {
    const { services, request } = context
    const cookie = services.sessionCookies.read(guardRequestOf(request))
    if (cookie === undefined) throw new AuthError('SESSION_ENDED')
    const { id: user_id, scopes, roles, expiresAt } = principalOf(context)
    const expires_in = expiresAt - Math.floor(services.grants.clock.now() / 1000)
    const scope = scopes.join(' ')
    return json({ csrf_token: csrfTokenOf(cookie.secret), expires_in, user_id, scope, roles })
  },
})

export const signOut = route({
  method: 'DELETE',
  path: '/session',
  access: withCookie,
  limit: SIGN_OUT,
  tag: 'Sessions',
  style: 'problem',
  summary: 'Sign a browser out',
  description: 'Ends the session of the cookie, and takes the cookie away.',
  answers: { 204: { description: 'Signed out.' } },
  async handle(context) {
    const { services, request } = context
    const cookie = services.sessionCookies.read(guardRequestOf(request))
    if (cookie !== undefined) await endBrowserSession(cookie, context)
    return noContent({ 'set-cookie': services.sessionCookies.cleared })
  },
})

/** A session that has begun, and the value of Set-Cookie that gives it to the browser. */
export interface OpenedBrowserSession {
  readonly session: SessionCookie
  readonly expires_in: number
  readonly set: string
  /** By which the browser is known again, where there is news. */
  readonly device: readonly string[]
}

type InBrowser = Pick<RouteContext, 'services' | 'origin' | 'request'>

/** Signs a browser in by password. Throws where the request is of a page of another site. */
export async function openBrowserSession(
  { username, password }: z.output<typeof credentials>,
  context: InBrowser,
): Promise<OpenedBrowserSession> {
  refuseForeignSignIn(context)
  const asked = { username, password, ...replacing(context) }
  const { grants } = context.services
  const start = () => startBrowserSession(asked, grants)
  return opened(await grants.refusedSignIns.watch(asked.origin, start), context)
}

/**
 * Goes on with a sign-in that was answered `mfa_required`, or signs in by a passkey alone. Throws where the request is of
 * a page of another site.
 */
export async function goOnInBrowser(
  challenge: string,
  answer: FactorAnswer,
  context: InBrowser,
): Promise<OpenedBrowserSession> {
  refuseForeignSignIn(context)
  const answered = { challenge, answer, ...replacing(context) }
  const { grants } = context.services
  const goOn = () => continueBrowserSession(answered, grants)
  return opened(await grants.refusedSignIns.watch(answered.origin, goOn), context)
}

/**
 * Signs a browser in whose user has proven who they are elsewhere. That the request belongs to a sign-in of this browser is
 * for `prove` to see.
 */
export async function openProvenSession(
  prove: () => Promise<Omit<Proven, 'client'>>,
  context: InBrowser,
): Promise<OpenedBrowserSession> {
  const from = replacing(context)
  const { grants } = context.services
  const start = async () => startProvenSession(await prove(), from, grants)
  return opened(await grants.refusedSignIns.watch(from.origin, start), context)
}

/** A session of a new id for somebody who is signed in and has proven who they are once more. */
export async function replaceBrowserSession(
  proven: Proven,
  context: InBrowser,
): Promise<OpenedBrowserSession> {
  return opened(await makeBrowserSession(proven, replacing(context), context.services.grants), context)
}

/** Rule F-5. */
function refuseForeignSignIn({ services, request }: InBrowser): void {
  if (!services.sessionCookies.maySignIn(guardRequestOf(request))) throw new AuthError('CSRF_ORIGIN')
}

/** The session of the request's cookie ends when a new one takes its place. */
function replacing(context: InBrowser): FromBrowser {
  const { sessionCookies, knownDevices } = context.services
  const asked = guardRequestOf(context.request)
  const former = sessionCookies.read(asked)
  return {
    origin: { ...context.origin, device: knownDevices.read(asked) },
    async endFormer() {
      if (former !== undefined) await endBrowserSession(former, context)
    },
  }
}

function opened(
  { cookie, limits }: StartedBrowserSession,
  { services, request }: InBrowser,
): OpenedBrowserSession {
  const expires_in = Math.floor(limits.lifeMilliseconds / 1000)
  return {
    session: cookie,
    expires_in,
    set: services.sessionCookies.set(cookie, expires_in),
    device: services.knownDevices.remember(guardRequestOf(request), cookie.userId),
  }
}

export function answerWithCookie({ session, expires_in, set, device }: OpenedBrowserSession): Reply {
  return { ...json({ csrf_token: csrfTokenOf(session.secret), expires_in }), cookies: [set, ...device] }
}

/** Ends the session that a cookie holds; nothing happens if it has ended already. */
export async function endBrowserSession(
  { userId, sessionId, secret }: SessionCookie,
  { services, origin }: Pick<RouteContext, 'services' | 'origin'>,
): Promise<void> {
  const { store, hooks, revocationsChanged, inBackground } = services.grants
  const by = { ...origin, actor: { kind: 'user', id: userId } } as const
  const event = { name: 'session.ended', origin: by, userId, sessionId } as const
  const held = { userId, id: sessionId, secretHash: hashSecret(secret), why: 'logout' } as const
  if (!(await store.sessions.end(held, event))) return
  await revocationsChanged()
  inBackground(() => hooks.after?.signOut?.({ id: sessionId, userId }, origin))
}
