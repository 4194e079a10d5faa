import { z } from 'zod'
import { AuthError } from '../errors/auth-error.ts'
import { Refusal } from '../errors/refusal.ts'
import { readBearer } from '../guard/credentials/bearer.ts'
import { guardRequestOf } from '../guard/guard-request.ts'
import { anyone } from '../model/access.ts'
import { text } from '../model/text-field.ts'
import { hashSecret } from '../tokens/secret-hash.ts'
import type { SessionCookie } from '../tokens/session-cookie.ts'
import { endBrowserSession } from './browser-session.ts'
import { endHeldSession, type Held } from './end-held-session.ts'
import { genuine } from './genuine.ts'
import { SIGN_OUT } from './limits.ts'
import { noContent, type RouteContext, route } from './route.ts'

const parameters = z.looseObject({ refresh_token: text(1000).optional() }).meta({ id: 'LogoutRequest' })

export const logout = route({
  method: 'POST',
  path: '/logout',
  access: anyone,
  limit: SIGN_OUT,
  credential: 'optional',
  tag: 'Tokens',
  style: 'problem',
  summary: 'Sign out',
  description:
    'Ends the session of the access token (an expired one will do), of the `refresh_token` in the body, or of the ' +
    'session cookie (with its CSRF token). ' +
    'Answers 204 whether or not there was a session to end; 503 if that could not be written.',
  body: { types: ['json', 'form'], schema: parameters, optional: true },
  answers: { 204: { description: 'Signed out.' }, 503: { description: 'Not signed out: try again.' } },
  async handle(context) {
    const { services, origin } = context
    const { hooks, inBackground } = services.grants
    const cookie = heldByCookie(context)
    if (cookie !== undefined) await endBrowserSession(cookie, context)
    for (const held of [heldByAccessToken(context), heldByRefreshToken(context)]) {
      if (held === undefined) continue
      const { id: sessionId, userId } = held
      const event = {
        name: 'session.ended',
        origin: { ...origin, actor: { kind: 'user', id: userId } },
        userId,
        sessionId,
      } as const
      if (!(await endHeldSession(held, 'logout', event, services.grants))) continue
      inBackground(() => hooks.after?.signOut?.({ id: sessionId, userId }, origin))
    }
    return noContent(cookie === undefined ? {} : { 'set-cookie': services.sessionCookies.cleared })
  },
})

/** Not signed out by a page of another site, and told so: 204 would be a lie. */
function heldByCookie({ request, services }: RouteContext): SessionCookie | undefined {
  const asked = guardRequestOf(request)
  const cookie = services.sessionCookies.read(asked)
  const forged = cookie && services.sessionCookies.refuseForgery(asked, cookie)
  if (forged !== undefined) throw new AuthError(forged)
  return cookie
}

function heldByAccessToken({ request, services }: RouteContext): Held | undefined {
  const text = readBearer(request.headers.get('authorization') ?? undefined)
  if (text === undefined || text instanceof Refusal) return undefined
  const token = genuine(services.readExpired(text))
  if (token?.sessionId === undefined) return undefined
  const standing = services.readAccess(text)
  const isOver = standing instanceof Refusal && standing.code === 'TOKEN_EXPIRED'
  return { userId: token.claims.sub, id: token.sessionId, isOver }
}

function heldByRefreshToken({ body, services }: RouteContext): Held | undefined {
  const text = parameters.safeParse(body).data?.refresh_token
  const token = text === undefined ? undefined : genuine(services.grants.refreshTokens.read(text))
  if (token === undefined) return undefined
  return { userId: token.userId, id: token.sessionId, secretHash: hashSecret(token.sessionSecret) }
}
