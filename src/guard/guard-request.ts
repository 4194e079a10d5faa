import type { GuardRequest } from '../model/guard-request.ts'

const NO_PARAMS: GuardRequest['params'] = Object.freeze({})

/** A web-standard request as a guard sees it. */
export function guardRequestOf(request: Request, params = NO_PARAMS): GuardRequest {
  return {
    method: request.method,
    get target() {
      const { url } = request
      const path = url.indexOf('/', url.indexOf('://') + 3)
      return path === -1 ? '/' : url.slice(path)
    },
    params,
    header: (name) => request.headers.get(name) ?? undefined,
  }
}

/** The part of Node's IncomingMessage that a guard looks at. */
export interface RawRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly rawHeaders: readonly string[]
}

/**
 * One of Node's requests as a guard sees it. Headers are read as they came over the wire: `request.headers` shows only
 * the first of two Authorization fields, and which of the two counts must not be a guess.
 */
export class RawGuardRequest implements GuardRequest {
  readonly #raw: RawRequest
  readonly target: string
  readonly params: GuardRequest['params']

  /** `target` where the router sees another one than Node, as below a mount. */
  constructor(raw: RawRequest, params: GuardRequest['params'] = NO_PARAMS, target: string = raw.url ?? '/') {
    this.#raw = raw
    this.target = target
    this.params = params
  }

  get method(): string {
    return this.#raw.method ?? 'GET'
  }

  header(name: string): string | undefined {
    const { rawHeaders } = this.#raw
    let found: string | undefined
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const sent = rawHeaders[at] as string
      if (sent.length !== name.length || sent.toLowerCase() !== name) continue
      const value = rawHeaders[at + 1] as string
      found = found === undefined ? value : `${found}, ${value}`
    }
    return found
  }
}
