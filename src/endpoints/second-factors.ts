import { z } from 'zod'
import { isUuid } from '../base/uuid.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Owner } from '../factors/second-factors.ts'
import type { ListedFactors } from '../model/second-factor.ts'
import { text } from '../model/text-field.ts'
import {
  challengeText,
  codeText,
  credentialObject,
  exampleCodes,
  exampleCredential,
  exampleOffer,
  exampleOptions,
  optionsAnswer,
  recoveryCodesAnswer,
  totpOfferAnswer,
} from './factor-schemas.ts'
import { OWN_CHANGES, OWN_DATA } from './limits.ts'
import { ownAccount, recentlyProven } from './own-account.ts'
import { json, noContent, principalOf, type RouteContext, route } from './route.ts'
import { timeOf, timeOrNull } from './schemas.ts'

const passkeyName = text(100).meta({ description: 'What you call it: where it is.' })

const passkeyAnswer = z
  .object({
    id: z.uuid(),
    name: z.string(),
    synced: z.boolean().meta({ description: 'Whether it is copied between devices.' }),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Passkey' })

const examplePasskey = {
  id: '6f1c1b1e-1f5d-4c38-9d0a-0f7f8e9a1b2c',
  name: 'laptop',
  synced: true,
  created_at: '2026-11-23T08:00:00.000Z',
  last_used_at: null,
}

export const factorsAnswer = z
  .object({
    totp: z
      .object({ created_at: z.iso.datetime() })
      .nullable()
      .meta({ description: 'The authenticator app.' }),
    passkeys: z.array(passkeyAnswer).meta({ description: 'Oldest first.' }),
    recovery_codes_left: z.int(),
  })
  .meta({ id: 'SecondFactors' })

const noSuch = { description: 'I have none of these.' }
const endsSessions = 'Ends every other session at once; this one lives on: refresh its access token.'

export const listFactors = route({
  method: 'GET',
  path: '/users/me/factors',
  access: ownAccount,
  limit: OWN_DATA,
  tag: 'Second factors',
  style: 'problem',
  summary: 'My second factors',
  answers: {
    200: {
      description: 'What a sign-in asks for beside the password.',
      schema: factorsAnswer,
      example: { totp: null, passkeys: [examplePasskey], recovery_codes_left: 10 },
    },
  },
  async handle(context) {
    return json(showFactors(await context.services.secondFactors.find(principalOf(context).id)))
  },
})

/** What there is, and nothing that could be proven by it. */
export function showFactors({ totp, passkeys, recoveryCodes }: ListedFactors): z.input<typeof factorsAnswer> {
  return {
    totp: totp === undefined ? null : { created_at: timeOf(totp.addedAt) },
    passkeys: passkeys.map(showPasskey),
    recovery_codes_left: recoveryCodes,
  }
}

export const offerTotp = route({
  method: 'POST',
  path: '/users/me/totp',
  access: recentlyProven,
  limit: OWN_CHANGES,
  tag: 'Second factors',
  style: 'problem',
  summary: 'Set up an authenticator app',
  description:
    'Nothing is changed before a code of the app confirms it. A new app takes the place of a former one.',
  answers: { 200: { description: 'The secret, once.', schema: totpOfferAnswer, example: exampleOffer } },
  async handle(context) {
    const { challenge, ...offer } = await context.services.secondFactors.offerTotp(principalOf(context).id)
    return json({ challenge_token: challenge, ...offer })
  },
})

export const confirmTotp = route({
  method: 'POST',
  path: '/users/me/totp/confirm',
  access: recentlyProven,
  limit: OWN_CHANGES,
  tag: 'Second factors',
  style: 'problem',
  summary: 'Confirm the authenticator app by a code',
  description: endsSessions,
  body: {
    types: ['json'],
    schema: z
      .strictObject({ challenge_token: challengeText, code: codeText })
      .meta({ id: 'TotpConfirmation' }),
    example: { challenge_token: 'cs_challenge_s1.…', code: '123456' },
  },
  answers: {
    201: { description: 'It is asked for from now on.', schema: recoveryCodesAnswer, example: exampleCodes },
  },
  async handle(context) {
    const { body, origin, services } = context
    const answer = { challenge: body.challenge_token, code: body.code }
    const { recoveryCodes } = await services.secondFactors.addTotp(ownerOf(context), answer, origin)
    return json({ recovery_codes: recoveryCodes }, 201)
  },
})

export const removeTotp = route({
  method: 'DELETE',
  path: '/users/me/totp',
  access: recentlyProven,
  limit: OWN_CHANGES,
  tag: 'Second factors',
  style: 'problem',
  summary: 'Remove the authenticator app',
  description: endsSessions,
  answers: { 204: { description: 'Removed.' }, 404: noSuch },
  async handle(context) {
    await context.services.secondFactors.removeTotp(ownerOf(context), context.origin)
    return noContent()
  },
})

export const makeRecoveryCodes = route({
  method: 'POST',
  path: '/users/me/recovery-codes',
  access: recentlyProven,
  limit: OWN_CHANGES,
  tag: 'Second factors',
  style: 'problem',
  summary: 'Make new recovery codes',
  description: 'The former ones are void.',
  answers: {
    201: { description: 'Ten of them, once.', schema: recoveryCodesAnswer, example: exampleCodes },
    404: { description: 'I have no second factor.' },
  },
  async handle(context) {
    const { services, origin } = context
    const codes = await services.secondFactors.newRecoveryCodes(principalOf(context).id, origin)
    return json({ recovery_codes: codes }, 201)
  },
})

export const offerPasskey = route({
  method: 'POST',
  path: '/users/me/passkeys/options',
  access: recentlyProven,
  limit: OWN_CHANGES,
  tag: 'Second factors',
  style: 'problem',
  summary: 'Begin to add a passkey',
  answers: {
    200: {
      description: 'For `navigator.credentials.create`.',
      schema: optionsAnswer,
      example: exampleOptions,
    },
  },
  async handle(context) {
    const { challenge, options } = await context.services.secondFactors.offerPasskey(principalOf(context).id)
    return json({ challenge_token: challenge, options })
  },
})

export const addPasskey = route({
  method: 'POST',
  path: '/users/me/passkeys',
  access: recentlyProven,
  limit: OWN_CHANGES,
  tag: 'Second factors',
  style: 'problem',
  summary: 'Add a passkey',
  description: endsSessions,
  body: {
    types: ['json'],
    schema: z
      .strictObject({ challenge_token: challengeText, name: passkeyName, credential: credentialObject })
      .meta({ id: 'NewPasskey' }),
    example: { challenge_token: 'cs_challenge_s1.…', name: 'laptop', credential: exampleCredential },
  },
  answers: {
    201: {
      description: 'It signs in from now on, alone or after the password.',
      schema: passkeyAnswer.extend(recoveryCodesAnswer.shape).meta({ id: 'AddedPasskey' }),
      example: { ...examplePasskey, ...exampleCodes },
    },
  },
  async handle(context) {
    const { body, origin, services } = context
    const { challenge_token: challenge, credential, name } = body
    const answer = { challenge, credential, name }
    const added = await services.secondFactors.addPasskey(ownerOf(context), answer, origin)
    return json({ ...showPasskey(added.passkey), recovery_codes: added.recoveryCodes }, 201)
  },
})

export const renamePasskey = route({
  method: 'PATCH',
  path: '/users/me/passkeys/{id}',
  access: ownAccount,
  limit: OWN_CHANGES,
  tag: 'Second factors',
  style: 'problem',
  summary: 'Rename a passkey',
  body: {
    types: ['json'],
    schema: z.strictObject({ name: passkeyName }).meta({ id: 'PasskeyChange' }),
    example: { name: 'phone' },
  },
  answers: { 204: { description: 'Renamed.' }, 404: noSuch },
  async handle(context) {
    const { body, origin, services } = context
    await services.secondFactors.renamePasskey(principalOf(context).id, idOf(context), body.name, origin)
    return noContent()
  },
})

export const removePasskey = route({
  method: 'DELETE',
  path: '/users/me/passkeys/{id}',
  access: recentlyProven,
  limit: OWN_CHANGES,
  tag: 'Second factors',
  style: 'problem',
  summary: 'Remove a passkey',
  description: endsSessions,
  answers: {
    204: { description: 'Removed.' },
    404: noSuch,
    409: { description: 'Nothing else opens the account. Set a password first.' },
  },
  async handle(context) {
    await context.services.secondFactors.removePasskey(ownerOf(context), idOf(context), context.origin)
    return noContent()
  },
})

export function ownerOf(context: Pick<RouteContext, 'principal'>): Owner {
  const { id: userId, sessionId } = principalOf(context)
  return { userId, sessionId }
}

function idOf({ params }: Pick<RouteContext, 'params'>): string {
  const id = params.id ?? ''
  if (!isUuid(id)) throw new AuthError('NOT_FOUND')
  return id
}

function showPasskey(passkey: ListedFactors['passkeys'][number]): z.input<typeof passkeyAnswer> {
  return {
    id: passkey.id,
    name: passkey.name,
    synced: passkey.synced,
    created_at: timeOf(passkey.addedAt),
    last_used_at: timeOrNull(passkey.usedAt),
  }
}
