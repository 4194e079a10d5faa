import type { Response } from 'express'
import type { RefusalAnswer } from '../errors/refusal-answer.ts'

/** Looks at what is about to be answered: the refusal to send instead, or undefined. */
export type JudgeAnswer = (response: Response, status: number) => RefusalAnswer | undefined

const JUDGE = Symbol('countersign.judge')
const REFUSED = Symbol('countersign.refused')
const BELOW = Symbol('countersign.below')

/** What all answers go through. */
type Methods = Pick<Response, 'writeHead' | 'flushHeaders' | 'write' | 'end'>

interface Watched {
  /** Until it was asked. */
  [JUDGE]?: JudgeAnswer | undefined
  [REFUSED]?: boolean
  /** The methods as they were. */
  [BELOW]: Methods
}

/**
 * Middleware may answer without being a route, as one that serves files does, and nobody can tell beforehand. So the
 * methods that all answers go through look whether a word allows it, once for each answer of this application. They are
 * the answer's own: middleware may hand on to another application without mounting it (`vhost`), and that one, which may be
 * of another copy of Express, gives the answer another prototype.
 */
export function watchAnswer(response: Response, judge: JudgeAnswer): void {
  const watched = response as Response & Watched
  if (!Object.hasOwn(response, BELOW)) {
    const { writeHead, flushHeaders, write, end } = response
    watched[BELOW] = { writeHead, flushHeaders, write, end } as Methods
    // One by one: every request comes here.
    watched.writeHead = COVERS.writeHead as never
    watched.flushHeaders = COVERS.flushHeaders
    watched.write = COVERS.write as never
    watched.end = COVERS.end as never
  }
  watched[JUDGE] = judge
}

/** Whether this answer was refused, now or before: what would have been sent is then dropped. */
function isRefused(answer: Response & Watched, status = answer.statusCode): boolean {
  const judge = answer[JUDGE]
  if (judge === undefined) return answer[REFUSED] === true
  answer[JUDGE] = undefined
  const refusal = judge(answer, status)
  if (refusal === undefined) return false
  for (const name of answer.getHeaderNames()) answer.removeHeader(name)
  answer.statusCode = refusal.status
  for (const [name, value] of Object.entries(refusal.headers)) answer.setHeader(name, value)
  Reflect.apply(answer[BELOW].end, answer, [refusal.body])
  answer[REFUSED] = true
  return true
}

type Covered = Response & Watched

const COVERS = {
  writeHead(this: Covered, ...args: unknown[]) {
    return isRefused(this, Number(args[0])) ? this : Reflect.apply(this[BELOW].writeHead as never, this, args)
  },
  flushHeaders(this: Covered) {
    if (!isRefused(this)) Reflect.apply(this[BELOW].flushHeaders, this, [])
  },
  write(this: Covered, ...args: unknown[]) {
    return isRefused(this) || Reflect.apply(this[BELOW].write as never, this, args)
  },
  end(this: Covered, ...args: unknown[]) {
    return isRefused(this) ? this : Reflect.apply(this[BELOW].end as never, this, args)
  },
}
