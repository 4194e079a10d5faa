import { z } from 'zod'
import type { Challenge } from '../factors/challenges.ts'
import {
  addPasskeyToSignIn,
  addTotpToSignIn,
  type Enrolled,
  offerPasskeyToSignIn,
  offerTotpToSignIn,
} from '../grants/enrolment.ts'
import { anyone } from '../model/access.ts'
import { FIRST_PARTY } from '../model/client.ts'
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
import { json, route } from './route.ts'

/** Enough for an office behind one address. */
const REQUESTS = { count: 600, periodMilliseconds: 60_000 }
const over = { description: 'The challenge is over, or the answer is not right.' }

export const passkeyOptions = route({
  method: 'POST',
  path: '/sign-in/passkey/options',
  access: anyone,
  limit: REQUESTS,
  tag: 'Second factors',
  style: 'problem',
  summary: 'Begin to sign in by a passkey',
  description:
    'With the challenge of `mfa_required`: by one of the account’s passkeys, after the password. Without: by a passkey ' +
    'alone, which says whose it is; `for` says whether a browser session or tokens are to come of it.',
  body: {
    types: ['json'],
    optional: true,
    schema: z
      .strictObject({
        challenge_token: challengeText.optional(),
        for: z.enum(['session', 'token'], 'Must be `session` or `token`.').optional(),
      })
      .meta({ id: 'PasskeySignIn' }),
    example: { for: 'session' },
  },
  answers: {
    200: { description: 'For `navigator.credentials.get`.', schema: optionsAnswer, example: exampleOptions },
    401: over,
  },
  async handle({ body, services }) {
    const { challenges, passkeys, store } = services.grants
    let challenge: Challenge
    if (body.challenge_token === undefined) {
      const purpose = body.for ?? 'session'
      const nobody = { userId: undefined, userEpoch: undefined, scope: undefined, amr: [] }
      const made = challenges.write({ purpose, clientId: FIRST_PARTY, ...nobody })
      challenge = challenges.read(made, purpose)
    } else {
      challenge = challenges.readSignIn(body.challenge_token)
    }
    const { userId } = challenge
    const known = userId === undefined ? undefined : (await store.factors.find(userId)).passkeys
    return json({ challenge_token: challenge.text, options: await passkeys.requestOptions(challenge, known) })
  },
})

const onlyChallenge = z.strictObject({ challenge_token: challengeText }).meta({ id: 'Enrolment' })

const enrolledAnswer = recoveryCodesAnswer
  .extend({
    challenge_token: z.string().meta({
      description: 'In place of the one before: the sign-in goes on with it, without another code.',
    }),
  })
  .meta({ id: 'Enrolled' })

const enrolled = {
  description: 'Set up.',
  schema: enrolledAnswer,
  example: { ...exampleCodes, challenge_token: 'cs_challenge_s1.…' },
}

export const enrolTotp = route({
  method: 'POST',
  path: '/sign-in/enrolment/totp',
  access: anyone,
  limit: REQUESTS,
  tag: 'Second factors',
  style: 'problem',
  summary: 'Set up an authenticator app in the middle of a sign-in',
  description: 'With the challenge of `mfa_enrolment_required`.',
  body: { types: ['json'], schema: onlyChallenge, example: { challenge_token: 'cs_challenge_s1.…' } },
  answers: {
    200: { description: 'The secret, once.', schema: totpOfferAnswer, example: exampleOffer },
    401: over,
  },
  async handle({ body, services }) {
    const { challenge, ...offer } = await offerTotpToSignIn(body.challenge_token, services)
    return json({ challenge_token: challenge, ...offer })
  },
})

export const confirmEnrolledTotp = route({
  method: 'POST',
  path: '/sign-in/enrolment/totp/confirm',
  access: anyone,
  limit: REQUESTS,
  tag: 'Second factors',
  style: 'problem',
  summary: 'Confirm that authenticator app by a code',
  body: {
    types: ['json'],
    schema: z
      .strictObject({ challenge_token: challengeText, offer_token: challengeText, code: codeText })
      .meta({ id: 'EnrolmentConfirmation' }),
    example: { challenge_token: 'cs_challenge_s1.…', offer_token: 'cs_challenge_s1.…', code: '123456' },
  },
  answers: { 201: enrolled, 401: over },
  async handle({ body, origin, services }) {
    const answer = { challenge: body.offer_token, code: body.code }
    return showEnrolled(await addTotpToSignIn(body.challenge_token, answer, origin, services))
  },
})

export const enrolPasskey = route({
  method: 'POST',
  path: '/sign-in/enrolment/passkey/options',
  access: anyone,
  limit: REQUESTS,
  tag: 'Second factors',
  style: 'problem',
  summary: 'Begin to add a passkey in the middle of a sign-in',
  description: 'With the challenge of `mfa_enrolment_required`.',
  body: { types: ['json'], schema: onlyChallenge, example: { challenge_token: 'cs_challenge_s1.…' } },
  answers: {
    200: {
      description: 'For `navigator.credentials.create`.',
      schema: optionsAnswer,
      example: exampleOptions,
    },
    401: over,
  },
  async handle({ body, services }) {
    const { challenge, options } = await offerPasskeyToSignIn(body.challenge_token, services)
    return json({ challenge_token: challenge, options })
  },
})

export const addEnrolledPasskey = route({
  method: 'POST',
  path: '/sign-in/enrolment/passkey',
  access: anyone,
  limit: REQUESTS,
  tag: 'Second factors',
  style: 'problem',
  summary: 'Add that passkey',
  body: {
    types: ['json'],
    schema: z
      .strictObject({
        challenge_token: challengeText,
        offer_token: challengeText,
        name: text(100),
        credential: credentialObject,
      })
      .meta({ id: 'EnrolledPasskey' }),
    example: {
      challenge_token: 'cs_challenge_s1.…',
      offer_token: 'cs_challenge_s1.…',
      name: 'laptop',
      credential: exampleCredential,
    },
  },
  answers: { 201: enrolled, 401: over },
  async handle({ body, origin, services }) {
    const { offer_token: challenge, name, credential } = body
    return showEnrolled(
      await addPasskeyToSignIn(body.challenge_token, { challenge, name, credential }, origin, services),
    )
  },
})

function showEnrolled({ recoveryCodes, challenge }: Enrolled) {
  return json({ recovery_codes: recoveryCodes, challenge_token: challenge }, 201)
}
