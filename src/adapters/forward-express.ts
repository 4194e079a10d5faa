import type { RequestHandler } from 'express'
import type { Principal } from '../model/principal.ts'
import type { GuardHandler } from './express.ts'
import { createForward, type ForwardOptions, sendResponse, type TokenSource, toForward } from './forward.ts'

/** The handler of a guarded route that hands what was let in on to an API behind; see `createForward`. */
export function forward(auth: TokenSource, options: ForwardOptions): GuardHandler<Principal> {
  const handOn = createForward(auth, options)
  const handler: RequestHandler = async (request, response) => {
    const asked = toForward(request, response, { target: request.originalUrl, parsed: request.body })
    await sendResponse(await handOn(asked, response.locals.principal), response)
  }
  return handler as never
}
