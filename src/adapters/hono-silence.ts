import type { Context, Next } from 'hono'
import type { HonoChecks, HonoHandler } from './hono-router.ts'

/** What is needed of the guard, in the terms of Hono. */
export interface SilenceParts extends Pick<HonoChecks, 'guarded'> {
  /** Whether the request opens a WebSocket. */
  readonly opensSocket: (context: Context) => boolean
  /** The refusal of what no word allows; of a request for a socket, that there is none. */
  readonly refuse: (context: Context) => Response
}

/**
 * Middleware may answer without being a route, as one that serves files does, and nobody can tell beforehand. What it answers
 * is for whom the word of the route behind it lets in, and where there is none for nobody.
 */
export function coverAnswers({
  guarded,
  opensSocket,
  refuse,
}: SilenceParts): Pick<HonoChecks, 'ahead' | 'silent'> {
  // Middleware may ask this application another thing, as one that takes the method from a field of the form does: what was
  // answered there was for whoever asks.
  const judged = new WeakSet<Response>()
  const excused = new WeakSet<Context>()

  return {
    ahead(handler, access, distance) {
      const check = (c: Context, next: Next, step: HonoHandler): unknown => {
        const { routeIndex } = c.req
        c.req.routeIndex += distance
        const enter: HonoHandler = (context, go) => {
          c.req.routeIndex = routeIndex
          return step(context, go)
        }
        return guarded(enter, access)(c, next)
      }
      return async (c, next) => {
        // What opens a socket has done so before it answers.
        if (opensSocket(c)) return check(c, next, handler)
        let handedOn = false
        const said: Response | undefined = await handler(c, () => {
          handedOn = true
          return next()
        })
        if (handedOn) {
          judged.add(c.res)
          return said
        }
        const answer = said ?? (c.finalized ? c.res : undefined)
        if (answer === undefined || !isAnswer(c, answer)) return said
        if (judged.has(answer)) {
          excused.add(c)
          return said
        }
        const admitted = (await check(c, next, () => answer)) as Response
        if (admitted !== answer) withhold(answer)
        if (admitted !== answer && c.finalized) replace(c, admitted)
        return admitted
      }
    },
    async silent(c, next) {
      if (opensSocket(c)) return refuse(c)
      await next()
      if (!isAnswer(c, c.res) || excused.has(c)) return undefined
      withhold(c.res)
      replace(c, refuse(c))
      return undefined
    },
  }
}

/** A preflight is answered by middleware; an error or a way elsewhere is no answer of a route. */
function isAnswer({ req }: Context, { status, headers }: Response): boolean {
  if (status >= 300) return status < 400 && !headers.has('location')
  return !(req.method === 'OPTIONS' && status === 204)
}

/** No file is left open that nobody will read. */
function withhold({ body }: Response): void {
  body?.cancel().catch(() => undefined)
}

/** Of what was there no header is kept. */
function replace(c: Context, answer: Response): void {
  c.res = undefined
  c.res = answer
}
