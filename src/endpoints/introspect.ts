import { z } from 'zod'
import { scopesHeld } from '../grants/held-scopes.ts'
import { mayNotGoOn } from '../grants/refresh-token.ts'
import { anyone } from '../model/access.ts'
import type { AccessToken } from '../model/access-token.ts'
import type { Client } from '../model/client.ts'
import { hashSecret } from '../tokens/secret-hash.ts'
import { countClient, provenClientOf } from './client-request.ts'
import { genuine } from './genuine.ts'
import { json, type RouteContext, route } from './route.ts'
import { clientParts, presentedToken } from './schemas.ts'

const parameters = z.looseObject({ ...presentedToken, ...clientParts }).meta({ id: 'IntrospectionRequest' })

const introspection = z
  .object({
    active: z.boolean(),
    token_type: z.string().optional(),
    iss: z.string().optional(),
    aud: z.union([z.string(), z.array(z.string())]).optional(),
    sub: z.string().optional(),
    client_id: z.string().optional(),
    scope: z.string().optional(),
    exp: z.int().optional(),
    iat: z.int().optional(),
    jti: z.string().optional(),
    sid: z.string().optional(),
  })
  .meta({ id: 'Introspection' })

type Introspection = z.input<typeof introspection>

/** All that is said of a token that is not good, whatever the reason (RFC 7662 section 2.2). */
const INACTIVE: Introspection = { active: false }

/** A service may ask for each request of its own: ten times what a sign-out may come to, and still an end to it. */
const REQUESTS = { count: 12_000, periodMilliseconds: 60_000 }
const OF_CLIENT = { count: 60_000, periodMilliseconds: 60_000 }

/** Token introspection (RFC 7662): the verdict of the guards, for services that ask instead of checking themselves. */
export const introspect = route({
  method: 'POST',
  path: '/introspect',
  access: anyone,
  limit: REQUESTS,
  tag: 'Tokens',
  style: 'oauth',
  summary: 'Ask whether a token is good',
  description:
    'RFC 7662, for clients that authenticate. The very checks of the guarded routes; a refresh token is told of only ' +
    'to the client it was issued to. `{"active":false}` alone for anything that is not good. ' +
    'Who asks for more than 200 requests a second checks by itself, with the key set and the feed of revocations.',
  body: {
    types: ['form'],
    schema: parameters,
    example: { token: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9…' },
  },
  answers: {
    200: {
      description: 'What is known of the token.',
      schema: introspection,
      example: { active: true, token_type: 'Bearer', client_id: 'first-party', scope: 'profile:read' },
    },
    400: { description: 'No token was sent.' },
    401: { description: '`invalid_client`.' },
    503: { description: 'This cannot be said at the moment: try again.' },
  },
  async handle(context) {
    const { client } = await provenClientOf(context, context.body)
    await countClient(client, context, OF_CLIENT)
    const { token } = context.body
    return json(
      accessTokenAsItStands(token, context) ??
        (await refreshTokenAsItStands(token, client, context)) ??
        INACTIVE,
    )
  },
})

/** Undefined if it is not good. */
function accessTokenAsItStands(text: string, { services }: RouteContext): Introspection | undefined {
  const token = genuine(services.readAccess(text))
  return token && describe(token)
}

function describe({ claims }: AccessToken): Introspection {
  const { iss, aud, sub, client_id, scope, exp, iat, jti, sid } = claims
  return {
    active: true,
    token_type: 'Bearer',
    iss,
    aud: typeof aud === 'string' ? aud : [...aud],
    sub,
    client_id,
    exp,
    iat,
    jti,
    ...(scope !== undefined && { scope }),
    ...(sid !== undefined && { sid }),
  }
}

/** Only the one live token of a session is good, though a passed one may still be answered for a moment. */
async function refreshTokenAsItStands(
  text: string,
  client: Client,
  { services }: RouteContext,
): Promise<Introspection | undefined> {
  const { grants } = services
  const { store, refreshTokens, refusesSession, settings } = grants
  const token = genuine(refreshTokens.read(text))
  if (token === undefined) return undefined
  const secretHash = hashSecret(token.sessionSecret)
  const found = await store.sessions.inspect({ userId: token.userId, id: token.sessionId, secretHash })
  if (!found?.live || found.generation !== token.generation) return undefined
  const { session, counters } = found
  if (session.clientId !== client.id) return undefined
  const { id, userId, clientId } = session
  if (refusesSession({ id, userId, clientId, counters }) !== undefined) return undefined
  const user = await store.users.find(userId)
  if (user === undefined) return undefined
  const facts = { scope: session.scope, clientVer: counters.client }
  const scope = await scopesHeld({ client, user, facts }, grants)
  if (mayNotGoOn(session.scope, scope)) return undefined
  return {
    active: true,
    token_type: 'refresh_token',
    iss: settings.issuer,
    sub: userId,
    client_id: clientId,
    // What a refresh would give, and not what the sign-in gave once.
    scope: scope.join(' '),
    exp: Math.floor(session.endsAt / 1000),
    iat: Math.floor(session.usedAt / 1000),
    sid: id,
  }
}
