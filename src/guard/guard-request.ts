/** What a guard looks at: the same for every framework, and nothing of it is copied before it is asked for. */
export interface GuardRequest {
  readonly method: string
  /** Path and query as the router sees them. */
  readonly target: string
  /** A header by lower-case name; one that was sent several times as the values with `, ` between (RFC 9110 5.3). */
  header(name: string): string | undefined
}

/** A web-standard request as a guard sees it. */
export function guardRequestOf(request: Request): GuardRequest {
  return {
    method: request.method,
    get target() {
      const { url } = request
      const path = url.indexOf('/', url.indexOf('://') + 3)
      return path === -1 ? '/' : url.slice(path)
    },
    header: (name) => request.headers.get(name) ?? undefined,
  }
}
