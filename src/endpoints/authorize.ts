import { authorize as authorizeRequest } from '../authorization/authorize.ts'
import { anyone } from '../model/access.ts'
import { browserOf, pathOfIssuer, queryOf, queryOfForm, replyTo, seeOther } from './browser-request.ts'
import { route } from './route.ts'

const REQUESTS = { count: 1200, periodMilliseconds: 60_000 }

const answers = {
  303: { description: 'To the client with a code or an error, or to the sign-in page.' },
  400: { description: 'Nobody is redirected: the client is not named, or the address not its own.' },
  401: { description: 'There is no such client: nobody is redirected.' },
}

export const authorize = route({
  method: 'GET',
  path: '/authorize',
  access: anyone,
  limit: REQUESTS,
  tag: 'Tokens',
  style: 'problem',
  summary: 'Authorization endpoint (RFC 6749 section 3.1)',
  description:
    'Where a browser is sent to sign in for a client: `response_type=code` with PKCE, and the parameters of OpenID ' +
    'Connect Core section 3.1.2.1. Answers with `iss` (RFC 9207).',
  answers: {
    200: { description: 'The question whether the client may.', mediaType: 'text/html' },
    ...answers,
  },
  browsersOnly: true,
  async handle(context) {
    const { grants, pages } = context.services
    const query = queryOf(context.request)
    const outcome = await authorizeRequest(query, await browserOf(context), grants, pages !== undefined)
    if (outcome.kind !== 'ask') return replyTo(outcome, context)
    const { showConsent } = await import('./pages/consent.ts')
    return showConsent(outcome.question, context)
  },
})

/**
 * A form from another site comes without our cookie, for that is `SameSite=Lax`; the address it is sent on to is opened
 * like any link, and with it.
 */
export const authorizeByForm = route({
  method: 'POST',
  path: '/authorize',
  access: anyone,
  limit: REQUESTS,
  tag: 'Tokens',
  style: 'problem',
  summary: 'Authorization endpoint, by a form',
  description: 'Leads to the same request by GET.',
  answers: { 303: { description: 'To `GET /authorize`.' } },
  browsersOnly: true,
  async handle({ request, services }) {
    return seeOther(`${pathOfIssuer(services)}/authorize?${await queryOfForm(request)}`)
  },
})
