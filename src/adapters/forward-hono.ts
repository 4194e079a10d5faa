import type { Handler } from 'hono'
import type { Principal } from '../model/principal.ts'
import { createForward, type ForwardOptions, type TokenSource } from './forward.ts'

/** The handler of a guarded route that hands what was let in on to an API behind; see `createForward`. */
export function forward(
  auth: TokenSource,
  options: ForwardOptions,
): Handler<{ Variables: { principal: Principal } }> {
  const handOn = createForward(auth, options)
  return (context) => {
    const { method, url, headers, body, signal } = context.req.raw
    const { pathname, search } = new URL(url)
    return handOn({ method, target: pathname + search, headers, body, signal }, context.var.principal)
  }
}
