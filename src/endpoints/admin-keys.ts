import { z } from 'zod'
import type { KeyFacts } from '../keys/key-facts.ts'
import { needs } from '../model/access.ts'
import { ID_TOKEN_ALGORITHMS } from '../model/client.ts'
import { text } from '../model/text-field.ts'
import { FOR_ADMINS } from './limits.ts'
import { json, noContent, route } from './route.ts'
import { listOf, timeOrNull } from './schemas.ts'

const looksAfterKeys = needs({ scopes: ['admin:keys'] })

const time = z.iso.datetime().nullable()
const keyAnswer = z
  .object({
    kid: z.string(),
    use: z.enum(['access', 'id']).meta({ description: 'What it signs: access tokens, or ID tokens.' }),
    algorithm: z.string(),
    phase: z.enum(['next', 'active', 'retiring', 'gone', 'revoked']),
    since: time.meta({ description: 'When the phase began; null for a secret out of the configuration.' }),
    next_phase: z.string().nullable().meta({ description: 'The step that comes by itself.' }),
    next_at: time.meta({ description: 'When; null while a live node does not publish the key yet.' }),
    secret_key: z
      .string()
      .nullable()
      .meta({ description: 'Fingerprint of the entry of SECRET_KEY that its private half is under.' }),
  })
  .meta({ id: 'SigningKey' })

const use = z.enum(['access', 'id'], 'Must be `access` or `id`.').default('access')
const kidParam = text(128)

/** Private keys are neither taken nor given over HTTP: that is for the command line. */
export const listKeys = route({
  method: 'GET',
  path: '/admin/keys',
  access: looksAfterKeys,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'The signing keys, and the nodes that serve them',
  answers: {
    200: {
      description: 'Every key that is remembered, and what each live node has announced.',
      schema: listOf(keyAnswer).extend({
        ring_version: z.int(),
        nodes: z.array(
          z.object({
            id: z.string(),
            ring_version: z.int(),
            secret_keys: z
              .array(z.string())
              .meta({ description: 'Fingerprints of the entries of SECRET_KEY it reads.' }),
            algorithm: z.string(),
          }),
        ),
      }),
    },
  },
  async handle({ services }) {
    const { version, keys, nodes } = await services.keys.list()
    return json({
      ring_version: version,
      items: keys.map(showKey),
      next_cursor: null,
      nodes: nodes.map((node) => ({
        id: node.id,
        ring_version: node.ringVersion,
        secret_keys: node.secretKeys,
        algorithm: node.algorithm,
      })),
    })
  },
})

export const rotateKey = route({
  method: 'POST',
  path: '/admin/keys/rotate',
  access: looksAfterKeys,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'Begin to change the signing key, or complete it once that is allowed',
  description:
    'With `now`, for a key that somebody else may have: the keys of this use are withdrawn, and every token they ' +
    'signed is refused. Without it no token is ever refused.',
  body: {
    types: ['json'],
    schema: z.strictObject({
      use,
      algorithm: z
        .enum(ID_TOKEN_ALGORITHMS, `Must be one of ${ID_TOKEN_ALGORITHMS.join(', ')}.`)
        .optional()
        .meta({
          description: 'Of the key for ID tokens that is meant; RS256 where left out. With `now` both are.',
        }),
      now: z.boolean('Must be true or false.').default(false),
    }),
    example: { use: 'access' },
    optional: true,
  },
  answers: {
    200: { description: 'The key that signs next, or now.', schema: keyAnswer },
    409: { description: 'Too early; `errors` says from when.' },
  },
  async handle({ services, body, origin }) {
    const { keys } = services
    return json(showKey(await (body.now ? keys.rotateNow(body.use, origin) : keys.rotate(body, origin))))
  },
})

export const retireKey = route({
  method: 'POST',
  path: '/admin/keys/{kid}/retire',
  access: looksAfterKeys,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'Take out a key that has never signed, or whose last token has ended',
  answers: {
    204: { description: 'Done.' },
    404: { description: 'There is no key of this id.' },
    409: { description: 'Too early; `errors` says from when.' },
  },
  async handle({ services, params, origin }) {
    await services.keys.retire(kidOf(params), origin)
    return noContent()
  },
})

export const revokeKey = route({
  method: 'POST',
  path: '/admin/keys/{kid}/revoke',
  access: looksAfterKeys,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'Withdraw a key as compromised: every token it signed is refused',
  answers: {
    204: { description: 'Done; if it was the key that signs, a new one signs now.' },
    404: { description: 'There is no key of this id.' },
  },
  async handle({ services, params, origin }) {
    await services.keys.revoke(kidOf(params), origin)
    return noContent()
  },
})

function kidOf(params: Readonly<Record<string, string>>): string {
  const { success, data } = kidParam.safeParse(params.kid)
  return success ? data : ''
}

function showKey({ kid, use, algorithm, phase, since, next, secretKey }: KeyFacts) {
  return {
    kid,
    use,
    algorithm,
    phase,
    since: timeOrNull(since),
    next_phase: next?.phase ?? null,
    next_at: timeOrNull(next?.at),
    secret_key: secretKey ?? null,
  }
}
