import type { Clock } from './base/clock.ts'
import type { Logger } from './base/logger.ts'
import { isJsonObject } from './base/strict-json.ts'
import type { RenderRefusal } from './http/error-response.ts'
import type { RefusalReport } from './http/refuser.ts'
import { isSafeAddress } from './keys/issuer-document.ts'
import { isCacheSize } from './tokens/read-access.ts'

/** What does not depend on the issuer. */
export interface ServiceOptions<Scope extends string = string> {
  /** The scopes this service asks for: a misspelt one does not compile then. */
  readonly scopes?: readonly Scope[] | Readonly<Record<Scope, string>>
  /** How much the memory for genuine signatures may take; 32 MiB unless said otherwise. */
  readonly cacheBytes?: number
  /**
   * Where the metadata of this API lies (RFC 9728), if it publishes any: each challenge of a 401 or 403 names it, so that a
   * client finds the issuer by itself.
   */
  readonly resourceMetadata?: string
  /** The origins whose pages may call this API from a browser, each in full; see `cors`. */
  readonly corsOrigins?: readonly string[]
  /** Whether this API is reached over https: then `headers` tell browsers to come by nothing else (HSTS). */
  readonly https?: boolean
  /** Your own body for refusals. Status, challenge and headers stay. */
  readonly renderRefusal?: RenderRefusal
  /** Told of each refusal. What it throws is logged and changes nothing. */
  readonly onRefusal?: (refusal: RefusalReport) => void | Promise<void>
  /** Where log lines go, as pino takes them; by default to standard error, each refusal while the issuers are on this machine. */
  readonly logger?: Logger
  /** For tests, and for networks that need a proxy. */
  readonly fetch?: typeof fetch
  /** For tests: another clock. */
  readonly clock?: Clock
}

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string'
const isFunction: Check = (value) => typeof value === 'function'
const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
const has =
  (...names: readonly string[]): Check =>
  (value) =>
    names.every((name) => isFunction(Object(value)[name]))

/** What each may be, and that in words. */
const KINDS: Readonly<Record<keyof ServiceOptions, readonly [Check, string]>> = {
  scopes: [(value) => isListOf(isText)(value) || isJsonObject(value), 'a list of names, or an object'],
  cacheBytes: [isCacheSize, 'from 0 to 16 GiB'],
  resourceMetadata: [(value) => isText(value) && isSafeAddress(String(value)), 'https, or http on loopback'],
  corsOrigins: [isListOf(isOrigin), 'a list of origins such as https://app.example.com'],
  https: [(value) => typeof value === 'boolean', 'true or false'],
  renderRefusal: [isFunction, 'a function'],
  onRefusal: [isFunction, 'a function'],
  logger: [has('debug', 'info', 'warn', 'error'), 'an object with debug, info, warn and error'],
  fetch: [isFunction, 'a function'],
  clock: [has('now', 'elapsed'), 'an object with now and elapsed'],
}

/** What is wrong with the options that do not depend on the issuer, each in a line. */
export function problemsOfService(options: ServiceOptions): string[] {
  return Object.entries(KINDS)
    .filter(([name, [check]]) => {
      const value = options[name as keyof ServiceOptions]
      return value !== undefined && !check(value)
    })
    .map(([name, [, kind]]) => `${name}: ${kind}`)
}

/** The other options, which are of issuers. */
export function withoutService(options: ServiceOptions): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !Object.hasOwn(KINDS, name)))
}

/** In full, as browsers send it: no star, no path. */
function isOrigin(text: unknown): boolean {
  return (
    typeof text === 'string' && /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text
  )
}
