import { z } from 'zod'
import { EVENT_NAMES, type EventName } from '../../audit/events.ts'
import { hostOf, isLoopback } from '../mode.ts'
import { Secret } from '../secret.ts'
import { setting, type ValueKind } from '../setting.ts'

/** Where events are sent. */
export interface WebhookSetting {
  readonly url: string
  readonly secret: Secret
  readonly events?: readonly EventName[] | undefined
}

export interface WebhookSettingInput {
  readonly url: string
  readonly secret: string
  readonly events?: readonly EventName[] | undefined
}

export const webhooks = {
  webhooks: setting({
    kind: webhookList(),
    holdsSecrets: true,
    default: [],
    description:
      'Where events are sent, signed as Standard Webhooks says: a list of `url` (https; http on loopback), `secret` ' +
      '(`whsec_` and at least 24 bytes as base64) and, to leave others out, `events`.',
  }),
}

function webhookList(): ValueKind<readonly WebhookSetting[], readonly WebhookSettingInput[]> {
  const expects = 'a list of `{ url, secret }`, with `events` where not all are wanted'
  const error = `must be ${expects}`
  const entry = z.strictObject(
    {
      url: z.string({ error }).refine(isUrl, { error: 'must be an https URL, or http on loopback' }),
      secret: z
        .string({ error })
        .refine(isSecret, { error: 'must be `whsec_` and at least 24 bytes as base64' })
        .transform((text) => new Secret(text, () => 'set')),
      events: z
        .array(z.enum(EVENT_NAMES, { error: 'must be names of events' }))
        .min(1)
        .readonly()
        .optional(),
    },
    { error },
  )
  return {
    schema: z
      .array(entry, { error })
      .max(20, { error: 'must be at most 20' })
      .refine((list) => new Set(list.map(({ url }) => url)).size === list.length, {
        error: 'must not name a URL twice',
      })
      .readonly(),
    expects,
    fromText: (text) => text,
  }
}

function isUrl(text: string): boolean {
  if (text.length > 2048 || !URL.canParse(text)) return false
  const { protocol, username, password, hash } = new URL(text)
  if (username + password + hash !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostOf(text)))
}

function isSecret(text: string): boolean {
  const [, base64 = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? []
  return Buffer.from(base64, 'base64').length >= 24
}
