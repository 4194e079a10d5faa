import type { Logger } from '../base/logger.ts'
import { isLoopback } from '../config/mode.ts'
import { Refusal } from '../errors/refusal.ts'
import { outsideHost } from '../http/outside-host.ts'
import type { HttpRequest } from '../model/http-request.ts'

/** What the server listens on, where that is known. */
interface Reach {
  readonly listensOn?: string | undefined
}

/**
 * Keeps a start in development to its machine: refuses what comes from outside. A server that is known to listen on
 * loopback alone can only be reached through something else on this machine, a proxy or a browser; there it is said once
 * in the log.
 */
export function createReachCheck(
  logger: Logger,
): (request: HttpRequest, reach: Reach) => Refusal | undefined {
  let told = false
  return (request, { listensOn }) => {
    const host = outsideHost(request)
    if (host === undefined) return undefined
    if (listensOn === undefined || !isLoopback(listensOn)) {
      return new Refusal('DEVELOPMENT_EXPOSED', { details: { host } })
    }
    if (!told)
      logger.warn(
        { host },
        'asked from outside in development mode: set ISSUER to the address that clients use',
      )
    told = true
    return undefined
  }
}
