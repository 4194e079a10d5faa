import type { Express, Response } from 'express'
import type { RefusalAnswer } from '../errors/refusal-answer.ts'

/** Looks at what is about to be answered: the refusal to send instead, or undefined. */
export type JudgeAnswer = (response: Response, status: number) => RefusalAnswer | undefined

export interface Answering {
  /** From now on what answers this request is judged. */
  watch(response: Response): void
}

const JUDGE = Symbol('countersign.judge')
const REFUSED = Symbol('countersign.refused')
const COVERED = Symbol('countersign.covered')

interface Watched {
  /** Until it was asked. */
  [JUDGE]?: JudgeAnswer | undefined
  [REFUSED]?: boolean
}

/**
 * Middleware may answer without being a route, as one that serves files does, and nobody can tell beforehand. So the
 * methods that all answers go through look whether a word allows it, once for each answer of this application.
 */
export function coverAnswers(app: Express, judge: JudgeAnswer): Answering {
  coverMethods(sharedResponse(app))
  return {
    watch(answer) {
      ;(answer as Watched)[JUDGE] = judge
    },
  }
}

/**
 * What the answers of all applications inherit from: middleware may hand on to another application without mounting it
 * (`vhost`), and the answer is then that one's.
 */
function sharedResponse({ response }: Express): Response & { [COVERED]?: true } {
  let shared: object = response
  for (let one: object | null = response; one !== null; one = Object.getPrototypeOf(one)) {
    if (Object.hasOwn(one, 'sendFile')) shared = one
  }
  return shared as Response
}

function coverMethods(response: Response & { [COVERED]?: true }): void {
  if (Object.hasOwn(response, COVERED)) return
  const inner = Object.getPrototypeOf(response) as Response

  /** Whether this answer was refused, now or before: what would have been sent is then dropped. */
  const isRefused = (answer: Response & Watched, status = answer.statusCode): boolean => {
    const judge = answer[JUDGE]
    if (judge === undefined) return answer[REFUSED] === true
    answer[JUDGE] = undefined
    const refusal = judge(answer, status)
    if (refusal === undefined) return false
    for (const name of answer.getHeaderNames()) answer.removeHeader(name)
    answer.statusCode = refusal.status
    for (const [name, value] of Object.entries(refusal.headers)) answer.setHeader(name, value)
    Reflect.apply(inner.end, answer, [refusal.body])
    answer[REFUSED] = true
    return true
  }

  const covered = {
    [COVERED]: true,
    writeHead(this: Response, ...args: unknown[]) {
      if (isRefused(this, Number(args[0]))) return this
      return Reflect.apply(inner.writeHead as never, this, args)
    },
    flushHeaders(this: Response) {
      if (!isRefused(this)) Reflect.apply(inner.flushHeaders, this, [])
    },
    write(this: Response, ...args: unknown[]) {
      return isRefused(this) || Reflect.apply(inner.write as never, this, args)
    },
    end(this: Response, ...args: unknown[]) {
      return isRefused(this) ? this : Reflect.apply(inner.end as never, this, args)
    },
  }
  Object.assign(response, covered)
}
