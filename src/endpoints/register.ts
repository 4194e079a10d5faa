import { z } from 'zod'
import { AuthError } from '../errors/auth-error.ts'
import type { CheckedAccount } from '../login/accounts.ts'
import { anyone } from '../model/access.ts'
import type { User } from '../model/user.ts'
import { json, type RouteContext, route } from './route.ts'
import { exampleUser, loginText, passwordText, showUser, text, userAnswer } from './schemas.ts'

const registration = z
  .strictObject({
    email: loginText,
    password: passwordText,
    username: text(64).optional(),
    profile: z.record(z.string(), z.unknown()).optional(),
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
    201: { description: 'The account.', schema: userAnswer, example: exampleUser },
    403: { description: 'Registration is closed, or the application refused it.' },
    409: { description: 'The address or the user name is taken.' },
    429: { description: 'Too many accounts from this address: wait as long as `Retry-After` says.' },
    503: { description: 'Too many passwords are waiting to be hashed.' },
  },
  async handle({ body, origin, services }) {
    return json(showUser(await registerAccount(body, { origin, services })), 201)
  },
})

/** A new account, as far as registration is open. `passwordField` is what the request calls the password. */
export async function registerAccount(
  { email, password, username, profile }: z.output<typeof registration>,
  { origin, services }: Pick<RouteContext, 'origin' | 'services'>,
  passwordField = 'password',
): Promise<User> {
  if (services.registration === 'closed') throw new AuthError('REGISTRATION_CLOSED')
  const { hooks, inBackground } = services.grants
  // Field by field: what the body says of roles or states never reaches the account (G-10).
  const account = { email, password, username, profile }
  const approve = (checked: CheckedAccount) => hooks.before?.register?.(checked, origin)
  const user = await services.accounts.create(account, origin, { approve, passwordField })
  inBackground(() => hooks.after?.register?.(user, origin))
  return user
}
