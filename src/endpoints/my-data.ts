import { z } from 'zod'
import { apiKeyAnswer, showApiKey } from './api-keys.ts'
import { consentAnswer, showConsent } from './consents.ts'
import { identityAnswer, showIdentity } from './identities.ts'
import { OWN_CHANGES } from './limits.ts'
import { ownAccount } from './own-account.ts'
import { callerOf, json, noContent, principalOf, route } from './route.ts'
import {
  eventAnswer,
  passwordText,
  sessionAnswer,
  showEvent,
  showSession,
  showUser,
  userAnswer,
} from './schemas.ts'
import { factorsAnswer, showFactors } from './second-factors.ts'

const data = z
  .object({
    user: userAnswer,
    sessions: z.array(sessionAnswer),
    api_keys: z.array(apiKeyAnswer),
    identities: z.array(identityAnswer),
    factors: factorsAnswer,
    consents: z.array(consentAnswer),
    events: z.array(eventAnswer).meta({ description: 'Newest first; the last 10,000 at most.' }),
  })
  .meta({ id: 'OwnData' })

export const exportMe = route({
  method: 'GET',
  path: '/users/me/export',
  access: ownAccount,
  limit: { count: 10, periodMilliseconds: 3_600_000 },
  tag: 'Accounts',
  style: 'problem',
  summary: 'All that is kept of me',
  answers: { 200: { description: 'A document to keep.', schema: data } },
  async handle(context) {
    const principal = principalOf(context)
    const { user, sessions, apiKeys, identities, factors, consents, events } =
      await context.services.ownAccount.export(principal, callerOf(context))
    return json(
      {
        user: showUser(user),
        sessions: sessions.map((session) => showSession(session, principal.sessionId)),
        api_keys: apiKeys.map(showApiKey),
        identities: identities.map(showIdentity),
        factors: showFactors(factors),
        consents: consents.map(showConsent),
        events: events.map(showEvent),
      },
      200,
      { 'content-disposition': 'attachment; filename="account.json"' },
    )
  },
})

const deletion = z.strictObject({ password: passwordText.optional() }).meta({ id: 'AccountDeletion' })

export const deleteMe = route({
  method: 'DELETE',
  path: '/users/me',
  access: ownAccount,
  limit: OWN_CHANGES,
  tag: 'Accounts',
  style: 'problem',
  summary: 'Delete my account',
  description:
    'Needs the password, or a sign-in of the last ten minutes; with a second factor that sign-in in any case. The ' +
    'account and what belongs to it are gone, and its tokens are refused at once. Its id is never given to anybody else.',
  body: {
    types: ['json'],
    schema: deletion,
    example: { password: 'correct horse battery' },
    optional: true,
  },
  answers: { 204: { description: 'Deleted.' } },
  async handle(context) {
    const { body, services } = context
    const principal = principalOf(context)
    const caller = callerOf(context)
    const user = await services.ownAccount.prove(principal, body.password, caller)
    await services.ownAccount.remove(user, caller)
    return noContent(principal.via === 'session' ? { 'set-cookie': services.sessionCookies.cleared } : {})
  },
})
