import { createHash } from 'node:crypto'
import { ATTEMPT_LIFE_SECONDS } from '../login/social/attempt.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import { cookieAttributes, ownCookie } from './own-cookies.ts'

/**
 * One cookie for each sign-in at a provider that is on its way, named after its state: two tabs do not overwrite each
 * other's. What stands in it is sealed.
 */
export interface AttemptCookies {
  /** The values of Set-Cookie that keep an attempt; the oldest go where a browser has many, or large ones. */
  keep(request: Pick<GuardRequest, 'header'>, state: string, text: string): readonly string[]
  read(request: Pick<GuardRequest, 'header'>, state: string): string | undefined
  cleared(state: string): string
}

/** More than anybody has tabs for. */
const MOST_COOKIES = 4
/**
 * Of all of them together, names included: servers take 8 KiB of cookies (nginx) or 16 KiB of headers (ours), and every
 * link of another site may begin an attempt. A browser that holds more is refused everywhere until they are over.
 */
const MOST_BYTES = 5000

export function createAttemptCookies({ https }: { readonly https: boolean }): AttemptCookies {
  const prefix = `${https ? '__Host-' : ''}countersign-with-`
  const attributes = cookieAttributes(https)
  const nameOf = (state: string): string =>
    prefix + createHash('sha256').update(state).digest('hex').slice(0, 16)
  const clear = (name: string): string => `${name}=; Max-Age=0; ${attributes}`
  return {
    keep(request, state, text) {
      const cookie = `${nameOf(state)}=${text}`
      let room = MOST_BYTES - cookie.length
      // Browsers send the newest last (RFC 6265 section 5.4).
      const newestFirst = [...(request.header('cookie') ?? '').matchAll(/(?:^|;)\s*(([^=;\s]+)=[^;]*)/g)]
        .filter(([, , name = '']) => name.startsWith(prefix))
        .reverse()
      const old = newestFirst.filter(([, pair = ''], index) => {
        room -= pair.length
        return index >= MOST_COOKIES - 1 || room < 0
      })
      const cleared = old.map(([, , name = '']) => clear(name))
      return [...cleared, `${cookie}; Max-Age=${ATTEMPT_LIFE_SECONDS}; ${attributes}`]
    },
    read: (request, state) => ownCookie(request, nameOf(state)),
    cleared: (state) => clear(nameOf(state)),
  }
}
