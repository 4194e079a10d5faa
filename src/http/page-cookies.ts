import { decodeBase64Url, encodeBase64Url } from '../base/base64url.ts'
import type { Clock } from '../base/clock.ts'
import { equalTexts } from '../base/constant-time.ts'
import type { Random } from '../base/random.ts'
import type { FieldProblem } from '../errors/refusal.ts'
import { seal, unseal } from '../keys/seal.ts'
import type { SecretKeys } from '../keys/secret-keys.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import { csrfTokenOf } from '../tokens/session-cookie.ts'
import { cookieAttributes, fitsCookie, ownCookie } from './own-cookies.ts'

/**
 * What a form leaves for the page that is shown next, since it is answered by a redirect: what was typed and what was
 * wrong with it, what was done, or a secret to be shown once.
 */
export interface PageNote {
  /** The path of the page it is for. */
  readonly page: string
  readonly values?: Readonly<Record<string, string>>
  readonly problems?: readonly FieldProblem[] | undefined
  /** The cause of a refusal. */
  readonly code?: string
  readonly retryAfterSeconds?: number
  readonly reference?: string
  /** A name of what was done, for the page to put into words. */
  readonly done?: string
  readonly secret?: string
  /** It is still there when the page is loaded anew. */
  readonly stays?: boolean
}

/** The cookies of the pages, beside that of the session. None of them lets anybody do anything. */
export interface PageCookies {
  /**
   * The token of forms for whoever has no session (rule F-5), and the cookie that it belongs to: a page of another site
   * can make the browser send that cookie, and cannot read the token.
   */
  visit(request: GuardRequest): { readonly csrfToken: string; readonly set: string | undefined }
  /** Whether a form carries the token of the cookie that came with it. */
  isOwnForm(request: GuardRequest, csrfToken: string | undefined): boolean
  language(request: GuardRequest): string | undefined
  setLanguage(language: string): string
  /** Encrypted, for it may hold a name or a key, and good for a short time. */
  writeNote(note: PageNote): string
  readNote(request: GuardRequest): PageNote | undefined
  readonly clearedNote: string
}

export interface PageCookiesOptions {
  readonly https: boolean
  readonly secretKeys: SecretKeys
  readonly random: Random
  readonly clock: Clock
}

const VISIT_BYTES = 32
const NOTE_MILLISECONDS = 300_000
const LANGUAGE_SECONDS = 31_536_000

export function createPageCookies({ https, secretKeys, random, clock }: PageCookiesOptions): PageCookies {
  // Over https no other site, of a sub-domain neither, can set a cookie of that prefix (rule F-2).
  const prefix = https ? '__Host-countersign' : 'countersign'
  const attributes = cookieAttributes(https)
  const read = (request: GuardRequest, name: string): string | undefined =>
    ownCookie(request, `${prefix}-${name}`)
  const write = (name: string, value: string, lifeSeconds?: number): string => {
    const life = lifeSeconds === undefined ? '' : `Max-Age=${lifeSeconds}; `
    return `${prefix}-${name}=${value}; ${life}${attributes}`
  }
  const readVisit = (request: GuardRequest): Uint8Array | undefined => {
    const secret = decodeBase64Url(read(request, 'visit') ?? '')
    return secret?.length === VISIT_BYTES ? secret : undefined
  }
  return {
    visit(request) {
      const known = readVisit(request)
      const secret = known ?? random(VISIT_BYTES)
      const set = known === undefined ? write('visit', encodeBase64Url(secret)) : undefined
      return { csrfToken: csrfTokenOf(secret), set }
    },
    isOwnForm(request, csrfToken) {
      const secret = readVisit(request)
      return secret !== undefined && csrfToken !== undefined && equalTexts(csrfToken, csrfTokenOf(secret))
    },
    language: (request) => read(request, 'language'),
    setLanguage: (language) => write('language', language, LANGUAGE_SECONDS),
    writeNote(note) {
      const sealed = (what: PageNote) => {
        const until = clock.now() + NOTE_MILLISECONDS
        return seal(JSON.stringify({ ...what, until }), 'page note', secretKeys.writing, random)
      }
      const whole = sealed(note)
      const { values: _, ...short } = note
      const text = fitsCookie(whole) ? whole : sealed(short)
      return write('note', text, NOTE_MILLISECONDS / 1000)
    },
    readNote(request) {
      const text = read(request, 'note')
      const opened = text === undefined ? undefined : unseal(text, 'page note', secretKeys)
      if (opened === undefined || 'unreadable' in opened) return undefined
      const { until, ...note } = JSON.parse(opened.plain)
      return until > clock.now() ? note : undefined
    },
    clearedNote: write('note', '', 0),
  }
}
