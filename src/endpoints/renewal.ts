import { z } from 'zod'
import { AuthError } from '../errors/auth-error.ts'
import { proveAgain, renewSession } from '../grants/renewal.ts'
import { answerWithCookie, exampleSession, replaceBrowserSession, sessionAnswer } from './browser-session.ts'
import { answerOf, answerParts, challengeText, exampleOptions, optionsAnswer } from './factor-schemas.ts'
import { ownCredential } from './own-account.ts'
import { json, principalOf, route } from './route.ts'
import { passwordText, tokenAnswer } from './schemas.ts'

const REQUESTS = { count: 600, periodMilliseconds: 60_000 }

export const renewalOptions = route({
  method: 'POST',
  path: '/session/renewal/options',
  access: ownCredential,
  limit: REQUESTS,
  tag: 'Second factors',
  style: 'problem',
  summary: 'Begin to prove myself again by a passkey',
  answers: {
    200: { description: 'For `navigator.credentials.get`.', schema: optionsAnswer, example: exampleOptions },
  },
  async handle(context) {
    const { challenges, passkeys, store } = context.services.grants
    const { id, clientId } = principalOf(context)
    const user = await store.users.find(id)
    if (user === undefined) throw new AuthError('USER_NOT_FOUND')
    const facts = {
      purpose: 'renewal',
      userId: id,
      userEpoch: user.epoch,
      clientId,
      scope: undefined,
    } as const
    const challenge_token = challenges.write({ ...facts, amr: [] })
    const { passkeys: known } = await store.factors.find(id)
    const options = await passkeys.requestOptions(challenges.read(challenge_token, 'renewal'), known)
    return json({ challenge_token, options })
  },
})

const proof = z
  .strictObject({
    password: passwordText.optional(),
    challenge_token: challengeText.optional(),
    ...answerParts,
  })
  .meta({ id: 'Renewal' })

export const renew = route({
  method: 'POST',
  path: '/session/renewal',
  access: ownCredential,
  limit: REQUESTS,
  tag: 'Second factors',
  style: 'problem',
  summary: 'Prove myself again, where I am signed in',
  description:
    'For a route that answers `reauthentication_required` (RFC 9470): by the password, or, for an account with a second ' +
    'factor, by that. With an access token the answer is a new one, and the refresh token stays; with a cookie the ' +
    'browser gets a session of a new id.',
  body: { types: ['json'], schema: proof, example: { password: 'correct horse battery' } },
  answers: {
    200: {
      description: 'Proven.',
      schema: z.union([tokenAnswer, sessionAnswer]),
      example: exampleSession,
    },
    403: { description: '`mfa_required`: the password is not enough, send a second factor.' },
    429: { description: 'Too many wrong tries: wait as long as `Retry-After` says.' },
  },
  async handle(context) {
    const { body, origin, services } = context
    const { grants } = services
    const principal = principalOf(context)
    const renewal = {
      principal,
      password: body.password,
      answer: answerOf(body),
      challenge: body.challenge_token,
      origin,
    }
    const renewed = await proveAgain(renewal, grants)
    const client = (await grants.clients.find(principal.clientId))?.client
    if (client === undefined)
      throw new AuthError('CLIENT_NOT_ALLOWED', { details: { clientId: principal.clientId } })
    if (principal.via === 'bearer') return json(await renewSession(renewed, renewal, client, grants))

    return answerWithCookie(await replaceBrowserSession({ ...renewed, client }, context))
  },
})
