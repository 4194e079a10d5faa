import { z } from 'zod'
import { clientMetadata, clientName, clientState, metadataOf, registrationFrom } from '../clients/metadata.ts'
import { BUILT_IN_SCOPES } from '../config/settings/permissions.ts'
import { AuthError } from '../errors/auth-error.ts'
import { needs } from '../model/access.ts'
import {
  CLIENT_AUTH_METHODS,
  type Client,
  type ClientSecret,
  FIRST_PARTY,
  ID_TOKEN_ALGORITHMS,
} from '../model/client.ts'
import { text } from '../model/text-field.ts'
import { FOR_ADMINS } from './limits.ts'
import { answerPage, pageQuery } from './page.ts'
import { json, noContent, principalOf, type RouteContext, route } from './route.ts'
import { listOf, timeOf, timeOrNull } from './schemas.ts'

const access = needs({ scopes: ['admin:clients'] })

const offer = z
  .strictObject({ client_id: text(64).optional(), client_name: clientName, ...clientMetadata })
  .meta({ id: 'ClientRegistration' })

const change = z
  .strictObject({
    client_name: clientName.optional(),
    ...clientMetadata,
    state: clientState.optional(),
  })
  .meta({ id: 'ClientChange' })

const clientAnswer = z
  .object({
    client_id: z.string(),
    client_name: z.string(),
    state: z.enum(['active', 'disabled']),
    grant_types: z.array(z.string()),
    scope: z.string().nullable().meta({ description: 'Null: every scope; only the built-in client may.' }),
    redirect_uris: z.array(z.string()),
    post_logout_redirect_uris: z.array(z.string()),
    token_endpoint_auth_method: z.enum(CLIENT_AUTH_METHODS),
    require_pkce: z.boolean(),
    skip_consent: z.boolean(),
    id_token_signed_response_alg: z.enum(ID_TOKEN_ALGORITHMS),
    jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
    secrets: z
      .array(z.object({ created_at: z.iso.datetime(), ends_at: z.iso.datetime().nullable() }))
      .meta({ description: 'That there are secrets, newest first; never what they are.' }),
    created_at: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'Null: the built-in client is always there.' }),
    updated_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Client' })

const clientWithSecret = clientAnswer
  .extend({
    client_secret: z.string().optional().meta({ description: 'Shown this once.' }),
  })
  .meta({ id: 'ClientWithSecret' })

const example: z.input<typeof clientAnswer> = {
  client_id: 'nightly-reports',
  client_name: 'Nightly reports',
  state: 'active',
  grant_types: ['client_credentials'],
  scope: 'admin:users',
  redirect_uris: [],
  post_logout_redirect_uris: [],
  token_endpoint_auth_method: 'client_secret_basic',
  require_pkce: true,
  skip_consent: false,
  id_token_signed_response_alg: 'RS256',
  jwks: { keys: [] },
  secrets: [{ created_at: '2026-11-23T08:00:00.000Z', ends_at: null }],
  created_at: '2026-11-23T08:00:00.000Z',
  updated_at: '2026-11-23T08:00:00.000Z',
}
const exampleOffer = {
  client_id: 'nightly-reports',
  client_name: 'Nightly reports',
  grant_types: ['client_credentials' as const],
  scope: 'admin:users',
}
const NOT_THERE = { description: 'There is no such client.' }

export const listClients = route({
  method: 'GET',
  path: '/admin/clients',
  access,
  limit: FOR_ADMINS,
  tag: 'Clients',
  style: 'problem',
  summary: 'All clients',
  query: z.strictObject(pageQuery),
  answers: { 200: { description: 'The clients, oldest first.', schema: listOf(clientAnswer) } },
  handle: ({ query, services }) =>
    answerPage(
      query,
      {
        name: 'clients',
        fetch: (after, limit) =>
          services.grants.store.clients.list({ limit, ...(after !== undefined && { after }) }),
        positionOf: ({ id }: Client) => id,
        show: showClient,
      },
      services,
    ),
})

export const createClient = route({
  method: 'POST',
  path: '/admin/clients',
  access,
  limit: FOR_ADMINS,
  tag: 'Clients',
  style: 'problem',
  summary: 'Register a client',
  description:
    'What is left out: it acts for itself by `client_credentials`, may ask for nothing, and sends its secret by ' +
    'Basic. The secret is in this answer and nowhere else. A scope of this service itself (`admin:users`, …) can be ' +
    'given only by who holds it.',
  body: { types: ['json'], schema: offer, example: exampleOffer },
  answers: {
    201: {
      description: 'The client.',
      schema: clientWithSecret,
      example: { ...example, client_secret: 'cs_client_…' },
    },
    409: { description: 'The id is, or was, that of another client.' },
  },
  async handle(context) {
    const { client_id: id, client_name: name, ...rest } = context.body
    const given = { id, name, ...registrationFrom(rest) }
    holdAll(context, given.scopes)
    const { client, secret } = await context.services.clients.create(given, context.origin)
    return json({ ...showClient(client), ...(secret !== undefined && { client_secret: secret }) }, 201)
  },
})

