import type { AuthError } from '../../errors/auth-error.ts'
import type { Reply } from '../../http/reply.ts'
import type { AttemptPurpose } from '../../login/social/attempt.ts'
import type { TokensOfSignIn } from '../../login/social/kept-tokens.ts'
import { openProvenSession } from '../browser-session.ts'
import type { RouteContext } from '../route.ts'
import { toNextStep } from './refusal.ts'
import { callerIn, pagesOf, queryOf, seeOther } from './view.ts'

const LOGIN = '/login'
export const CONNECTIONS = '/account/connections'
const AGAIN = '/login/again'

export interface ProviderSignIn {
  readonly assertion: TokensOfSignIn
  /** When they proved themselves there, or `NOBODY_KNOWS_WHEN`; undefined for now. */
  readonly authenticatedAt: number | undefined
  readonly returnTo: string | undefined
  /** What they have filled in for their profile, should they get an account now. */
  readonly profile?: Readonly<Record<string, unknown>>
  /** Called before anything is made of it. */
  readonly spend?: () => Promise<void>
}

/** Signs somebody in whom a provider has proven: to their account, or to the one that they get now. */
export async function signInProven(
  { assertion, authenticatedAt, returnTo, profile, spend }: ProviderSignIn,
  context: RouteContext,
): Promise<Reply> {
  const { services } = context
  const { set, device } = await openProvenSession(async () => {
    await spend?.()
    const user = await services.identities.resolve(assertion, callerIn(context), profile)
    await services.providerTokens.keep(assertion)
    return { user, amr: ['fed'], authenticatedAt }
  }, context)
  return seeOther(returnTo ?? `${pagesOf(services).base}/account`, [set, ...device])
}

/** Back to where it was begun, with what went wrong; or on to the second step, where that is all that is missing. */
export function failed(
  { refusal }: AuthError,
  purpose: AttemptPurpose | undefined,
  { reference, services }: Pick<RouteContext, 'reference' | 'services'>,
): Reply {
  const { base, cookies } = pagesOf(services)
  const next = toNextStep(refusal, purpose?.returnTo, services)
  if (next !== undefined) return { ...next, refusal }
  const page = purpose?.owner !== undefined ? CONNECTIONS : purpose?.anew === true ? AGAIN : LOGIN
  const note = cookies.writeNote({
    page,
    code: refusal.code,
    reference,
    ...(refusal.fields !== undefined && { problems: refusal.fields }),
    ...(refusal.retryAfterSeconds !== undefined && { retryAfterSeconds: refusal.retryAfterSeconds }),
  })
  return { ...seeOther(base + page + queryOf({ return_to: purpose?.returnTo }), [note]), refusal }
}
