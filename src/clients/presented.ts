import { readBasicHeader } from '../base/basic-header.ts'
import { AuthError } from '../errors/auth-error.ts'
import { FIRST_PARTY } from '../model/client.ts'

/** What a request says of its client: the Authorization header, and the parameters of the body. */
export interface ClientRequest {
  readonly parameters: ReadonlyMap<string, string>
  readonly authorization: string | undefined
  /** Path of the endpoint, which a signed assertion may name as its audience. */
  readonly endpoint: string
}

/** The one method that a request uses, and what it presents. Nothing is proven yet. */
export type PresentedClient =
  | { readonly method: 'none'; readonly id: string }
  | {
      readonly method: 'client_secret_basic' | 'client_secret_post'
      readonly id: string
      readonly secret: string
    }
  | { readonly method: 'private_key_jwt'; readonly id: string | undefined; readonly assertion: string }

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * Reads how a client presents itself (RFC 6749 section 2.3, RFC 7521 section 4.2): in one way only. An absent or empty
 * client is the built-in one; Swagger UI sends an empty Basic header for it. Throws `REQUEST_INVALID` for two ways at
 * once, and `CLIENT_SECRET_ENCODING` and `CLIENT_UNKNOWN` for a header that cannot be read.
 */
export function readPresentedClient({ authorization, parameters }: ClientRequest): PresentedClient {
  const id = parameters.get('client_id') ?? ''
  const secret = parameters.get('client_secret') ?? ''
  const assertion = parameters.get('client_assertion') ?? ''
  const basic = authorization === undefined ? undefined : readBasic(authorization)
  if ([basic, secret || undefined, assertion || undefined].filter((way) => way !== undefined).length > 1)
    throw twoWays()

  if (basic !== undefined) {
    if (id !== '' && basic.id !== '' && id !== basic.id) throw twoWays()
    const named = basic.id === '' ? id : basic.id
    return basic.secret === ''
      ? nobody(named)
      : { method: 'client_secret_basic', id: named, secret: basic.secret }
  }
  if (assertion !== '') {
    if (parameters.get('client_assertion_type') !== JWT_BEARER) {
      const message = `Must be ${JWT_BEARER}.`
      throw new AuthError('REQUEST_INVALID', { fields: [{ field: 'client_assertion_type', message }] })
    }
    return { method: 'private_key_jwt', id: id === '' ? undefined : id, assertion }
  }
  return secret === '' ? nobody(id) : { method: 'client_secret_post', id, secret }
}

/** A client without a secret only says its name. */
function nobody(id: string): PresentedClient {
  return { method: 'none', id: id === '' ? FIRST_PARTY : id }
}

function twoWays(): AuthError {
  return new AuthError('REQUEST_INVALID', {
    fields: [{ field: 'client_id', message: 'The client must authenticate in one way only.' }],
  })
}

/** The parts of a client's Basic header, each form-encoded before (RFC 6749 section 2.3.1). */
function readBasic(value: string): { readonly id: string; readonly secret: string } {
  const pair = readBasicHeader(value)
  if (pair === undefined)
    throw new AuthError('CLIENT_UNKNOWN', { details: { why: 'the header cannot be read' } })
  const id = formDecoded(pair.name)
  const secret = formDecoded(pair.secret)
  if (id === undefined || secret === undefined) throw new AuthError('CLIENT_SECRET_ENCODING')
  return { id, secret }
}

/** Undefined for what is not form-encoded. */
export function formDecoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
