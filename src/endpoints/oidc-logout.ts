import { checkLogout } from '../authorization/logout.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Reply } from '../http/reply.ts'
import { anyone } from '../model/access.ts'
import { browserOf, pathOfIssuer, queryOf, queryOfForm, seeOther } from './browser-request.ts'
import { signOutFor } from './client-sign-out.ts'
import { SIGN_OUT } from './limits.ts'
import { type RouteContext, route } from './route.ts'

const described = {
  path: '/oidc/logout',
  access: anyone,
  limit: SIGN_OUT,
  tag: 'Sessions',
  style: 'problem',
  browsersOnly: true,
} as const

/** OpenID Connect RP-Initiated Logout: a client sends the browser here to sign its user out. */
export const oidcLogout = route({
  ...described,
  method: 'GET',
  summary: 'Sign out, for a client (OpenID Connect RP-Initiated Logout)',
  description:
    'With an `id_token_hint` of whoever is signed in they are signed out at once, else they are asked, or refused where there are no pages. Leads to the ' +
    '`post_logout_redirect_uri` if it is registered for the client, exactly.',
  answers: {
    200: { description: 'The question whether to sign out.', mediaType: 'text/html' },
    303: { description: 'Signed out, and on to the client or to a page that says so.' },
    400: { description: 'A parameter is not good: nobody is redirected.' },
  },
  handle: (context) => answer(queryOf(context.request), context),
})

export const oidcLogoutByForm = route({
  ...described,
  method: 'POST',
  summary: 'Sign out, for a client, by a form',
  description: 'Leads to the same request by GET.',
  answers: { 303: { description: 'To `GET /oidc/logout`.' } },
  async handle({ request, services }) {
    return seeOther(`${pathOfIssuer(services)}/oidc/logout?${await queryOfForm(request)}`)
  },
})

async function answer(query: string, context: RouteContext): Promise<Reply> {
  const { services } = context
  const checked = await checkLogout(query, services.grants)
  const { signIn } = await browserOf(context)
  if (signIn !== undefined && checked.hint?.userId !== signIn.userId) {
    // A link of any page leads here: without a page to ask on nobody is signed out by it.
    if (services.pages === undefined) {
      const details = {
        parameter: 'id_token_hint',
        why: 'not of whoever is signed in, and there is no page to ask on',
      }
      throw new AuthError('AUTHORIZATION_REQUEST_INVALID', { details })
    }
    const { showOidcSignOut } = await import('./pages/oidc-sign-out.ts')
    return showOidcSignOut(query, checked, signIn.userId, context)
  }
  return signOutFor(checked, signIn, context)
}
