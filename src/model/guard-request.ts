/** What guards and rules look at: the same for every framework, and nothing of it is copied before it is asked for. */
export interface GuardRequest {
  readonly method: string
  /** Path and query as the router sees them. */
  readonly target: string
  /** The variable parts of the path, as the router found them; empty where there is no router of ours to ask. */
  readonly params: Readonly<Record<string, string | undefined>>
  /** The client's address, where the adapter knows it. */
  readonly address?: string | undefined
  /** A header by lower-case name; one that was sent several times as the values with `, ` between (RFC 9110 5.3). */
  header(name: string): string | undefined
  /** The request underneath, one and the same however often it is checked. */
  readonly raw?: object | undefined
  /**
   * Whether it opens a WebSocket, as the server says who got it. A header proves nothing: it may stand in any request.
   */
  readonly opensSocket?: boolean | undefined
  /** Adds headers to the answer of the application, where the adapter can. */
  tell?(headers: Readonly<Record<string, string>>): void
}
