import { isIP } from 'node:net'
import { targetOf, waitingRequest } from '../../authorization/sent-away.ts'
import { guardRequestOf } from '../../guard/guard-request.ts'
import { noStore, type PolicyDirectives, pageHeaders } from '../../http/headers.ts'
import type { PageNote } from '../../http/page-cookies.ts'
import type { Reply } from '../../http/reply.ts'
import { pathOf } from '../../http/request-path.ts'
import { readReturnPath } from '../../http/return-path.ts'
import { tiesToHttps } from '../../http/strict-transport.ts'
import type { Caller } from '../../login/caller.ts'
import { filesOfPages } from '../../pages/files.ts'
import type { FormState } from '../../pages/form.ts'
import type { Frame } from '../../pages/frame.ts'
import { layPage, type PageParts } from '../../pages/layout.ts'
import { formNameOf } from '../../pages/profile.ts'
import { failureIn, problemIn } from '../../pages/refusal-words.ts'
import { chooseLanguage, LANGUAGES, type Language, languageOf } from '../../texts/languages.ts'
import { csrfTokenOf } from '../../tokens/session-cookie.ts'
import type { RouteContext } from '../route.ts'
import type { PageServices, Services } from '../services.ts'
import { profileFieldsOf } from './profile-fields.ts'

/** A page about to be drawn for one request. */
export interface PageView {
  readonly frame: Frame
  /** What the form before left for this page. */
  readonly note: PageNote | undefined
  /** The form of this page, as that note has it. */
  readonly state: FormState
  /** Where somebody is led afterwards, if the address says so and it is a path of ours. */
  readonly returnTo: string | undefined
  readonly query: URLSearchParams
  send(parts: PageParts, options?: SendOptions): Reply
}

export interface SendOptions {
  readonly status?: number
  /** What this page needs beyond the standard policy. */
  readonly policy?: PolicyDirectives
}

/** Who asks for a page, and with what. Without a principal its forms are those of a visit. */
export type PageRequest = Pick<RouteContext, 'request' | 'services'> &
  Partial<Pick<RouteContext, 'principal'>>

/** The services of the pages, on routes that are only there with them. */
export function pagesOf({ pages }: Services): PageServices {
  if (pages === undefined) throw new TypeError('there are no pages')
  return pages
}

/** The language of whoever asks: as the address says, as was chosen before, as the browser says. */
function languageFor({ request, services }: Pick<RouteContext, 'request' | 'services'>): Language {
  const asked = guardRequestOf(request)
  return chooseLanguage({
    uiLocales: new URL(request.url).searchParams.get('ui_locales') ?? undefined,
    cookie: pagesOf(services).cookies.language(asked),
    acceptLanguage: asked.header('accept-language'),
  })
}

/** Who asks on a page, for what ends in a letter: it is written in the language of the page. */
export function callerIn(context: Pick<RouteContext, 'request' | 'services' | 'origin'>): Caller {
  return { origin: context.origin, language: languageFor(context) }
}

/**
 * Lets the forms of a page lead on to where the application is that waits behind the sign-in: browsers hold a redirect
 * after a form against the policy of the form's page.
 */
export async function policyOn({ returnTo, frame }: PageView, { grants }: Services): Promise<SendOptions> {
  const waiting = waitingRequest(returnTo, frame.base)
  const target = waiting && (await targetOf(waiting, grants))
  return target === undefined ? {} : { policy: { 'form-action': [target] } }
}

/** Browsers bind passkeys to a host name; an address has none. */
export function canUsePasskeys({ grants }: Services): boolean {
  return isIP(new URL(grants.settings.issuer).hostname.replaceAll(/[[\]]/g, '')) === 0
}

/** Where letters can be read in development. */
export function lettersOf({ mailbox, pages }: Services): string | undefined {
  return mailbox && `${pages?.base ?? ''}/dev/mail`
}

/** Reads from the request all that a page is drawn with. `keeps` are parameters that links to this page go on with. */
export async function openView(
  { request, services, principal }: PageRequest,
  keeps: readonly string[] = [],
): Promise<PageView> {
  const { brand, cookies, base } = pagesOf(services)
  const asked = guardRequestOf(request)
  const path = pathOf(request)
  const query = new URL(request.url).searchParams
  const asksFor = query.get('ui_locales') ?? undefined
  const language = languageFor({ request, services })
  const kept = keeps.map((name): [string, string | undefined] => [name, query.get(name) ?? undefined])
  const returnTo = readReturnPath(query.get('return_to') ?? undefined)
  const frame: Frame = {
    brand,
    language,
    direction: LANGUAGES[language].direction,
    texts: await LANGUAGES[language].load(),
    base,
    files: filesUnder(base, filesOfPages(brand).names),
    here: `${base}${path}${queryOf({ ...Object.fromEntries(kept), return_to: returnTo })}`,
    now: services.grants.clock.now(),
  }

  const found = cookies.readNote(asked)
  const note = found?.page === path ? found : undefined
  const session = principal && services.sessionCookies.read(asked)
  const visit = session === undefined ? cookies.visit(asked) : undefined
  const chosen = languageOf(asksFor?.split(/\s/, 1)[0] ?? '')
  const cleared = note !== undefined && note.stays !== true ? cookies.clearedNote : undefined
  const set = [visit?.set, cleared, chosen && cookies.setLanguage(chosen)].filter(
    (cookie) => cookie !== undefined,
  )
  return {
    frame,
    note,
    state: {
      csrfToken: session === undefined ? (visit?.csrfToken ?? '') : csrfTokenOf(session.secret),
      ...stateOf(frame, note, services),
    },
    returnTo,
    query,
    send(parts, { status = 200, policy } = {}) {
      const https = tiesToHttps(services.grants.settings.issuer)
      return {
        status,
        headers: {
          ...pageHeaders({ https }, policy),
          ...noStore,
          'Content-Type': 'text/html; charset=utf-8',
          'Content-Language': language,
        },
        body: layPage(frame, parts).toString(),
        cookies: set,
      }
    },
  }
}

/** The addresses of the files beside the pages. */
export function filesUnder(base: string, names: Frame['files']): Frame['files'] {
  const at = (name: string) => `${base}/pages/${name}`
  return {
    style: at(names.style),
    script: at(names.script),
    icon: at(names.icon),
    logo: names.logo && at(names.logo),
  }
}

function stateOf(
  { texts }: Frame,
  note: PageNote | undefined,
  { profile }: Services,
): Omit<FormState, 'csrfToken'> {
  const { code, values = {}, problems = [], reference, retryAfterSeconds } = note ?? {}
  const labels = new Map(
    problems.length === 0 ? [] : profileFieldsOf(profile).map((one) => [formNameOf(one), one.label]),
  )
  return {
    values,
    problems: problems.map((problem) => problemIn(texts, problem, labels)),
    failure: code && failureIn(texts, { code, retryAfterSeconds, problems }),
    reference,
  }
}

/** A query out of what is there, with its question mark. */
export function queryOf(values: Readonly<Record<string, string | undefined>>): string {
  const there = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return there.length === 0 ? '' : `?${new URLSearchParams(there)}`
}

/** On to another page, by GET whatever came before (rule C11). */
export function seeOther(location: string, cookies: readonly string[] = []): Reply {
  return { status: 303, headers: { ...noStore, Location: location }, body: null, cookies }
}
