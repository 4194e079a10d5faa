import { failureOf, type Meaning, meaningOf, refusalOf } from './answers.ts'
import { ClientError } from './client-error.ts'
import { explain } from './explain.ts'
import type { Farewell, HeldTokens } from './held-tokens.ts'
import { askIssuer, readObject, textOf } from './issuer-call.ts'
import type { Surroundings } from './surroundings.ts'
import type { TokenRecord } from './token-record.ts'

export interface SignInParts {
  readonly surroundings: Surroundings
  readonly held: HeldTokens
  readonly issuer: string
  readonly clientId: string
  readonly authorizedFetch: Surroundings['fetch']
}

export interface PasswordSignIn {
  /** User name or mail address. */
  readonly username: string
  readonly password: string
  /** Names separated by spaces; all that the roles allow unless said otherwise. */
  readonly scope?: string
}

export interface SignOutOptions {
  /** All sessions of the account, on every device. */
  readonly everywhere?: boolean
}

/** Asks for tokens, and holds them in the place of those that were there: a browser has one session. */
export async function obtainTokens(
  parts: SignInParts,
  parameters: Readonly<Record<string, string>>,
): Promise<void> {
  const { surroundings, held, issuer, clientId } = parts
  // Before anything is sent: what cannot be read keeps nothing either.
  await held.reload()
  const answer = await askIssuer(surroundings, `${issuer}/token`, { ...parameters, client_id: clientId })
  const meaning: Meaning = meaningOf(answer)
  if (meaning.kind !== 'tokens') throw await explain(meaning.error, issuer, surroundings)
  const record = held.recordOf(meaning.tokens, answer)
  let over: TokenRecord | undefined = record
  try {
    over = await supersede(held, record)
  } finally {
    // The session before, or this one if its tokens could not be kept. It ends by itself, if it comes to that.
    if (over !== undefined) endSession(parts, over).catch(() => undefined)
  }
}

export function signInWithPassword(
  parts: SignInParts,
  { username, password, scope }: PasswordSignIn,
): Promise<void> {
  const asked: Record<string, string> = scope === undefined ? {} : { scope }
  return obtainTokens(parts, { grant_type: 'password', username, password, ...asked })
}

/**
 * Takes the tokens away in every tab, and ends the session at the issuer. Rejects if the issuer could not be told; with
 * `everywhere` nothing was taken away then.
 */
export async function signOut(
  parts: SignInParts,
  { everywhere = false }: SignOutOptions = {},
): Promise<void> {
  const { held, issuer, authorizedFetch } = parts
  if (everywhere) {
    const response = await authorizedFetch(`${issuer}/users/me/sessions`, { method: 'DELETE' })
    if (!response.ok) {
      const body = readObject(await textOf(response))
      throw refusalOf({ status: response.status, body, retryAfter: response.headers.get('retry-after') })
    }
  }
  const former = await supersede(held, undefined, { why: 'sign-out' })
  if (former !== undefined && !everywhere) await endSession(parts, former)
}

/** Puts these tokens, or none, in the place of whatever is there, and answers what that was. */
export async function supersede(
  held: HeldTokens,
  next: TokenRecord | undefined,
  farewell?: Farewell,
): Promise<TokenRecord | undefined> {
  for (;;) {
    const text = await held.reload()
    const { record } = held
    // None in the place of none is no news for anybody.
    if (text === next || (await held.write(text, next, farewell))) return record
  }
}

/** Whose refresh token is empty was given none, and is known by the access token. */
export async function endSession(
  { surroundings, issuer }: SignInParts,
  { refresh, access }: TokenRecord,
): Promise<void> {
  const answer = await askIssuer(
    surroundings,
    `${issuer}/logout`,
    refresh ? { refresh_token: refresh } : {},
    refresh ? {} : { authorization: `Bearer ${access}` },
    { keepalive: true },
  )
  if (answer.status === 204) return
  const cause = failureOf(answer)
  const message =
    'Signed out here. The issuer could not be told, so the session lives there until it times out.'
  throw new ClientError(message, cause, { cause })
}
