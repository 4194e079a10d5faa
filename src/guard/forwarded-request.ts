import { Refusal } from '../errors/refusal.ts'
import type { GuardRequest } from '../model/guard-request.ts'

const METHOD = /^[A-Z][A-Z-]{0,19}$/
/** No address holds a blank; two that were joined do. */
const TARGET = /^\/[^ ]*$/
/** Methods that a proxy may ask with by itself, whatever the request was that it asks about. */
const ASKING: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/**
 * The request that a proxy asks about, seen through the one it asks with: the client's own headers, and the method and
 * address that `X-Forwarded-Method` and `X-Forwarded-Uri` name. What no trusted proxy has written is not believed. Refused
 * where either came twice, or is none.
 */
export function forwardedRequest(asking: GuardRequest, isFromProxy: boolean): ForwardedRequest | Refusal {
  const method = isFromProxy ? asking.header('x-forwarded-method') : undefined
  const target = isFromProxy ? asking.header('x-forwarded-uri') : undefined
  if (method !== undefined && !METHOD.test(method)) return invalid('X-Forwarded-Method')
  if (target !== undefined && !TARGET.test(target)) return invalid('X-Forwarded-Uri')
  return new ForwardedRequest(asking, method, target)
}

export class ForwardedRequest implements GuardRequest {
  /**
   * Whether it is known what would be done. A proxy that asks with a GET and says no more may be asking about a POST: for
   * a credential that browsers add by themselves that is the difference, so it counts as one.
   */
  readonly isMethodKnown: boolean
  readonly method: string
  readonly target: string
  readonly params: GuardRequest['params']
  readonly address: string | undefined
  readonly #asking: GuardRequest

  constructor(asking: GuardRequest, method: string | undefined, target: string | undefined) {
    this.isMethodKnown = method !== undefined || !ASKING.has(asking.method)
    this.method = method ?? (this.isMethodKnown ? asking.method : 'POST')
    this.target = target ?? asking.target
    this.params = asking.params
    this.address = asking.address
    this.#asking = asking
  }

  header(name: string): string | undefined {
    const value = this.#asking.header(name)
    // Proxies keep `Upgrade` to themselves, and hand on what belongs to it. Over HTTP/2 that is no key (RFC 8441 section 5).
    const isSocket = name === 'upgrade' && this.#asking.header('sec-websocket-version') !== undefined
    return isSocket ? (value ?? 'websocket') : value
  }
}

function invalid(header: string): Refusal {
  return new Refusal('REQUEST_INVALID', {
    fields: [{ field: header, message: 'Must be there once, as it is.' }],
  })
}
