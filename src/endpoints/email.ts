import { z } from 'zod'
import { anyone } from '../model/access.ts'
import { ownAccount } from './own-account.ts'
import { accepted, callerOf, json, principalOf, route } from './route.ts'
import { linkText, loginText, passwordText } from './schemas.ts'

const ASKED = { count: 30, periodMilliseconds: 600_000 }

const confirmation = z
  .strictObject({
    token: linkText.meta({ description: 'What the mailed link carries.' }),
    password: passwordText.optional().meta({
      description:
        'For the link of a registration: the password that was chosen with it. A wrong one does not spend the link.',
    }),
  })
  .meta({ id: 'EmailConfirmation' })

const confirmed = z
  .object({
    done: z.enum(['registered', 'verified', 'changed', 'kept']).meta({
      description:
        'What the link was for: a new account, the address of one, its new address, or a change that was stopped.',
    }),
    // Whoever has the link has a mailbox, and not the account.
    email: z.string().meta({ description: 'The address that the account has now.' }),
  })
  .meta({ id: 'EmailConfirmed' })

export const verifyEmail = route({
  method: 'POST',
  path: '/email/verify',
  access: anyone,
  limit: ASKED,
  tag: 'Accounts',
  style: 'problem',
  summary: 'Use the link of a letter',
  description:
    'Confirms an address, finishes a registration, changes the address, or stops such a change. Signs nobody in. A ' +
    'registration needs its password too: whoever did not choose it has been sent the link of a stranger. Send it when ' +
    'a person asks for it, not when a page is opened: programs that scan mail open links.',
  body: { types: ['json'], schema: confirmation, example: { token: 'cs_link_AQ…' } },
  answers: {
    200: {
      description: 'Done.',
      schema: confirmed,
      example: { done: 'verified', email: 'alice@example.com' },
    },
  },
  async handle(context) {
    const { done, user } = await context.services.emailAddresses.confirm(context.body, callerOf(context))
    return json({ done, email: user.email })
  },
})

const request = z
  .strictObject({ email: loginText.meta({ description: 'Mail address or user name.' }) })
  .meta({ id: 'EmailVerificationRequest' })

export const requestVerification = route({
  method: 'POST',
  path: '/email/verify/request',
  access: anyone,
  limit: ASKED,
  tag: 'Accounts',
  style: 'problem',
  summary: 'Mail me another link to confirm my address',
  body: { types: ['json'], schema: request, example: { email: 'alice@example.com' } },
  answers: { 202: { description: 'If there is an account with an address to confirm, a link was mailed.' } },
  handle(context) {
    context.services.emailAddresses.askToVerify(context.body.email, callerOf(context))
    return accepted()
  },
})

const change = z
  .strictObject({ email: loginText, password: passwordText.optional() })
  .meta({ id: 'EmailChange' })

export const changeEmail = route({
  method: 'POST',
  path: '/users/me/email',
  access: ownAccount,
  limit: ASKED,
  tag: 'Accounts',
  style: 'problem',
  summary: 'Change my address',
  description:
    'Needs the password, or a sign-in of the last ten minutes; with a second factor that sign-in in any case. The new address gets a link and is the account’s ' +
    'once it is used; the old one is told, and if it was proven, with a link that stops it.',
  body: {
    types: ['json'],
    schema: change,
    example: { email: 'alice@example.org', password: 'correct horse battery' },
  },
  answers: { 202: { description: 'A link was mailed, unless the address belongs to another account.' } },
  async handle(context) {
    const { body, services } = context
    const principal = principalOf(context)
    const caller = callerOf(context)
    const user = await services.ownAccount.prove(principal, body.password, caller)
    services.emailAddresses.askToChange(user, body.email, caller)
    return accepted()
  },
})
