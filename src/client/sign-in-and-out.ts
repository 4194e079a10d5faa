import { type Meaning, meaningOf, refusalOf } from './answers.ts'
import { ClientError } from './client-error.ts'
import { explain } from './explain.ts'
import type { HeldTokens } from './held-tokens.ts'
import { askIssuer, readObject, textOf } from './issuer-call.ts'
import type { Surroundings } from './surroundings.ts'
import { recordOf } from './token-record.ts'

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
  // Before anything is sent: tokens that could not be kept would be of a session that nobody can end.
  await held.reload()
  const answer = await askIssuer(surroundings, `${issuer}/token`, { ...parameters, client_id: clientId })
  const meaning: Meaning = meaningOf(answer)
  if (meaning.kind !== 'tokens') throw await explain(meaning.error, issuer, surroundings)
  held.setAhead(answer.ahead)
  const now = held.serverNow()
  const receipt = { asked: now - answer.tookMilliseconds, ahead: now - surroundings.now() }
  const record = recordOf(meaning.tokens, { ...receipt, chance: surroundings.chance() })
  for (;;) {
    const text = await held.reload()
    const former = held.record
    if (!(await held.write(text, record))) continue
    if (former !== undefined) void endSession(parts, former.refresh)
    return
  }
}

export function signInWithPassword(
  parts: SignInParts,
  { username, password, scope }: PasswordSignIn,
): Promise<void> {
  const parameters = { grant_type: 'password', username, password }
  return obtainTokens(parts, scope === undefined ? parameters : { ...parameters, scope })
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
  const refresh = await forget(held)
  if (refresh !== undefined && !everywhere) await endSession(parts, refresh)
}

/** Takes the tokens away; the refresh token that was there. `quietly` for what another tab has told. */
export async function forget(
  held: HeldTokens,
  how?: { readonly quietly: boolean },
): Promise<string | undefined> {
  for (;;) {
    const text = await held.reload()
    const refresh = held.record?.refresh
    if (text === undefined || (await held.write(text, undefined, { why: 'sign-out' }, how))) return refresh
  }
}

export async function endSession({ surroundings, issuer }: SignInParts, refresh: string): Promise<void> {
  const keepalive = { keepalive: true }
  const { status, body, retryAfter } = await askIssuer(
    surroundings,
    `${issuer}/logout`,
    { refresh_token: refresh },
    {},
    keepalive,
  )
  if (status === 204) return
  const cause = refusalOf({ status, body, retryAfter: retryAfter ?? null })
  const message =
    'Signed out here. The issuer could not be told, so the session lives there until it times out.'
  const { code, clientCode, reference } = cause
  throw new ClientError(message, { code, clientCode, reference, status }, { cause })
}
