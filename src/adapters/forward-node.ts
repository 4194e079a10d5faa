import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Principal } from '../model/principal.ts'
import { createForward, type ForwardOptions, sendResponse, type TokenSource, toForward } from './forward.ts'

/** The handler of a guarded route that hands what was let in on to an API behind; see `createForward`. */
export function forward(auth: TokenSource, options: ForwardOptions) {
  const handOn = createForward(auth, options)
  return async (
    request: IncomingMessage,
    response: ServerResponse,
    { principal }: { readonly principal: Principal },
  ): Promise<void> => {
    const asked = toForward(request, response, { target: request.url ?? '/' })
    await sendResponse(await handOn(asked, principal), response)
  }
}
