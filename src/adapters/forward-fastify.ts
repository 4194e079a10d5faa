import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Principal } from '../model/principal.ts'
import { createForward, type ForwardOptions, type TokenSource, toForward } from './forward.ts'

/** The handler of a guarded route that hands what was let in on to an API behind; see `createForward`. */
export function forward(auth: TokenSource, options: ForwardOptions) {
  const handOn = createForward(auth, options)
  return async (
    request: { readonly raw: IncomingMessage; readonly body?: unknown; readonly principal?: unknown },
    reply: { readonly raw: ServerResponse; send(payload: unknown): unknown },
  ): Promise<unknown> => {
    const { raw, body, principal } = request
    const asked = toForward(raw, reply.raw, { target: raw.url ?? '/', parsed: body })
    return reply.send(await handOn(asked, principal as Principal))
  }
}