export const readClient = route({
  method: 'GET',
  path: '/admin/clients/{id}',
  access,
  limit: FOR_ADMINS,
  tag: 'Clients',
  style: 'problem',
  summary: 'One client',
  answers: { 200: { description: 'The client.', schema: clientAnswer, example }, 404: NOT_THERE },
  handle: async (context) => json(showClient(await find(context))),
})

export const changeClient = route({
  method: 'PATCH',
  path: '/admin/clients/{id}',
  access,
  limit: FOR_ADMINS,
  tag: 'Clients',
  style: 'problem',
  summary: 'Change a client',
  description:
    'Replaces the members given. Access tokens of a client that loses a scope or is disabled end at once; while it is ' +
    'disabled nothing is given to it.',
  body: { types: ['json'], schema: change, example: { scope: 'admin:users', state: 'active' } },
  answers: { 200: { description: 'The client.', schema: clientAnswer, example }, 404: NOT_THERE },
  async handle(context) {
    const { client_name: name, state, ...rest } = context.body
    const given = { name, state, ...registrationFrom(rest) }
    const before = await find(context)
    holdAll(context, before.scopes, given.scopes)
    return json(showClient(await context.services.clients.change(before.id, given, context.origin)))
  },
})

const rotation = z
  .strictObject({
    former_life_seconds: z
      .int()
      .min(0)
      .max(90 * 86_400)
      .optional()
      .meta({ description: 'How long the former secret stays good; a day where left out.' }),
    leaked: z
      .boolean()
      .optional()
      .meta({ description: 'The former secret ends now, and with it every access token of the client.' }),
  })
  .meta({ id: 'SecretRotation' })

export const rotateClientSecret = route({
  method: 'POST',
  path: '/admin/clients/{id}/secret',
  access,
  limit: FOR_ADMINS,
  tag: 'Clients',
  style: 'problem',
  summary: 'Make a new secret',
  description: 'Two are good for a while, so that the new one can be handed out before the former one ends.',
  body: { types: ['json'], schema: rotation, example: { former_life_seconds: 86_400 }, optional: true },
  answers: {
    200: {
      description: 'The client and its new secret.',
      schema: clientWithSecret,
      example: { ...example, client_secret: 'cs_client_…' },
    },
    404: NOT_THERE,
  },
  async handle(context) {
    const { former_life_seconds: formerLifeSeconds, leaked } = context.body
    const before = await find(context)
    holdAll(context, before.scopes)
    const { clients } = context.services
    const rotated = await clients.rotateSecret(before.id, { formerLifeSeconds, leaked }, context.origin)
    return json({ ...showClient(rotated.client), client_secret: rotated.secret })
  },
})

export const deleteClient = route({
  method: 'DELETE',
  path: '/admin/clients/{id}',
  access,
  limit: FOR_ADMINS,
  tag: 'Clients',
  style: 'problem',
  summary: 'Remove a client',
  description: 'Its sessions and access tokens end at once. Its id is never given to another.',
  answers: { 204: { description: 'Removed.' }, 404: NOT_THERE },
  async handle(context) {
    const { id, scopes } = await find(context)
    holdAll(context, scopes)
    await context.services.clients.remove(id, context.origin)
    return noContent()
  },
})

async function find({ params, services }: RouteContext): Promise<Client> {
  const client = await services.grants.store.clients.find(params.id ?? '')
  if (client === undefined) throw new AuthError('NOT_FOUND')
  return client
}

/**
 * Whoever may register clients could otherwise give one every right over this service and then act as it. The scopes of
 * the application's own API are for the operator to give.
 */
function holdAll(context: RouteContext, ...given: readonly (readonly string[] | undefined)[]): void {
  const { scopes } = principalOf(context)
  const beyond = given
    .flatMap((names) => names ?? [])
    .filter((name) => Object.hasOwn(BUILT_IN_SCOPES, name) && !scopes.includes(name))
  if (beyond.length > 0) {
    throw new AuthError('SCOPE_MISSING', { challenge: { scopes: beyond }, details: { scopes: beyond } })
  }
}

function showClient(client: Client): z.input<typeof clientAnswer> {
  const isBuiltIn = client.id === FIRST_PARTY
  return {
    client_id: client.id,
    ...metadataOf(client),
    secrets: client.secrets.map(showSecret),
    created_at: isBuiltIn ? null : timeOf(client.createdAt),
    updated_at: isBuiltIn ? null : timeOf(client.updatedAt),
  }
}

function showSecret({ createdAt, endsAt }: ClientSecret) {
  return { created_at: timeOf(createdAt), ends_at: timeOrNull(endsAt) }
}
