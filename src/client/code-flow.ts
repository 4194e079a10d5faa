import { failureOf } from './answers.ts'
import { ClientError } from './client-error.ts'
import { type Client, partsOf } from './create-client.ts'
import { explain } from './explain.ts'
import { askIssuer } from './issuer-call.ts'
import type { Session } from './session.ts'
import { obtainTokens } from './sign-in-and-out.ts'
import type { StepUp } from './step-up.ts'
import type { Channel } from './surroundings.ts'

export interface RedirectSignIn {
  /** A page of yours that calls `finishSignIn`, exactly as registered. */
  readonly redirectUri: string
  readonly scope?: string
  /** Where to go on afterwards; the present page unless said otherwise. */
  readonly returnTo?: string
  /** `stepUpOf(response)`: how fresh and how strong the sign-in has to be (RFC 9470). */
  readonly stepUp?: StepUp
  /** OpenID Connect: `login`, `consent`, `none`. */
  readonly prompt?: string
  readonly loginHint?: string
}

/** What the page that comes back has to know of the one that left. Kept in the tab, under its `state`. */
interface Transaction {
  readonly verifier: string
  readonly redirectUri: string
  readonly returnTo: string
}

interface Popup {
  readonly closed: boolean
  readonly location: { href: string }
  close(): void
}

interface Page {
  readonly location: { readonly href: string; assign(address: string): void }
  readonly history: { replaceState(state: unknown, unused: string, address: string): void }
  readonly sessionStorage: {
    getItem(key: string): string | null
    setItem(key: string, value: string): void
    removeItem(key: string): void
  }
  open(address: string, name: string, features: string): Popup | null
  close(): void
  readonly BroadcastChannel: new (name: string) => Channel
}

const page = globalThis as unknown as Page

/** So that the page which comes back in a window of its own knows that it is in one. */
const POPUP_STATE = 'popup.'
const keyOf = (state: string) => `countersign sign-in ${state}`

/** Leaves for the issuer's sign-in page (RFC 6749 section 4.1, with PKCE: RFC 7636). */
export async function signInWithRedirect(client: Client, options: RedirectSignIn): Promise<void> {
  const { state, transaction, address } = await begin(client, options, '')
  page.sessionStorage.setItem(keyOf(state), JSON.stringify(transaction))
  page.location.assign(address)
}

/** The same in a window of its own. To be called by a click, or the browser will not open it. */
export async function signInWithPopup(client: Client, options: RedirectSignIn): Promise<Session> {
  // Opened at once, while the click still counts; it is told where to go later.
  const popup = page.open('about:blank', '_blank', 'popup,width=480,height=720')
  if (popup === null) {
    throw new ClientError('The browser did not open a window.', { code: 'UNDECIDED' })
  }
  try {
    const { state, transaction, address } = await begin(client, options, POPUP_STATE)
    const back = awaitReturn(state, popup)
    popup.location.href = address
    await exchange(client, new URL(await back), transaction)
    return client.session
  } finally {
    popup.close()
  }
}

/** Where the window came back to. Rejects if it was closed. */
function awaitReturn(state: string, popup: { readonly closed: boolean }): Promise<string> {
  return new Promise((resolve, reject) => {
    const channel = new page.BroadcastChannel(keyOf(state))
    let wasClosed = false
    const timer = setInterval(() => {
      // Once more: what it told before it closed itself may still be on the way.
      if (wasClosed) done(() => reject(new ClientError('The window was closed.', { code: 'UNDECIDED' })))
      wasClosed = popup.closed
    }, 500)
    const done = (settle: () => void) => {
      clearInterval(timer)
      channel.close()
      settle()
    }
    channel.onmessage = ({ data }) => done(() => resolve(String(data)))
  })
}

interface Finishing {
  /** Of the page, before and after the answer was taken out of it. */
  readonly addresses: readonly string[]
  readonly done: Promise<string | undefined>
}

const finishing = new WeakMap<Client, Finishing>()

/**
 * On the page that `redirectUri` names: makes tokens of what came back, takes it out of the address, and resolves to
 * where to go on; undefined if nothing came back, or if this was a window of `signInWithPopup`, which closes.
 * A second call for the same address, as React's strict mode makes, is the first one's answer.
 */
