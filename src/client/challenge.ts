import { failureOf } from './answers.ts'
import { type Client, partsOf } from './create-client.ts'
import { explain } from './explain.ts'
import { askIssuer } from './issuer-call.ts'
import type { Session } from './session.ts'
import { obtainTokens } from './sign-in-and-out.ts'

const CHALLENGE_GRANT = 'urn:countersign:grant-type:challenge'

export interface ChallengeAnswer {
  /** `challenge` of the ClientError whose `clientCode` is `mfa_required`. */
  readonly challenge: string
  /** Of the authenticator app, or a recovery code. */
  readonly code: string
}

/** Goes on with a sign-in that asked for a second factor. */
export async function answerChallenge(
  client: Client,
  { challenge, code }: ChallengeAnswer,
): Promise<Session> {
  await obtainTokens(partsOf(client), { grant_type: CHALLENGE_GRANT, challenge_token: challenge, code })
  return client.session
}

export interface PasskeySignIn {
  /** To go on with a sign-in that asked for a second factor; without, the passkey says whose it is. */
  readonly challenge?: string
  /** Offered in the list of the browser's autofill (`autocomplete="username webauthn"`), not in a window of its own. */
  readonly autofill?: boolean
  readonly signal?: AbortSignal
}

/** As much of Web Authentication as is used. */
interface WebAuthentication {
  readonly PublicKeyCredential: { parseRequestOptionsFromJSON(options: unknown): unknown }
  readonly navigator: {
    readonly credentials: { get(request: unknown): Promise<{ toJSON(): unknown } | null> }
  }
}

/**
 * Signs in by a passkey. Rejects with what the browser said if the person turned away, with a ClientError for all else.
 * Passkeys belong to the issuer's domain: the page has to be of it.
 */
export async function signInWithPasskey(client: Client, options: PasskeySignIn = {}): Promise<Session> {
  const parts = partsOf(client)
  const { challenge, autofill, signal } = options
  const { surroundings } = parts
  const body = JSON.stringify(challenge === undefined ? { for: 'token' } : { challenge_token: challenge })
  const headers = { 'content-type': 'application/json' }
  const heard = await askIssuer(surroundings, `${client.issuer}/sign-in/passkey/options`, {}, headers, {
    body,
  })
  signal?.throwIfAborted()
  const { challenge_token } = heard.body ?? {}
  if (heard.status !== 200 || typeof challenge_token !== 'string') {
    throw await explain(failureOf(heard), client.issuer, surroundings)
  }
  const { PublicKeyCredential, navigator } = globalThis as unknown as WebAuthentication
  const credential = await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(heard.body?.options),
    ...(autofill && { mediation: 'conditional' }),
    signal,
  })
  await obtainTokens(parts, {
    grant_type: CHALLENGE_GRANT,
    challenge_token,
    credential: JSON.stringify(credential),
  })
  return client.session
}
