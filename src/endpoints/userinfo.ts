import { z } from 'zod'
import { toSeconds } from '../base/clock.ts'
import { AuthError } from '../errors/auth-error.ts'
import { needs } from '../model/access.ts'
import type { User } from '../model/user.ts'
import { OWN_DATA } from './limits.ts'
import { json, principalOf, type RouteContext, route } from './route.ts'

/** Standard claims of a person that stand in the application's own profile fields, where it has them as texts. */
const PROFILE_CLAIMS = [
  ...['name', 'given_name', 'family_name', 'middle_name', 'nickname', 'profile', 'picture', 'website'],
  ...['gender', 'birthdate', 'zoneinfo', 'locale'],
] as const

/** Everything that the userinfo endpoint may say (OpenID Connect Core section 5.1). */
export const USERINFO_CLAIMS = [
  'sub',
  'preferred_username',
  'updated_at',
  ...PROFILE_CLAIMS,
  'email',
  'email_verified',
]

const claims = z.looseObject({ sub: z.string() }).meta({ id: 'Userinfo' })

const described = {
  access: needs({ scopes: ['openid'], via: ['bearer'] }),
  path: '/userinfo',
  tag: 'Tokens',
  limit: OWN_DATA,
  style: 'problem',
  description:
    'The claims that the scopes of the token ask for (OpenID Connect Core section 5.3): `profile` for names and what ' +
    'the profile holds, `email` for the address.',
  answers: {
    200: {
      description: 'The claims.',
      schema: claims,
      example: {
        sub: '6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f',
        email: 'alice@example.com',
        email_verified: true,
      },
    },
  },
  handle: answer,
} as const

export const readUserinfo = route({ ...described, method: 'GET', summary: 'Who signed in' })

/** Core section 5.3.1 asks for both methods. The token is in the header either way. */
export const postUserinfo = route({
  ...described,
  method: 'POST',
  changesNothing: true,
  summary: 'Who signed in, by POST',
})

async function answer(context: RouteContext) {
  const { id, scopes } = principalOf(context)
  const user = await context.services.grants.store.users.find(id)
  if (user === undefined) throw new AuthError('USER_NOT_FOUND')
  return json({
    sub: user.id,
    ...(scopes.includes('profile') && profileOf(user)),
    ...(scopes.includes('email') && { email: user.email, email_verified: user.emailVerified }),
  })
}

function profileOf({ username, profile, updatedAt }: User): Record<string, unknown> {
  const own = PROFILE_CLAIMS.map((name) => [name, profile[name]]).filter(
    ([, value]) => typeof value === 'string',
  )
  return {
    ...(username !== undefined && { preferred_username: username }),
    updated_at: toSeconds(updatedAt),
    ...Object.fromEntries(own),
  }
}
