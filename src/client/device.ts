import { failureOf } from './answers.ts'
import { ClientError } from './client-error.ts'
import { type Client, partsOf } from './create-client.ts'
import { explain } from './explain.ts'
import { askIssuer } from './issuer-call.ts'
import type { Session } from './session.ts'
import { obtainTokens } from './sign-in-and-out.ts'
import type { Surroundings } from './surroundings.ts'

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
/** As long as nobody said otherwise (RFC 8628 section 3.2), and by how much `slow_down` makes it longer. */
const INTERVAL_SECONDS = 5
/** How far apart the questions grow while nothing comes back. */
const LONGEST_SECONDS = 60

/** What nobody said: see `meaningOf`. */
const LOST = ['REFRESH_LOST_RESPONSE', 'DOCS_TOKEN_RESPONSE_SHAPE']

/** What somebody has to be shown who signs in on another device. */
export interface DevicePrompt {
  /** To be entered at `address`, and to be compared there. */
  readonly userCode: string
  readonly address: string
  /** The same address with the code in it, for a QR code or a link. */
  readonly completeAddress: string | undefined
  readonly expiresInSeconds: number
}

export interface DeviceSignIn {
  /** Names separated by spaces; all that the client may unless said otherwise. */
  readonly scope?: string
  /** Shows it: `console.log` on a command line. */
  readonly show: (prompt: DevicePrompt) => void
  readonly signal?: AbortSignal
}

/**
 * Signs in on a device without a browser (RFC 8628): shows a code, and asks until somebody has answered for it elsewhere.
 * Goes on through lost answers and pauses. Rejects with a ClientError whose `clientCode` is `access_denied` or
 * `expired_token` if nobody let it in, with the reason of `signal` if that ends it.
 */
export async function signInWithDevice(client: Client, options: DeviceSignIn): Promise<Session> {
  const { scope, show, signal } = options
  const parts = partsOf(client)
  const { surroundings } = parts
  const parameters = { client_id: client.clientId, ...(scope !== undefined && { scope }) }
  const heard = await askIssuer(surroundings, `${client.issuer}/device_authorization`, parameters)
  const { device_code, user_code, verification_uri, verification_uri_complete, expires_in, interval } =
    heard.body ?? {}
  if (heard.status !== 200 || typeof device_code !== 'string') {
    throw await explain(failureOf(heard), client.issuer, surroundings)
  }
  const expiresInSeconds = Number(expires_in)
  signal?.throwIfAborted()
  show({
    userCode: String(user_code),
    address: String(verification_uri),
    completeAddress: verification_uri_complete === undefined ? undefined : String(verification_uri_complete),
    expiresInSeconds,
  })
  const began = surroundings.elapsed()
  let seconds = Number(interval) || INTERVAL_SECONDS
  for (let pause = seconds; ; ) {
    await rest(pause, surroundings, signal)
    try {
      await obtainTokens(parts, { grant_type: DEVICE_GRANT, device_code })
      return client.session
    } catch (error) {
      const next = error instanceof ClientError ? nextPause(error, seconds) : undefined
      // The issuer says when it is over; this is for one that says nothing any more.
      const isOver = surroundings.elapsed() - began > (expiresInSeconds + LONGEST_SECONDS) * 1000
      if (next === undefined || isOver) throw error
      pause = next
      // Told to slow down, or met with silence: from now on (RFC 8628 section 3.5).
      if ((error as ClientError).clientCode !== 'authorization_pending') seconds = next
    }
  }
}

/** How long to wait for the next question; undefined if it is of no use. */
function nextPause(error: ClientError, seconds: number): number | undefined {
  const { code, clientCode, status = 0, retryAfterSeconds } = error
  if (clientCode === 'authorization_pending') return seconds
  if (clientCode === 'slow_down') return seconds + INTERVAL_SECONDS
  if (retryAfterSeconds !== undefined) return Math.max(seconds, retryAfterSeconds)
  return status >= 500 || LOST.includes(code) ? Math.min(2 * seconds, LONGEST_SECONDS) : undefined
}

async function rest(seconds: number, { wait }: Surroundings, signal: AbortSignal | undefined): Promise<void> {
  // While a question was under way; whoever listens only now is told nothing.
  signal?.throwIfAborted()
  await wait(seconds * 1000, signal)
  signal?.throwIfAborted()
}
