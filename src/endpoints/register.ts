import { z } from 'zod'
import { profileOfOwner } from '../login/profile.ts'
import { anyone } from '../model/access.ts'
import { text } from '../model/text-field.ts'
import { accepted, callerOf, json, route } from './route.ts'
import { exampleUser, linkText, loginText, passwordText, showUser, userAnswer } from './schemas.ts'

const registration = z
  .strictObject({
    email: loginText,
    password: passwordText,
    username: text(64).optional(),
    profile: z.record(z.string(), z.unknown()).optional(),
    invitation: linkText.optional().meta({ description: 'What the link of an invitation carries.' }),
  })
  .meta({ id: 'Registration' })

export const register = route({
  method: 'POST',
  path: '/register',
  access: anyone,
  limit: { count: 30, periodMilliseconds: 600_000 },
  tag: 'Accounts',
  style: 'problem',
  summary: 'Create an account',
  body: {
    types: ['json'],
    schema: registration,
    example: { email: 'alice@example.com', password: 'correct horse battery', username: 'alice' },
  },
  answers: {
    202: {
      description:
        'With `registration: verified`: a link was mailed. The same whether there is an account or not.',
    },
    201: { description: 'The account.', schema: userAnswer, example: exampleUser },
    403: { description: 'Registration is closed, or the application refused it.' },
    409: { description: 'The address or the user name is taken.' },
    429: { description: 'Too many accounts from this address: wait as long as `Retry-After` says.' },
    503: { description: 'Too many passwords are waiting to be hashed.' },
  },
  async handle(context) {
    // Field by field: what the body says of roles or states never reaches the account (G-10).
    const { email, password, username, invitation } = context.body
    const profile = context.body.profile && profileOfOwner(context.services.profile, context.body.profile, {})
    const request = { email, password, username, profile, invitation }
    const user = await context.services.registration.register(request, callerOf(context))
    return user === undefined ? accepted() : json(showUser(user), 201)
  },
})
