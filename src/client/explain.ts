import { ClientError } from './client-error.ts'
import { DEADLINE_MILLISECONDS } from './issuer-call.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * The error to tell in the place of this one. A browser does not tell a page that may not read an answer from one that
 * got none; the page can find out.
 */
export async function explain(
  error: ClientError,
  issuer: string,
  { address, fetch }: Pick<Surroundings, 'address' | 'fetch'>,
): Promise<ClientError> {
  const page = address()
  if (error.code !== 'REFRESH_LOST_RESPONSE' || page === undefined) return error
  if (new URL(page).origin === new URL(issuer).origin) return error
  const reaches = (mode: 'cors' | 'no-cors') => {
    const signal = AbortSignal.timeout(DEADLINE_MILLISECONDS)
    return fetch(`${issuer}/healthz`, { mode, credentials: 'omit', cache: 'no-store', signal }).then(
      () => true,
      () => false,
    )
  }
  if ((await reaches('cors')) || !(await reaches('no-cors'))) return error
  const message =
    'The issuer can be reached, but lets this page read nothing: CORS_ORIGINS has to name its origin.'
  return new ClientError(message, { code: 'CORS_HEADER_NOT_ALLOWED' })
}
