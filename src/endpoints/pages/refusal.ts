import { answerAtRoute } from '../../errors/answer.ts'
import { catalogue } from '../../errors/codes.ts'
import type { Refusal } from '../../errors/refusal.ts'
import type { Reply } from '../../http/reply.ts'
import { readReturnPath } from '../../http/return-path.ts'
import type { HttpRequest } from '../../model/http-request.ts'
import { errorPage } from '../../pages/error.ts'
import type { ServedRoute } from '../route.ts'
import type { Services } from '../services.ts'
import type { Form } from './page-route.ts'
import { openView, pagesOf, queryOf, seeOther } from './view.ts'

/** A request to a page, or to a form of one, that was refused. */
export interface RefusedPage {
  readonly request: HttpRequest
  readonly path: string
  readonly route?: ServedRoute
  readonly form?: Form
  /** Whether the guard had let it in. */
  readonly admitted?: boolean
  readonly reference: string
  readonly services: Services
}

/**
 * What somebody meets who is refused: the sign-in page if that is all it takes, the form again with what was wrong and
 * what was typed, else a page that says so.
 */
export async function answerRefusedPage(refusal: Refusal, refused: RefusedPage): Promise<Reply> {
  const { request, path, route, form, admitted = false, services } = refused
  const { base, cookies } = pagesOf(services)
  const { status } = answerAtRoute(refusal)
  const { code } = refusal
  if (!admitted && status === 401 && code !== 'REAUTHENTICATION_REQUIRED' && route !== undefined) {
    const back = base + (route.form?.page ?? path)
    const note = cookies.writeNote({ page: '/login', done: hadSession(refusal) ? 'ended' : 'please' })
    return seeOther(`${base}/login${queryOf({ return_to: back })}`, [
      note,
      ...clearedSession(refusal, services),
    ])
  }
  // A page of the account asks for the password itself. Where that does not do, as with a second factor, or there is none,
  // the sign-in page asks for what does.
  if (code === 'REAUTHENTICATION_REQUIRED' && route !== undefined) {
    const back = base + (route.form?.page ?? path)
    return seeOther(`${base}/login/again${queryOf({ return_to: back })}`)
  }
  const next = toNextStep(refusal, readReturnPath(form?.return_to), services)
  if (next !== undefined) return next
  if (route?.form !== undefined && form !== undefined && canComeBack(refusal.code, status)) {
    const { keeps, aliases } = route.form
    const values = Object.fromEntries(Object.entries(form).filter(([name]) => isKept(name, keeps)))
    const note = cookies.writeNote({
      page: route.form.page,
      values,
      // A sign-in on its way is not lost by loading its page anew.
      stays: values.challenge_token !== undefined,
      code: refusal.code,
      reference: refused.reference,
      problems: refusal.fields?.map((problem) => ({
        ...problem,
        field: aliases[problem.field] ?? problem.field,
      })),
      ...(refusal.retryAfterSeconds !== undefined && { retryAfterSeconds: refusal.retryAfterSeconds }),
    })
    const query = queryOf({ return_to: readReturnPath(form.return_to) })
    return seeOther(base + route.form.page + query, [note])
  }
  const view = await openView({ request, services })
  const hint = services.development ? catalogue[code].hint : undefined
  const shown = { status, code, hint, details: refusal.details }
  const reply = view.send(errorPage(view.frame, shown, refused.reference), { status })
  const wait = refusal.retryAfterSeconds ?? 1
  const isForNow = status === 503 || status === 429
  return {
    ...reply,
    headers: {
      ...reply.headers,
      ...(isForNow && { 'Retry-After': String(Math.max(1, Math.ceil(wait))) }),
      ...(refusal.allow !== undefined && { Allow: refusal.allow.join(', ') }),
    },
  }
}

/** On to the second step of a sign-in, where that is what it lacks. */
export function toNextStep(
  { code, continuation }: Refusal,
  returnTo: string | undefined,
  services: Services,
): Reply | undefined {
  if (continuation === undefined) return undefined
  const { base, cookies } = pagesOf(services)
  const page = code === 'MFA_ENROLMENT_REQUIRED' ? '/login/enrol' : '/login/step'
  const { challenge: secret, methods } = continuation
  const note = cookies.writeNote({ page, secret, values: { methods: methods.join(' ') }, stays: true })
  return seeOther(base + page + queryOf({ return_to: returnTo }), [note])
}

/** A name of the list, or one that begins as one ending in a star. */
function isKept(name: string, keeps: readonly string[]): boolean {
  return keeps.some((kept) => (kept.endsWith('*') ? name.startsWith(kept.slice(0, -1)) : name === kept))
}

/** What whoever fills in the form can do something about, if only wait. */
function canComeBack(code: Refusal['code'], status: number): boolean {
  if (code === 'CSRF_ORIGIN') return false
  if (
    code === 'EMAIL_UNVERIFIED' ||
    code === 'CSRF_TOKEN_STALE' ||
    code === 'REGISTRATION_CLOSED' ||
    code === 'HASH_QUEUE_FULL'
  )
    return true
  return [400, 401, 409, 422, 429].includes(status)
}

function hadSession({ code }: Refusal): boolean {
  return code === 'SESSION_ENDED'
}

/** A cookie that has come to its end would be sent, and refused, until somebody deletes it. */
function clearedSession(refusal: Refusal, { sessionCookies }: Services): string[] {
  return hadSession(refusal) || refusal.code === 'COOKIE_FOREIGN_APP' ? [sessionCookies.cleared] : []
}
