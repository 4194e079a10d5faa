import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import { traceIdOf } from '../base/trace-parent.ts'
import { answerAtOAuthEndpoint, answerAtRoute } from '../errors/answer.ts'
import type { Refusal } from '../errors/refusal.ts'
import type { RefusalAnswer } from '../errors/refusal-answer.ts'
import { challengeSchemes } from '../guard/challenge-schemes.ts'
import type { Access } from '../model/access.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import { newReference, problemAnswer, type RenderRefusal } from './error-response.ts'

/** One refusal, as the log and the application see it. Holds no credential. */
export interface RefusalReport {
  readonly reference: string
  readonly code: Refusal['code']
  readonly status: number
  readonly method: string
  readonly path: string
  readonly address: string | undefined
  readonly details: Refusal['details']
  /** The trace that the request says it belongs to (W3C Trace Context). */
  readonly traceId?: string
}

export interface RefuserOptions {
  readonly random: Random
  readonly logger: Logger
  /** Whether the service is reached over https. */
  readonly https: boolean
  /** Where the metadata of the API is (RFC 9728), if anywhere. */
  readonly resourceMetadata?: string | undefined
  /** Adds cause, hint and details to answers. For development only. */
  readonly detailsInAnswer: boolean
  readonly renderRefusal?: RenderRefusal | undefined
  /** Takes note of each refusal, and waits for nothing. */
  readonly observe?:
    | ((refusal: Refusal, at: RefusedRequest & { readonly status: number }) => void)
    | undefined
  /** The application is told of each refusal, after the answer was made. */
  readonly onRefusal?: ((refusal: RefusalReport) => void | Promise<void>) | undefined
}

/** The request that was refused, as far as a report tells of it. */
export interface RefusedRequest {
  readonly method: string
  /** Without its query, which may hold secrets. */
  readonly path: string
  readonly address: string | undefined
  readonly reference: string
  /** The word of its route, where one was found: its challenge asks for what that takes. */
  readonly access?: Access | undefined
  /** What it carried, for whoever looks for the cause. */
  readonly request?: Pick<GuardRequest, 'header' | 'address'> | undefined
}

export interface Refuser {
  /** Writes the log line and tells the application. */
  report(refusal: Refusal, at: RefusedRequest, style: 'problem' | 'oauth'): void
  /** The answer at a checked route. */
  answer(refusal: Refusal, at: RefusedRequest): RefusalAnswer
  /** Both, for requests that a gate refused. The address is the client's, behind whatever proxy. */
  refuse(refusal: Refusal, request: RefusableRequest, access?: Access): RefusalAnswer
}

type RefusableRequest = Pick<GuardRequest, 'method' | 'target' | 'address'> & {
  readonly carried?: RefusedRequest['request']
}

/** What becomes of every refusal, of an endpoint or of a route of the application: one log line and one answer. */
export function createRefuser(options: RefuserOptions): Refuser {
  const { random, logger, https, resourceMetadata, detailsInAnswer, renderRefusal, observe, onRefusal } =
    options
  const failed = (error: unknown): void => logger.error({ err: error }, 'code of the application failed')

  const report: Refuser['report'] = (refusal, at, style) => {
    const { status } = style === 'oauth' ? answerAtOAuthEndpoint(refusal) : answerAtRoute(refusal)
    const traceId = traceIdOf(at.request?.header('traceparent'))
    const told: RefusalReport = {
      reference: at.reference,
      code: refusal.code,
      status,
      method: at.method,
      path: at.path,
      address: at.address,
      details: refusal.details,
      ...(traceId !== undefined && { traceId }),
    }
    logger[status >= 500 ? 'warn' : 'info'](told, 'refused')
    observe?.(refusal, { ...at, status })
    if (onRefusal === undefined) return
    Promise.resolve()
      .then(() => onRefusal(told))
      .catch(failed)
  }
  const answer: Refuser['answer'] = (refusal, { reference, path, access }) =>
    problemAnswer(refusal, {
      reference,
      schemes: challengeSchemes(access),
      https,
      resourceMetadata,
      detailsInAnswer,
      instance: path,
      renderRefusal,
      onRenderFailure: (error) => logger.error({ err: error }, 'renderRefusal failed'),
    })
  return {
    report,
    answer,
    refuse(refusal, { method, target, address, carried }, access) {
      const query = target.indexOf('?')
      const path = query === -1 ? target : target.slice(0, query)
      const at = { method, path, address, access, request: carried, reference: newReference(random) }
      report(refusal, at, 'problem')
      return answer(refusal, at)
    },
  }
}