export function finishSignIn(client: Client): Promise<string | undefined> {
  const { href } = page.location
  const known = finishing.get(client)
  if (known?.addresses.includes(href)) return known.done
  const done = finish(client, new URL(href))
  finishing.set(client, { addresses: [href, page.location.href], done })
  return done
}

async function finish(client: Client, came: URL): Promise<string | undefined> {
  const state = came.searchParams.get('state')
  if (state === null || !(came.searchParams.has('code') || came.searchParams.has('error'))) return undefined
  if (state.startsWith(POPUP_STATE)) {
    const channel = new page.BroadcastChannel(keyOf(state))
    channel.postMessage(came.href)
    channel.close()
    page.close()
    return undefined
  }
  const text = page.sessionStorage.getItem(keyOf(state))
  if (text === null) {
    const message = 'This sign-in was not begun in this tab, or has been finished already. Begin anew.'
    throw new ClientError(message, { code: 'STATE_COOKIE_MISSING' })
  }
  // Before it is used: a code is good once, and so is what goes with it.
  page.sessionStorage.removeItem(keyOf(state))
  const transaction: Transaction = JSON.parse(text)
  const clean = new URL(came)
  for (const name of ['code', 'state', 'iss', 'error', 'error_description', 'error_uri'])
    clean.searchParams.delete(name)
  page.history.replaceState(null, '', clean.href)
  await exchange(client, came, transaction)
  return transaction.returnTo
}

async function exchange(client: Client, came: URL, { verifier, redirectUri }: Transaction): Promise<void> {
  const { searchParams } = came
  const iss = searchParams.get('iss')
  // RFC 9207: the answer of another issuer, whose code must not be shown to ours.
  if (iss !== null && iss !== client.issuer) {
    throw new ClientError('The answer came from another issuer.', { code: 'ISS_OTHER_ENVIRONMENT' })
  }
  const code = searchParams.get('code')
  if (code === null) {
    const clientCode = searchParams.get('error') ?? undefined
    const message = searchParams.get('error_description') ?? `The issuer answered ${clientCode}.`
    throw new ClientError(message, { code: 'UNDECIDED', clientCode })
  }
  await obtainTokens(partsOf(client), {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  })
}

async function begin(client: Client, options: RedirectSignIn, prefix: string) {
  const { redirectUri, scope, returnTo = page.location.href, stepUp, prompt, loginHint } = options
  const endpoint = await authorizationEndpoint(client)
  const { newKey } = partsOf(client).surroundings
  const state = prefix + newKey()
  // 256 bits in 64 letters: RFC 7636 section 4.1 asks for 43 to 128.
  const verifier = newKey() + newKey()
  const parameters = {
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: redirectUri,
    scope,
    state,
    code_challenge: await challengeOf(verifier),
    code_challenge_method: 'S256',
    prompt,
    login_hint: loginHint,
    max_age: stepUp?.maxAge?.toString(),
    acr_values: stepUp?.acrValues?.join(' '),
  }
  const address = new URL(endpoint)
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) address.searchParams.set(name, value)
  }
  const transaction: Transaction = { verifier, redirectUri, returnTo }
  return { state, transaction, address: address.href }
}

/** By the issuer's own metadata (RFC 8414), which has to name the issuer that was asked. */
async function authorizationEndpoint(client: Client): Promise<string> {
  const { issuer } = client
  const { origin, pathname } = new URL(issuer)
  const path = pathname === '/' ? '' : pathname
  const { surroundings } = partsOf(client)
  const address = `${origin}/.well-known/oauth-authorization-server${path}`
  const heard = await askIssuer(surroundings, address, {}, {}, { method: 'GET', body: null })
  if (heard.status === 0 || heard.redirected) throw await explain(failureOf(heard), issuer, surroundings)
  const endpoint = heard.body?.authorization_endpoint
  if (heard.body?.issuer !== issuer) {
    throw new ClientError('The metadata is that of another issuer, or none.', { code: 'ISS_HOST_ALIAS' })
  }
  if (typeof endpoint === 'string' && new URL(endpoint).origin === origin) return endpoint
  throw new ClientError('This issuer offers no sign-in by redirect.', { code: 'UNDECIDED' })
}

async function challengeOf(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  return btoa(String.fromCharCode(...new Uint8Array(digest)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
