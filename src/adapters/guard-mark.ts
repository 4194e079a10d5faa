import { type CallSite, callSiteIn } from '../base/call-site.ts'
import { Access } from '../model/access.ts'

const WORD = Symbol('countersign.access')
const PLACE = Symbol('countersign.place')

/** Marks a handler as a guard, so that lists of routes can tell it from all others and read its word. */
export function markGuard<Handler extends object>(handler: Handler, access: Access): Handler {
  if (!Access.is(access)) throw new TypeError('guard(): not an access word; use anyone, signedIn or needs()')
  return Object.assign(handler, { [WORD]: access, [PLACE]: placeOfCaller() })
}

/** The word of a guard; undefined for every other handler. */
export function wordOf(handler: unknown): Access | undefined {
  return marked(handler)?.[WORD]
}

/** Where a guard was made. */
export function placeOf(handler: unknown): CallSite | undefined {
  return marked(handler)?.[PLACE]
}

function marked(handler: unknown): { [WORD]?: Access; [PLACE]?: CallSite } | undefined {
  return typeof handler === 'function' ? (handler as object) : undefined
}

const OWN_FOLDER = new URL('.', import.meta.url).pathname

/** The line of the application that is being run: where it declares a route. */
export function placeOfCaller(): CallSite | undefined {
  return callSiteIn(new Error('place').stack ?? '', OWN_FOLDER)
}
