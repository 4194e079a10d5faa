import { createHmac } from 'node:crypto'
import { authorizeAsAnswered, type Question } from '../../authorization/authorize.ts'
import { sourceOf } from '../../authorization/sent-away.ts'
import { equalTexts } from '../../base/constant-time.ts'
import { AuthError } from '../../errors/auth-error.ts'
import { guardRequestOf } from '../../guard/guard-request.ts'
import type { Reply } from '../../http/reply.ts'
import { parseScope } from '../../model/scope-policy.ts'
import { consentPage } from '../../pages/consent.ts'
import { sentenceOfScope } from '../../pages/scope-sentences.ts'
import { browserOf, replyTo } from '../browser-request.ts'
import type { RouteContext } from '../route.ts'
import { readFields } from './form-fields.ts'
import type { PageHandler } from './page-route.ts'
import { findSignedIn } from './signed-in.ts'
import { openView } from './view.ts'

/** The question whether a client may, for whoever is signed in. */
export async function showConsent(question: Question, context: RouteContext): Promise<Reply> {
  const { services, request } = context
  const cookie = services.sessionCookies.read(guardRequestOf(request))
  const principal = await findSignedIn(context)
  if (cookie === undefined || principal === undefined) throw new AuthError('CONSENT_STALE')
  const view = await openView({ request, services, principal })
  const { client, user, scope, lifeSeconds, query, redirectUri } = question
  const { base, texts } = view.frame
  const target = sourceOf(redirectUri)
  const shown = scope.join(' ')
  const page = consentPage({ ...view.frame, here: `${base}/authorize?${query}` }, view.state, {
    clientName: client.name,
    userName: user.username ?? user.email,
    permissions: scope.map((name) => sentenceOfScope(texts, name, services.permissions.scopes)),
    lifeSeconds,
    leadsTo: target,
    hidden: { request: query, scope: shown, request_token: requestToken(cookie.secret, query, shown) },
    another: `${base}/authorize?${anotherPerson(query)}`,
  })
  // Browsers hold the redirect that follows a form to this policy as well.
  return view.send(page, { policy: { 'form-action': [target] } })
}

/** What the person answers. It counts only from our own page, in this session and for the very request that was shown. */
export const answerConsent: PageHandler = async (context) => {
  const { body, request, services } = context
  const {
    request: query,
    scope = '',
    request_token,
    consent,
  } = readFields(body, {
    request: { most: 20_000 },
    scope: { most: 60_000, optional: true },
    request_token: { most: 100 },
    consent: { most: 10 },
  })
  const cookie = services.sessionCookies.read(guardRequestOf(request))
  if (cookie === undefined || !equalTexts(request_token, requestToken(cookie.secret, query, scope))) {
    throw new AuthError('CONSENT_STALE')
  }
  if (consent !== 'allow' && consent !== 'deny') throw new AuthError('CONSENT_STALE')
  const outcome = await authorizeAsAnswered(
    query,
    consent === 'allow' ? parseScope(scope) : undefined,
    await browserOf(context),
    services.grants,
  )
  return replyTo(outcome, context)
}

/** Binds an answer to the session and to what was shown: another request, or more, cannot be put in its place. */
function requestToken(secret: Uint8Array, query: string, scope: string): string {
  return createHmac('sha256', secret).update(`consent ${query}\n${scope}`).digest('base64url')
}

function anotherPerson(query: string): URLSearchParams {
  const next = new URLSearchParams(query)
  next.set('prompt', 'select_account')
  next.delete('reauth')
  return next
}
