import { refusalOf } from './answers.ts'
import { ClientError } from './client-error.ts'
import type { Client } from './create-client.ts'
import { readObject, textOf } from './issuer-call.ts'
import type { Session, SignedOut } from './session.ts'
import type { PasswordSignIn, SignOutOptions } from './sign-in-and-out.ts'
import { here, type Surroundings } from './surroundings.ts'

export interface CookieClientOptions {
  /** The address of your server, which holds the session; the page's own unless said otherwise. */
  readonly issuer?: string
  readonly onSignedOut?: (signedOut: SignedOut) => void
}

/** What a page needs whose session is a cookie that it cannot read; `useSession` and `SignedIn` take it too. */
export interface CookieClient extends Pick<Client, 'fetch' | 'session' | 'subscribe' | 'ready' | 'signOut'> {
  signInWithPassword(signIn: Omit<PasswordSignIn, 'scope'>): Promise<Session>
  /** Goes on after `mfa_required`, by a code or by what a passkey answered. */
  answerChallenge(answer: { challenge: string; code?: string; credential?: unknown }): Promise<Session>
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

/**
 * The client of a back end for a front end: nothing that opens anything is in the page. It sends the cookie along to its
 * own server only, proves with the session's CSRF token that a request is of this page, and says so when it is over.
 */
export function createCookieClient(
  { issuer, onSignedOut }: CookieClientOptions = {},
  surroundings: Surroundings = here,
): CookieClient {
  const page = surroundings.address()
  const base = (issuer ?? (page === undefined ? '' : new URL(page).origin)).replace(/\/$/, '')
  const { origin } = new URL(base)
  const channel = surroundings.openChannel(`countersign cookie ${base}`)
  const listeners = new Set<() => void>()
  let session: Session = { status: 'loading' }
  let csrfToken: string | undefined
  let asking: Promise<void> | undefined

  const hold = (next: string | undefined, farewell: Pick<SignedOut, 'why' | 'reference'>) => {
    const before = session.status
    csrfToken = next
    const status = next === undefined ? 'signed-out' : 'signed-in'
    if (status === before) return
    session =
      status === 'signed-out' ? { status } : { status, userId: undefined, sessionId: undefined, scopes: [] }
    if (before === 'signed-in') onSignedOut?.({ ...farewell, returnTo: surroundings.address() })
    for (const listener of listeners) listener()
  }
  const send = (path: string, method: string, json?: unknown) =>
    surroundings.fetch(base + path, {
      method,
      credentials: 'include',
      cache: 'no-store',
      headers: {
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(csrfToken !== undefined && { 'x-csrf-token': csrfToken }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    })

  /** Asks whose session it is now. Only a plain no is a no: what was lost or broken changes nothing. */
  const ask = async (farewell: SignedOut['why']): Promise<void> => {
    const response = await send('/session', 'GET')
    const body = readObject(await textOf(response))
    const { csrf_token } = body ?? {}
    if (response.ok && typeof csrf_token === 'string') return hold(csrf_token, { why: farewell })
    const error = refusalOf({ status: response.status, body })
    if (response.status !== 401 || error.clientCode === undefined) throw error
    hold(undefined, { why: farewell, reference: error.reference })
  }
  const askOnce = (farewell: SignedOut['why'] = 'ended') => {
    asking ??= ask(farewell).finally(() => {
      asking = undefined
    })
    return asking
  }
  const ready = async () => {
    if (session.status === 'loading') await askOnce()
    return session
  }
  const begin = async (path: string, json: unknown): Promise<Session> => {
    const response = await send(path, 'POST', json)
    const body = readObject(await textOf(response))
    const { csrf_token } = body ?? {}
    if (!response.ok) throw refusalOf({ status: response.status, body })
    if (typeof csrf_token !== 'string') {
      throw new ClientError('What came back is no session.', { code: 'DOCS_TOKEN_RESPONSE_SHAPE' })
    }
    hold(csrf_token, { why: 'sign-out' })
    channel?.postMessage('sign-in')
    return session
  }

  if (channel !== undefined) {
    channel.onmessage = ({ data }) => {
      void askOnce(data === 'sign-out' ? 'sign-out' : 'ended').catch(() => undefined)
    }
  }

  const client: CookieClient = {
    get session() {
      return session
    },
    ready,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async fetch(input, init) {
      const request = new Request(typeof input === 'string' ? new URL(input, page ?? base) : input, init)
      if (new URL(request.url).origin !== origin) return surroundings.fetch(request)
      await ready()
      const dispatch = () => {
        const headers = new Headers(request.headers)
        const isSafe = SAFE_METHODS.includes(request.method)
        if (csrfToken !== undefined && !isSafe) headers.set('x-csrf-token', csrfToken)
        return surroundings.fetch(request.clone(), { headers, credentials: 'include' })
      }
      const sent = csrfToken
      const response = await dispatch()
      if (sent === undefined || (response.status !== 401 && response.status !== 403)) return response
      const { code } = readObject(await textOf(response.clone())) ?? {}
      // Ended; or another tab has signed in anew, and this page holds the token of the session before.
      if (code === 'token_invalid' || code === 'token_missing' || code === 'access_denied') await askOnce()
      const isStale = code === 'access_denied' && csrfToken !== undefined && csrfToken !== sent
      return isStale ? dispatch() : response
    },
    signInWithPassword: ({ username, password }) => begin('/session', { username, password }),
    answerChallenge: ({ challenge, ...answer }) =>
      begin('/session/challenge', { challenge_token: challenge, ...answer }),
    async signOut({ everywhere = false }: SignOutOptions = {}) {
      await ready()
      const response = await send(everywhere ? '/users/me/sessions' : '/session', 'DELETE')
      const body = readObject(await textOf(response))
      // The cookie is the server's to take away: without its answer nobody is signed out.
      if (!response.ok && response.status !== 401) throw refusalOf({ status: response.status, body })
      hold(undefined, { why: 'sign-out' })
      channel?.postMessage('sign-out')
    },
  }
  void ready().catch(() => undefined)
  return client
}
