import { z } from 'zod'
import type { Origin } from '../audit/events.ts'
import { WRONG_CLOCK_MILLISECONDS } from '../base/clock.ts'
import { AuthError } from '../errors/auth-error.ts'
import { anyone } from '../model/access.ts'
import { hashSecret } from '../tokens/secret-hash.ts'
import { clientOf, countClient } from './client-request.ts'
import { endHeldSession } from './end-held-session.ts'
import { genuine } from './genuine.ts'
import { json, type RouteContext, route } from './route.ts'
import { clientParts, presentedToken } from './schemas.ts'

const parameters = z.looseObject({ ...presentedToken, ...clientParts }).meta({ id: 'RevocationRequest' })

/** Services revoke as people sign out; the cost is that of a sign-out. */
const REQUESTS = { count: 1200, periodMilliseconds: 60_000 }

/**
 * Token revocation (RFC 7009). A refresh token ends its session, whichever generation it is of; an access token ends
 * alone. What is unknown, forged or over is answered as if it had been revoked.
 */
export const revoke = route({
  method: 'POST',
  path: '/revoke',
  access: anyone,
  limit: REQUESTS,
  tag: 'Tokens',
  style: 'oauth',
  summary: 'Revoke a token',
  description:
    'RFC 7009. A refresh token ends its session and every access token of it; an access token ends alone (after 16 of ' +
    'one session the session ends). 200 also for a token that is not known or over; 503 if it could not be written.',
  body: { types: ['form'], schema: parameters, example: { token: 'cs_rt_AQ…' } },
  answers: {
    200: { description: 'The token is not good any more.', schema: z.strictObject({}), example: {} },
    400: { description: 'Nothing to revoke was sent, or the token is of another client.' },
    401: { description: '`invalid_client`.' },
    503: { description: 'Not revoked: try again.' },
  },
  async handle(context) {
    const { token } = context.body
    const { client } = await clientOf(context, context.body)
    await countClient(client, context)
    const origin: Origin = { ...context.origin, actor: { kind: 'client', id: client.id } }
    const isRefreshToken = await revokeRefreshToken(token, client.id, origin, context)
    if (!isRefreshToken) await revokeAccessToken(token, client.id, origin, context)
    // Clients take any other type than JSON for an error, even of an empty body.
    return json({})
  },
})

/** Whether it is a refresh token of ours at all. */
async function revokeRefreshToken(
  text: string,
  clientId: string,
  origin: Origin,
  { services }: RouteContext,
): Promise<boolean> {
  const { store, refreshTokens } = services.grants
  const token = genuine(refreshTokens.read(text))
  if (token === undefined) return false
  const held = { userId: token.userId, id: token.sessionId, secretHash: hashSecret(token.sessionSecret) }
  const found = await store.sessions.inspect(held)
  if (found !== undefined && found.session.clientId !== clientId) throw ofOther(found.session.clientId)
  const event = {
    name: 'session.ended',
    origin,
    userId: token.userId,
    sessionId: token.sessionId,
    clientId,
  } as const
  await endHeldSession({ ...held, clientId }, 'token_revoked', event, services.grants)
  return true
}

async function revokeAccessToken(
  text: string,
  clientId: string,
  origin: Origin,
  { services }: RouteContext,
): Promise<void> {
  const token = genuine(services.readExpired(text))
  if (token === undefined) return
  const { jti, sid, sub, client_id, iat, exp } = token.claims
  if (client_id !== clientId) throw ofOther(client_id)
  // What has ended needs no entry, so that nobody fills the log by asking again and again. That its time is up does not
  // end it yet: the clock may be wrong, and right again after this answer.
  const { store, clock, isEnded, refusesSession, revocationsChanged } = services.grants
  const standing = { id: sid, userId: sub, clientId: client_id, counters: token.counters }
  if (isEnded('token', jti) || refusesSession(standing) !== undefined) return
  if (clock.now() - exp * 1000 > WRONG_CLOCK_MILLISECONDS) return
  const userId = sub === client_id ? undefined : sub
  await store.revocations.add(
    { kind: 'token', ref: jti, least: undefined },
    { sessionId: sid, userId, madeAt: iat * 1000 },
    { name: 'token.revoked', origin, userId, sessionId: sid, clientId, data: { jti } },
  )
  await revocationsChanged()
}

function ofOther(owner: string): AuthError {
  return new AuthError('TOKEN_OF_OTHER_CLIENT', { details: { owner } })
}
