/** A refusal as it is sent, whatever framework sends it. A class, so that it can be told from a principal. */
export class RefusalAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string

  constructor(status: number, headers: Readonly<Record<string, string>>, body: string) {
    this.status = status
    this.headers = headers
    this.body = body
  }

  toResponse(): Response {
    return new Response(this.body, { status: this.status, headers: { ...this.headers } })
  }
}
