import { type Logger, silentLogger } from '../base/logger.ts'
import { timeOf } from './account.ts'
import { type OutputOptions, printFacts, printTable, upTo } from './output.ts'
import { OPERATOR, withAuth } from './with-auth.ts'

interface InviteOptions extends OutputOptions {
  readonly email: string
  readonly role?: readonly string[]
  readonly language?: string
}

/** Mails the invitation before it says so. In development, where a letter has nowhere to go, the link is shown. */
export async function inviteUser({ email, role = [], language, ...output }: InviteOptions): Promise<void> {
  let link: string | undefined
  let failure: unknown
  const logger: Logger = {
    ...silentLogger,
    info(facts) {
      if ('link' in facts && typeof facts.link === 'string') link = facts.link
    },
    warn(facts) {
      if ('letter' in facts && 'err' in facts) failure = facts.err
    },
  }
  await withAuth(
    (auth, { defaultRoles }) =>
      auth.invite(
        {
          email,
          roles: [...defaultRoles, ...role],
          ...(language !== undefined && { language }),
        },
        OPERATOR,
      ),
    { logger },
  )
  if (failure !== undefined) {
    const why = failure instanceof Error ? failure.message : 'the mail server refused it'
    throw new Error(`the letter could not be sent: ${why}. Mend that and invite again.`)
  }
  printFacts({ email, invited: true, ...(link !== undefined && { link }) }, output)
}

export async function listInvitations({
  limit,
  ...output
}: OutputOptions & { readonly limit: number }): Promise<void> {
  const invitations = await withAuth((auth) => auth.invitations({ limit: limit + 1 }))
  const rows = upTo(limit, invitations, '--limit').map(({ email, roles, endsAt }) => ({
    email,
    roles,
    expires: timeOf(endsAt),
  }))
  printTable(rows, output, 'No invitation waits.')
}

export async function uninviteUser({
  email,
  ...output
}: OutputOptions & { readonly email: string }): Promise<void> {
  const withdrawn = await withAuth((auth) => auth.withdrawInvitation(email, OPERATOR))
  if (!withdrawn) throw new Error('no invitation waits for that address')
  printFacts({ email, invited: false }, output)
}
