import type { Handler } from 'hono'
import { guardRequestOf } from '../guard/guard-request.ts'
import type { Principal } from '../model/principal.ts'
import { createForward, type ForwardOptions, type TokenSource } from './forward.ts'

/** The handler of a guarded route that hands what was let in on to an API behind; see `createForward`. */
export function forward(
  auth: TokenSource,
  options: ForwardOptions,
): Handler<{ Variables: { principal: Principal } }> {
  const handOn = createForward(auth, options)
  return (context) => {
    const { method, headers, body, signal } = context.req.raw
    // As it came: a parser would resolve what the router has matched as it stands (rule G-2).
    const { target } = guardRequestOf(context.req.raw)
    return handOn({ method, target, headers, body, signal }, context.var.principal)
  }
}
