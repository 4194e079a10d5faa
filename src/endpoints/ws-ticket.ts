import { z } from 'zod'
import { AuthError } from '../errors/auth-error.ts'
import { signAccessToken } from '../grants/mint.ts'
import { readBearer } from '../guard/credentials/bearer.ts'
import { guardRequestOf } from '../guard/guard-request.ts'
import { needs } from '../model/access.ts'
import { scopesOfRoles } from '../model/scope-policy.ts'
import { authTimeOf } from '../model/session.ts'
import { hashSecret } from '../tokens/secret-hash.ts'
import { TICKET_LIFE_SECONDS } from '../tokens/socket-ticket.ts'
import { json, principalOf, type RouteContext, route } from './route.ts'

const REQUESTS = { count: 1200, periodMilliseconds: 60_000 }

const ticketAnswer = z
  .object({
    ticket: z.string().meta({
      description:
        'Good once, from the same origin: `GET /ws?ticket=…` of this server, or of the application that embeds it.',
    }),
    expires_in: z.int().meta({ description: 'Seconds.' }),
  })
  .meta({ id: 'SocketTicket' })

export const wsTicket = route({
  method: 'POST',
  path: '/ws-ticket',
  access: needs({ via: ['bearer', 'session'] }),
  limit: REQUESTS,
  changesNothing: true,
  tag: 'Sessions',
  style: 'problem',
  summary: 'A ticket for a WebSocket',
  description:
    'Browsers cannot send a header when they open a WebSocket, and a token has no place in an address. A ticket is ' +
    'good once and for half a minute; the socket ends with the credential that bought it.',
  answers: {
    200: {
      description: 'The ticket, once.',
      schema: ticketAnswer,
      example: { ticket: 'cs_ticket_s1.…', expires_in: TICKET_LIFE_SECONDS },
    },
  },
  async handle(context) {
    const { request, services } = context
    const origin = request.headers.get('origin') ?? undefined
    const isOwn = origin !== undefined && services.sessionCookies.isOwnOrigin(origin)
    // A cookie is a browser's, and browsers say where a page comes from.
    const mayDoWithout = principalOf(context).via === 'bearer'
    if (origin === undefined ? !mayDoWithout : !isOwn) throw new AuthError('CSRF_ORIGIN')
    const ticket = services.socketTickets.write({
      endsAt: services.grants.clock.now() + TICKET_LIFE_SECONDS * 1000,
      origin,
      accessToken: await accessTokenOf(context),
    })
    return json({ ticket, expires_in: TICKET_LIFE_SECONDS })
  },
})

/** That of the request; for a cookie one of its session, which ends with it. */
async function accessTokenOf(context: RouteContext): Promise<string> {
  const { request, services } = context
  const text = readBearer(request.headers.get('authorization') ?? undefined)
  if (typeof text === 'string') return text
  const { grants, sessionCookies } = services
  const cookie = sessionCookies.read(guardRequestOf(request))
  await grants.keyRing.freshen()
  const held = cookie && {
    userId: cookie.userId,
    id: cookie.sessionId,
    secretHash: hashSecret(cookie.secret),
  }
  const standing = held && (await grants.store.sessions.findStanding(held))
  const client = standing && (await grants.clients.find(standing.session.clientId))?.client
  if (standing === undefined || client === undefined) throw new AuthError('SESSION_ENDED')
  const { session, user, counters, asOf } = standing
  // Memory may not know yet what the row does. A token that had the old roles under its new counters would be refused by
  // nobody.
  const known = principalOf(context)
  const allowed = await scopesOfRoles(grants.policy, user.roles)
  const scope = known.scopes.filter((name) => allowed.includes(name))
  const roles = known.roles.filter((name) => user.roles.includes(name))
  const facts = {
    asOf,
    clientVer: counters.client,
    storeEpoch: counters.store,
    scope,
    amr: session.amr,
    authTime: authTimeOf(session.authenticatedAt),
    sessionId: session.id,
  }
  const left = Math.floor((standing.endsAt - asOf) / 1000)
  const lifeSeconds = Math.min(grants.settings.accessLifeSeconds, left)
  return signAccessToken({ user, client, facts, scope, narrowed: false, roles, lifeSeconds }, grants)
}
