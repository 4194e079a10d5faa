import { z } from 'zod'
import { anyone } from '../model/access.ts'
import { accepted, callerOf, noContent, route } from './route.ts'
import { linkText, loginText, passwordText } from './schemas.ts'

/** The same for an office; whoever floods one mailbox is stopped by the number of links that wait for it. */
const ASKED = { count: 30, periodMilliseconds: 600_000 }

const forgot = z
  .strictObject({ email: loginText.meta({ description: 'Mail address or user name.' }) })
  .meta({ id: 'PasswordForgotten' })

export const forgotPassword = route({
  method: 'POST',
  path: '/password/forgot',
  access: anyone,
  limit: ASKED,
  tag: 'Accounts',
  style: 'problem',
  summary: 'Forgot my password',
  description:
    'If there is an account, a link goes to its address: good once, for an hour, and dead after any change of password ' +
    'or address. The answer is the same where there is none.',
  body: { types: ['json'], schema: forgot, example: { email: 'alice@example.com' } },
  answers: { 202: { description: 'If there is such an account, a link was mailed.' } },
  handle(context) {
    context.services.passwordReset.ask(context.body.email, callerOf(context))
    return accepted()
  },
})

const reset = z
  .strictObject({
    token: linkText.meta({ description: 'What the mailed link carries.' }),
    new_password: passwordText,
  })
  .meta({ id: 'PasswordReset' })

export const resetPassword = route({
  method: 'POST',
  path: '/password/reset',
  access: anyone,
  limit: ASKED,
  tag: 'Accounts',
  style: 'problem',
  summary: 'Choose a new password',
  description:
    'Ends every session and token of the account. Signs nobody in. A password that is refused leaves the link.',
  body: {
    types: ['json'],
    schema: reset,
    example: { token: 'cs_link_AQ…', new_password: 'a longer sentence of mine' },
  },
  answers: { 204: { description: 'Changed. Sign in with it.' } },
  async handle(context) {
    const { body, services } = context
    await services.passwordReset.reset(body.token, body.new_password, callerOf(context))
    return noContent()
  },
})
