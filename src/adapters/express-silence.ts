import type { Response } from 'express'
import type { RefusalAnswer } from '../errors/refusal-answer.ts'

/** Looks at what is about to be answered with a status: the refusal to send instead, or undefined. */
export type JudgeAnswer = (status: number) => RefusalAnswer | undefined

const WATCH = Symbol('countersign.watch')

/** What all answers go through, as it was. What sends the head alone (`flushHeaders`) has Node call `writeHead`. */
type Methods = Pick<Response, 'writeHead' | 'write' | 'end'>

interface Watch extends Methods {
  /** Until it was asked. */
  judge: JudgeAnswer | undefined
  isRefused: boolean
}

type Watched = Response & { [WATCH]: Watch }

/**
 * Middleware may answer without being a route, as one that serves files does, and nobody can tell beforehand. So the
 * methods that all answers go through look whether a word allows it, once for each answer of this application. They are
 * the answer's own: middleware may hand on to another application without mounting it (`vhost`), and that one, which may be
 * of another copy of Express, gives the answer another prototype.
 */
export function watchAnswer(response: Response, judge: JudgeAnswer): void {
  const watched = response as Watched
  if (watched[WATCH] !== undefined) {
    watched[WATCH].judge = judge
    return
  }
  const { writeHead, write, end } = response
  watched[WATCH] = { writeHead, write, end, judge, isRefused: false }
  // One by one: every request comes here.
  watched.writeHead = COVERS.writeHead as never
  watched.write = COVERS.write as never
  watched.end = COVERS.end as never
}

/** Who judges an answer that has not been judged yet; undefined where nobody does. */
export function judgeOf(response: Response): JudgeAnswer | undefined {
  return (response as Partial<Watched>)[WATCH]?.judge
}

/** Leaves an answer that has not been judged yet to another one. */
export function leaveTo(response: Response, judge: JudgeAnswer): void {
  if (judgeOf(response) !== undefined) watchAnswer(response, judge)
}

/** Whether this answer was refused, now or before: what would have been sent is then dropped. */
function isRefused(answer: Watched, status = answer.statusCode): boolean {
  const watch = answer[WATCH]
  const { judge } = watch
  if (judge === undefined) return watch.isRefused
  watch.judge = undefined
  const refusal = judge(status)
  if (refusal === undefined) return false
  for (const name of answer.getHeaderNames()) answer.removeHeader(name)
  answer.statusCode = refusal.status
  for (const [name, value] of Object.entries(refusal.headers)) answer.setHeader(name, value)
  Reflect.apply(watch.end, answer, [refusal.body])
  watch.isRefused = true
  return true
}

const COVERS = {
  writeHead(this: Watched, ...args: unknown[]) {
    return isRefused(this, Number(args[0])) ? this : Reflect.apply(this[WATCH].writeHead as never, this, args)
  },
  write(this: Watched, ...args: unknown[]) {
    return isRefused(this) || Reflect.apply(this[WATCH].write as never, this, args)
  },
  end(this: Watched, ...args: unknown[]) {
    return isRefused(this) ? this : Reflect.apply(this[WATCH].end as never, this, args)
  },
}

/** What Express says by itself of the methods of a path that its routes do not answer with OPTIONS. */
export function tellsMethods(response: Response): boolean {
  const allow = response.getHeader('Allow')
  return (
    response.req.method === 'OPTIONS' &&
    typeof allow === 'string' &&
    /^[A-Z, -]+$/.test(allow) &&
    Number(response.getHeader('Content-Length')) === allow.length
  )
}
