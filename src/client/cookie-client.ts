import { failureOf, type Heard } from './answers.ts'
import type { Client } from './create-client.ts'
import { askIssuer, readObject, textOf } from './issuer-call.ts'
import type { Session, SignedOut } from './session.ts'
import type { PasswordSignIn, SignOutOptions } from './sign-in-and-out.ts'
import { here, type Surroundings, tell } from './surroundings.ts'

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
  const base = (issuer ?? (page && new URL(page).origin))?.replace(/\/$/, '')
  const channel = base === undefined ? undefined : surroundings.openChannel(`countersign cookie ${base}`)
  const listeners = new Set<() => void>()
  let session: Session = { status: 'loading' }
  let csrfToken: string | undefined
  let asking: Promise<void> | undefined
  /** How often it was learnt here whose session it is. */
  let news = 0

  /** On a server, where pages are drawn too, nobody's session is at hand: it stays `loading` there. */
  const place = (): string => {
    if (base === undefined) throw new TypeError('There is no page here: say `issuer`, or ask in the browser.')
    return base
  }
  const hold = (next: string | undefined, farewell: Pick<SignedOut, 'why' | 'reference'>) => {
    news++
    const before = session.status
    // Another token is another session, and may be somebody else's.
    if (next === csrfToken && before !== 'loading') return
    csrfToken = next
    session =
      next === undefined
        ? { status: 'signed-out' }
        : { status: 'signed-in', userId: undefined, sessionId: undefined, scopes: [] }
    if (before === 'signed-in' && next === undefined) {
      tell(() => onSignedOut?.({ ...farewell, returnTo: surroundings.address() }))
    }
    for (const listener of listeners) tell(listener)
  }
  const send = (path: string, method: string, json?: unknown): Promise<Heard> => {
    const headers = {
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(csrfToken !== undefined && { 'x-csrf-token': csrfToken }),
    }
    const body = json === undefined ? null : JSON.stringify(json)
    return askIssuer(surroundings, place() + path, {}, headers, { method, body, credentials: 'include' })
  }

  /** Asks whose session it is now. Only a plain no is a no: what was lost or broken changes nothing. */
  const ask = async (farewell: SignedOut['why']): Promise<void> => {
    const before = news
    const heard = await send('/session', 'GET')
    // Signed in or out here meanwhile: this may be the answer of before.
    if (news !== before) return
    const { csrf_token } = heard.body ?? {}
    if (heard.status === 200 && typeof csrf_token === 'string') return hold(csrf_token, { why: farewell })
    const error = failureOf(heard)
    if (heard.status !== 401 || error.clientCode === undefined) throw error
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
    const heard = await send(path, 'POST', json)
    const { csrf_token } = heard.body ?? {}
    if (heard.status !== 200 || typeof csrf_token !== 'string') throw failureOf(heard)
    hold(csrf_token, { why: 'sign-out' })
    channel?.postMessage('sign-in')
    return session
  }

  const ignore = () => undefined
  if (channel !== undefined) {
    channel.onmessage = ({ data }) => {
      // What was asked before this may be answered as it was before.
      const last = asking?.catch(ignore) ?? Promise.resolve()
      void last.then(() => askOnce(data === 'sign-out' ? 'sign-out' : 'ended')).catch(ignore)
    }
  }
  surroundings.onReturn(() => void askOnce().catch(ignore))

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
      const from = surroundings.address() ?? place()
      const request = new Request(typeof input === 'string' ? new URL(input, from) : input, init)
      if (new URL(request.url).origin !== new URL(place()).origin) return surroundings.fetch(request)
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
      const { code } = readObject(await textOf(response)) ?? {}
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
      const heard = await send(everywhere ? '/users/me/sessions' : '/session', 'DELETE')
      // The cookie is the server's to take away: without its answer nobody is signed out.
      const isOut = (heard.status >= 200 && heard.status < 300) || heard.status === 401
      if (!isOut) throw failureOf(heard)
      hold(undefined, { why: 'sign-out' })
      channel?.postMessage('sign-out')
    },
  }
  void ready().catch(ignore)
  return client
}
