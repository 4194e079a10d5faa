import { AuthError } from '../errors/auth-error.ts'
import { type Client, FIRST_PARTY } from '../model/client.ts'
import type { GrantParts, TokenRequest } from './grant.ts'

/**
 * The client that asks (RFC 6749 section 2.3). An absent or empty client is the built-in first-party one, which is
 * public: it has no secret, and whoever sends one is mistaken. Swagger UI sends an empty Basic header.
 */
export async function authenticateClient(request: TokenRequest, { store }: GrantParts): Promise<Client> {
  const sent = clientOf(request)
  const id = sent.id === '' ? FIRST_PARTY : sent.id
  const client = sent.secret === '' ? await store.clients.find(id) : undefined
  if (client === undefined) throw new AuthError('CLIENT_UNKNOWN', { details: { way: sent.way } })
  return client
}

interface SentClient {
  readonly way: 'none' | 'basic' | 'post'
  readonly id: string
  readonly secret: string
}

function clientOf({ authorization, parameters }: TokenRequest): SentClient {
  const id = parameters.get('client_id') ?? ''
  const secret = parameters.get('client_secret') ?? ''
  if (authorization === undefined) return { way: secret === '' ? 'none' : 'post', id, secret }
  const basic = readClientBasic(authorization)
  if (basic === undefined) throw new AuthError('CLIENT_UNKNOWN', { details: { way: 'unreadable header' } })
  // One method a request (RFC 6749 section 2.3); the id may be repeated if it is the same.
  if (secret !== '' || (id !== '' && basic.id !== '' && id !== basic.id)) {
    throw new AuthError('REQUEST_INVALID', {
      fields: [{ field: 'client_id', message: 'The client must authenticate in one way only.' }],
    })
  }
  return { way: 'basic', id: basic.id === '' ? id : basic.id, secret: basic.secret }
}

/** The parts of a client's Basic header, each form-encoded before (RFC 6749 section 2.3.1). */
function readClientBasic(value: string): { readonly id: string; readonly secret: string } | undefined {
  const match = /^basic ([A-Za-z0-9+/]+={0,2})$/i.exec(value)
  if (match?.[1] === undefined) return undefined
  const text = Buffer.from(match[1], 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon === -1) return undefined
  try {
    const decode = (part: string) => decodeURIComponent(part.replaceAll('+', ' '))
    return { id: decode(text.slice(0, colon)), secret: decode(text.slice(colon + 1)) }
  } catch {
    return undefined
  }
}
