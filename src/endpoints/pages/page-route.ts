import { z } from 'zod'
import { AuthError } from '../../errors/auth-error.ts'
import { guardRequestOf } from '../../guard/guard-request.ts'
import type { Reply } from '../../http/reply.ts'
import { type Access, anyone, needs } from '../../model/access.ts'
import { type RouteLimit, uncounted } from '../../model/rate.ts'
import { RECENT_PROOF_SECONDS } from '../../model/recent-proof.ts'
import { OWN_CHANGES } from '../limits.ts'
import type { RouteContext, ServedRoute } from '../route.ts'

export type Form = Readonly<Record<string, string>>

/** Shows a page, or does what a form asks for. */
export type PageHandler = (context: RouteContext<Form>) => Reply | Promise<Reply>

/** For whoever is signed in, in a browser. */
export const inBrowser = needs({ via: ['session'] })

/** For whoever has proven who they are a moment ago as well. */
export const recentlyInBrowser = needs({ via: ['session'], freshWithinSeconds: RECENT_PROOF_SECONDS })

interface PageRow {
  readonly path: string
  readonly access: Access
  /** Loaded when it is first asked for, with everything that draws it: a server that nobody looks at starts sooner. */
  readonly load: () => Promise<PageHandler>
  /** Where it is left out: none for a page, and for a form what people may do with their own account. */
  readonly limit?: RouteLimit
}

/** What a page shows has been found by its key; those that begin something have a limit. */
const DRAWS = uncounted('draws a page, and changes nothing')

interface FormRow extends PageRow {
  /** The page it stands on. */
  readonly page: string
  /** The fields that come back with the page if it fails; `x.*` for all that begin so. Never those of a secret. */
  readonly keeps?: readonly string[]
  /** What the services call a field that the form calls otherwise: `{ new_password: 'new-password' }`. */
  readonly aliases?: Readonly<Record<string, string>>
}

const answers = { 200: { description: 'A page.', mediaType: 'text/html' } }
const shared = { tag: 'Pages', style: 'page', hidden: true, browsersOnly: true, answers } as const

/** A row of the table for a page. */
export function page({ path, access, load, limit = DRAWS }: PageRow): ServedRoute {
  return {
    ...shared,
    method: 'GET',
    path,
    access,
    limit,
    summary: `The page ${path}`,
    handle: async (context) => (await load())(context as RouteContext<Form>),
  }
}

const fields = z.record(z.string(), z.string())

/**
 * A row of the table for what a form sends. It is answered by a redirect, whatever comes of it. Where nobody is signed in,
 * so that the guard has no session to hold the form's token against, the token of the visit is looked at (rule F-5).
 */
export function form({
  path,
  access,
  load,
  page,
  keeps = [],
  aliases = {},
  limit = OWN_CHANGES,
}: FormRow): ServedRoute {
  return {
    ...shared,
    method: 'POST',
    path,
    access,
    limit,
    summary: `What the form on ${page} sends`,
    body: { types: ['form'], schema: fields },
    form: { page, keeps, aliases },
    async handle(context) {
      if (access === anyone) refuseForeignForm(context as RouteContext<Form>)
      return (await load())(context as RouteContext<Form>)
    },
  }
}

function refuseForeignForm({ body, request, services }: RouteContext<Form>): void {
  const asked = guardRequestOf(request)
  if (!services.sessionCookies.maySignIn(asked)) throw new AuthError('CSRF_ORIGIN')
  if (services.pages?.cookies.isOwnForm(asked, body.csrf_token) !== true) {
    throw new AuthError('CSRF_TOKEN_STALE')
  }
}
