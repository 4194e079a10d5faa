import type { Request, Response } from 'express'
import { RefusalAnswer } from '../errors/refusal-answer.ts'
import type { Admission, Gate } from '../guard/gate.ts'
import { RawGuardRequest } from '../guard/guard-request.ts'
import type { Access } from '../model/access.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import type { GroupWord } from './express-router.ts'

/** Enters where the word lets in whoever asks, at once where the gate knows at once; else sends the refusal. */
export function check(
  gate: Gate,
  access: Access | undefined,
  request: Request,
  response: Response,
  enter: () => void,
  params?: GuardRequest['params'],
): void {
  const settle = (admission: Admission): void => {
    if (admission instanceof RefusalAnswer) {
      send(admission, response)
      return
    }
    response.locals.principal = admission
    enter()
  }
  const admission = gate.admit(new ExpressGuardRequest(request, response, params), access)
  if (admission instanceof Promise) void admission.then(settle)
  else settle(admission)
}

/** One after the other. */
export function checkAll(
  gate: Gate,
  [step, ...more]: readonly GroupWord[],
  request: Request,
  response: Response,
  enter: () => void,
): void {
  if (step === undefined) enter()
  else {
    const goOn = (): void => checkAll(gate, more, request, response, enter)
    check(gate, step.word, request, response, goOn, step.params)
  }
}

/** A request of Express as a guard sees it. */
export class ExpressGuardRequest extends RawGuardRequest {
  readonly #request: Request
  readonly #response: Response | undefined
  readonly #params: GuardRequest['params'] | undefined

  /** Before the route is entered its `params` are those that it will have. */
  constructor(request: Request, response?: Response, params?: GuardRequest['params']) {
    super(request)
    this.#request = request
    this.#response = response
    this.#params = params
  }
  tell(headers: Readonly<Record<string, string>>): void {
    this.#response?.set(headers)
  }
  override get target(): string {
    return this.#request.originalUrl
  }
  override get params(): GuardRequest['params'] {
    return this.#params ?? (this.#request.params as GuardRequest['params'])
  }
  override get address(): string | undefined {
    return this.#request.ip
  }
}

/** Whoever waited too long to be let in may have had another answer by then, as one that a time limit gives. */
function send({ status, headers, body }: RefusalAnswer, response: Response): void {
  if (!response.headersSent) response.status(status).set(headers).end(body)
  else if (!response.writableEnded) response.destroy()
}
