/**
 * What the issuer reads of a request. Every web-standard Request is one, and a server's own can be read as one without
 * a Request being made of it.
 */
export interface HttpRequest {
  readonly method: string
  /** Absolute. Nothing follows from its host, which is whatever the client or the server says. */
  readonly url: string
  /** By lower-case name. */
  readonly headers: {
    get(name: string): string | null
    has(name: string): boolean
  }
  /** Aborted when whoever asks is gone. */
  readonly signal: AbortSignal
  /** The body piece by piece. A web stream may be one without its types saying so: those of the DOM do not. */
  readonly body: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array> | null
  /** All of the body, however long it is; rejects where it breaks off. */
  bytes(): Promise<Uint8Array>
}
