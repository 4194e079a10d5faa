import { z } from 'zod'
import { AuthError } from '../errors/auth-error.ts'
import type { Invitation, InvitationPage } from '../login/invitations.ts'
import { refuseRolesBeyond } from './account-ceiling.ts'
import { looksAfterUsers } from './admin-users.ts'
import { FOR_ADMINS } from './limits.ts'
import { answerPage, pageQuery } from './page.ts'
import { accepted, callerOf, noContent, route } from './route.ts'
import { listOf, loginText, timeOf } from './schemas.ts'

const invitation = z
  .strictObject({
    email: loginText,
    roles: z
      .array(z.string().max(64), 'Must be a list of roles.')
      .max(100)
      .optional()
      .meta({ description: 'Those of a new registration where left out.' }),
  })
  .meta({ id: 'Invitation' })

export const invite = route({
  method: 'POST',
  path: '/admin/invitations',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'Invite somebody',
  description:
    'Mails a link that is good once, for seven days: its `token` goes as `invitation` into `POST /register`. Works ' +
    'whatever the setting `registration` says.',
  body: { types: ['json'], schema: invitation, example: { email: 'bob@example.com', roles: ['user'] } },
  answers: {
    202: { description: 'Mailed.' },
    409: { description: 'The address has an account.' },
    429: { description: 'Too many invitations wait for that address.' },
  },
  async handle(context) {
    const { body, services } = context
    if (body.roles !== undefined) await refuseRolesBeyond(context, body.roles)
    const { email, roles } = body
    await services.invitations.invite({ email, ...(roles !== undefined && { roles }) }, callerOf(context))
    return accepted()
  },
})

const waiting = z
  .object({
    email: z.string(),
    roles: z.array(z.string()).meta({ description: 'Those that it still promises.' }),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'WaitingInvitation' })

/** Neither a user id nor an address has a space. */
const SEPARATOR = ' '

export const listInvitations = route({
  method: 'GET',
  path: '/admin/invitations',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'Invitations that wait',
  description: 'By their address, until they are taken up, taken back or too old.',
  query: z.strictObject(pageQuery),
  answers: { 200: { description: 'Invitations.', schema: listOf(waiting) } },
  async handle({ services, query }) {
    return answerPage(
      query,
      {
        name: 'invitations',
        fetch: (after, limit) => services.invitations.list({ limit, after: readPosition(after) }),
        positionOf: ({ userId, email }: Invitation) => userId + SEPARATOR + email,
        show: ({ email, roles, endsAt }) => ({ email, roles, expires_at: timeOf(endsAt) }),
      },
      services,
    )
  },
})

function readPosition(position: string | undefined): InvitationPage['after'] {
  const [userId = '', email = ''] = position?.split(SEPARATOR) ?? []
  return position === undefined ? undefined : { userId, email }
}

const withdrawal = z.strictObject({ email: loginText }).meta({ id: 'WithdrawnInvitation' })

export const withdrawInvitation = route({
  method: 'DELETE',
  path: '/admin/invitations',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'Take an invitation back',
  description: 'All that wait for that address: their links are of no use any more.',
  body: { types: ['json'], schema: withdrawal, example: { email: 'bob@example.com' } },
  answers: { 204: { description: 'Taken back.' }, 404: { description: 'None waits for that address.' } },
  async handle(context) {
    const { body, services } = context
    if (!(await services.invitations.withdraw(body.email, callerOf(context))))
      throw new AuthError('NOT_FOUND')
    return noContent()
  },
})
