import { z } from 'zod'
import { type PublicAlgorithm, publicAlgorithms } from '../../keys/algorithm.ts'
import { isAppleKey } from '../../login/social/apple-secret.ts'
import { type Preset, presetOf } from '../../login/social/presets.ts'
import { hostOf, isLoopback } from '../mode.ts'
import { Secret } from '../secret.ts'
import { setting, type ValueKind } from '../setting.ts'
import { isCanonicalHttpUrl, isPlainLine } from '../values.ts'

/** A provider that people may sign in with. What each field is for stands in docs/sign-in-with.md. */
export interface ProviderSetting {
  readonly clientId: string
  readonly clientSecret?: Secret | undefined
  readonly name?: string | undefined
  readonly issuer?: string | undefined
  readonly tenant?: string | undefined
  readonly teamId?: string | undefined
  readonly keyId?: string | undefined
  readonly privateKey?: Secret | undefined
  readonly scopes?: readonly string[] | undefined
  readonly clientAuthentication?: 'basic' | 'post' | undefined
  readonly idTokenAlgorithm?: PublicAlgorithm | undefined
  readonly trustEmail?: boolean | undefined
  readonly trustRecency?: boolean | undefined
  readonly keepTokens?: boolean | undefined
  readonly privateNetwork?: boolean | undefined
}

/** The same as it is written. */
export interface ProviderSettingInput extends Omit<ProviderSetting, 'clientSecret' | 'privateKey'> {
  readonly clientSecret?: string | undefined
  readonly privateKey?: string | undefined
}

const ID = /^[a-z][a-z0-9-]{0,31}$/
const MOST_PROVIDERS = 20
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export const providers = {
  providers: setting({
    kind: providerMap(),
    holdsSecrets: true,
    default: {},
    description:
      'Who else people can sign in with: by name `google`, `github`, `facebook`, `microsoft`, `apple`, `gitlab`, ' +
      '`discord`, or a name of yours with an `issuer`; each with `clientId` and `clientSecret`. See ' +
      'docs/sign-in-with.md.',
  }),
}

function providerMap(): ValueKind<
  Readonly<Record<string, ProviderSetting>>,
  Readonly<Record<string, ProviderSettingInput>>
> {
  const expects = 'an object of providers by name, each with `clientId` and `clientSecret`'
  const line = (most: number) =>
    z.string({ error: 'must be a text' }).refine((text) => isPlainLine(text) && text.length <= most, {
      error: `must be one line of at most ${most} characters`,
    })
  const secret = (mask: string) =>
    z
      .string({ error: 'must be a text' })
      .refine((text) => text.trim() !== '' && text.length <= 4096, { error: 'must not be empty' })
      .transform((text) => new Secret(text, () => mask))
  const yesOrNo = z.boolean({ error: 'must be `true` or `false`' })
  const entry = z.strictObject(
    {
      clientId: line(512),
      clientSecret: secret('set').optional(),
      name: line(60).optional(),
      issuer: z
        .string({ error: 'must be a text' })
        .refine(isIssuer, { error: 'must be an https URL, or http on loopback' })
        .optional(),
      tenant: z
        .string({ error: 'must be a text' })
        .refine((text) => GUID.test(text), {
          error:
            'must be the id of one directory: with `common` or `organizations` every directory of the world could ' +
            'write down whatever address it likes',
        })
        .optional(),
      teamId: line(64).optional(),
      keyId: line(64).optional(),
      privateKey: secret('set')
        .refine((key) => isAppleKey(key.reveal()), { error: 'must be the key that Apple gave out, as PEM' })
        .optional(),
      scopes: z.array(line(256)).min(1).max(50).readonly().optional(),
      clientAuthentication: z.enum(['basic', 'post'], { error: 'must be `basic` or `post`' }).optional(),
      idTokenAlgorithm: z
        .enum(Object.keys(publicAlgorithms) as PublicAlgorithm[], {
          error: 'must be an algorithm such as `RS256`',
        })
        .optional(),
      trustEmail: yesOrNo.optional(),
      trustRecency: yesOrNo.optional(),
      keepTokens: yesOrNo.optional(),
      privateNetwork: yesOrNo.optional(),
    },
    { error: `must be ${expects}` },
  )
  return {
    schema: z
      .record(z.string().regex(ID, { error: 'must be a name of small letters, digits and hyphens' }), entry, {
        error: `must be ${expects}`,
      })
      .refine((map) => Object.keys(map).length <= MOST_PROVIDERS, {
        error: `must be at most ${MOST_PROVIDERS}`,
      })
      .superRefine((map, context) => {
        for (const [id, one] of Object.entries(map)) {
          for (const [field, message] of faultsOf(one, presetOf(id))) {
            context.addIssue({ code: 'custom', path: [id, field], message })
          }
        }
      })
      .readonly(),
    expects,
    fromText: (text) => text,
  }
}

type Fault = readonly [field: keyof ProviderSetting, message: string]

/** What a provider lacks, and what it has that means nothing there: an ignored protection would be believed in. */
function* faultsOf(one: ProviderSetting, preset: Preset | undefined): Generator<Fault> {
  const needs = function* (field: keyof ProviderSetting): Generator<Fault> {
    if (one[field] === undefined) yield [field, 'is needed here']
  }
  const refuses = function* (field: keyof ProviderSetting, why: string): Generator<Fault> {
    if (one[field] !== undefined) yield [field, why]
  }
  if (preset === undefined) {
    yield* needs('issuer')
    yield* needs('name')
  } else {
    if (preset.issuer === undefined) yield* refuses('issuer', 'is known of this provider already')
    yield* refuses('idTokenAlgorithm', 'is known of this provider already')
    yield* refuses('clientAuthentication', 'is known of this provider already')
    if (preset.issuer === undefined) yield* refuses('privateNetwork', 'is not for a provider on the internet')
  }
  if (preset?.tenant === undefined) yield* refuses('tenant', 'is for `microsoft` alone')
  else yield* needs('tenant')
  if (preset?.proof === 'apple') {
    yield* refuses('clientSecret', 'is made anew each time here, from `privateKey`')
    for (const field of ['teamId', 'keyId', 'privateKey'] as const) yield* needs(field)
  } else {
    yield* needs('clientSecret')
    for (const field of ['teamId', 'keyId', 'privateKey'] as const)
      yield* refuses(field, 'is for `apple` alone')
  }
}

function isIssuer(text: string): boolean {
  if (text.length > 2048 || !isCanonicalHttpUrl(text)) return false
  return text.startsWith('https:') || isLoopback(hostOf(text))
}
