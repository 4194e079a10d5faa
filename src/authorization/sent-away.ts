import { isRegisteredRedirectUri } from '../clients/redirect-uri.ts'
import type { GrantParts } from '../grants/grant.ts'
import { readParameters } from './parameters.ts'
import { type BrowserSignIn, markOf } from './step.ts'

/** An authorization request that waits behind the sign-in page. */
export interface WaitingRequest {
  readonly query: string
  /** The user that the client expects, as far as it says. */
  readonly loginHint: string | undefined
  /** The sign-in that does not do: see `markOf`. */
  readonly staleMark: string | undefined
}

/** The request that somebody comes back to by this path of ours; undefined for any other path. */
export function waitingRequest(path: string | undefined, base: string): WaitingRequest | undefined {
  const start = `${base}/authorize?`
  if (path?.startsWith(start) !== true) return undefined
  const query = path.slice(start.length)
  const parameters = readParameters(query)
  return (
    parameters && {
      query,
      loginHint: parameters.values.get('login_hint'),
      staleMark: parameters.values.get('reauth'),
    }
  )
}

/** Whether whoever is signed in was sent away to sign in anew: then they are not led back as they are. */
export function mustSignInAnew({ staleMark }: WaitingRequest, signIn: BrowserSignIn): boolean {
  return staleMark === markOf(signIn)
}

/**
 * Where the request will lead in the end, as a source of a content security policy: browsers hold the redirects that
 * follow a form to `form-action` too. Undefined while the client or its address is in doubt.
 */
export async function targetOf({ query }: WaitingRequest, parts: GrantParts): Promise<string | undefined> {
  const values = readParameters(query)?.values
  const client = (await parts.clients.find(values?.get('client_id') ?? ''))?.client
  const redirectUri = values?.get('redirect_uri') ?? ''
  if (client === undefined || !isRegisteredRedirectUri(redirectUri, client.redirectUris)) return undefined
  return sourceOf(redirectUri)
}

/** An address as a source of a content security policy: its origin, or the scheme of an app. */
export function sourceOf(redirectUri: string): string {
  const { protocol, origin } = new URL(redirectUri)
  return protocol === 'https:' || protocol === 'http:' ? origin : protocol
}
