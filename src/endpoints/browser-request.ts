import type { Browser, SettledOutcome } from '../authorization/authorize.ts'
import { AuthError } from '../errors/auth-error.ts'
import { Refusal } from '../errors/refusal.ts'
import { guardRequestOf } from '../guard/guard-request.ts'
import { MEDIA_TYPES, readText } from '../http/body.ts'
import type { Reply } from '../http/reply.ts'
import { needs } from '../model/access.ts'
import type { HttpRequest } from '../model/http-request.ts'
import type { Principal } from '../model/principal.ts'
import { NOBODY_KNOWS_WHEN } from '../model/session.ts'
import type { RouteContext } from './route.ts'

const BY_COOKIE = needs({ via: ['session'] })

/** Who is signed in by the cookie. Nothing changes by looking, so a link from elsewhere may come with it. */
export async function browserOf({ request, address, origin, services }: RouteContext): Promise<Browser> {
  const asked = { ...guardRequestOf(request, { address }), method: 'GET' }
  const seen = await services.guard(asked, BY_COOKIE)
  if (seen instanceof Refusal && seen.clientCode === 'try_again') throw new AuthError(seen)
  return { signIn: isSession(seen) ? signInOf(seen) : undefined, origin }
}

function isSession(seen: unknown): seen is Principal & { sessionId: string } {
  return !(seen instanceof Refusal) && (seen as Principal | undefined)?.sessionId !== undefined
}

function signInOf({ id, sessionId, authTime = NOBODY_KNOWS_WHEN, amr }: Principal & { sessionId: string }) {
  return { userId: id, sessionId, authTime, amr }
}

/** The answer of a browser's request. */
export function replyTo(outcome: SettledOutcome, { services }: Pick<RouteContext, 'services'>): Reply {
  switch (outcome.kind) {
    case 'redirect':
      return { ...seeOther(outcome.location), ...(outcome.refusal && { refusal: outcome.refusal }) }
    case 'sign_in': {
      const base = pathOfIssuer(services)
      const more = new URLSearchParams({ return_to: `${base}/authorize?${outcome.query}` })
      return seeOther(`${base}/login?${more}`)
    }
    case 'shown':
      throw new AuthError(outcome.refusal.code, { details: outcome.refusal.details })
  }
}

/** 303, so that no form is sent on (C11). */
export function seeOther(location: string): Reply {
  return { status: 303, headers: { location, 'cache-control': 'no-store' }, body: null }
}

/** Relative, so that whoever came by another name of this server stays there. Never from the request (C18). */
export function pathOfIssuer({ grants }: RouteContext['services']): string {
  return new URL(grants.settings.issuer).pathname.replace(/\/$/, '')
}

/** The query as it was sent, for what may stand in it twice. */
export function queryOf({ url }: HttpRequest): string {
  const at = url.indexOf('?')
  return at === -1 ? '' : url.slice(at + 1)
}

/** The same of what a form sends, which may have things twice too. */
export async function queryOfForm(request: HttpRequest): Promise<string> {
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase()
  if (type !== MEDIA_TYPES.form) throw new AuthError('MEDIA_TYPE_UNSUPPORTED')
  return new URLSearchParams(await readText(request)).toString()
}
