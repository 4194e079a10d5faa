import type { NewEvent } from '../audit/events.ts'
import type { ApiKey } from '../model/api-key.ts'
import type { User } from '../model/user.ts'

export interface NewApiKey {
  readonly id: string
  readonly userId: string
  readonly name: string
  /** SHA-256 of the key's text, base64url. */
  readonly hash: string
  readonly scopes: readonly string[]
  readonly lifeMilliseconds: number
  /** The session of whoever asks: over, it makes none. A reset in the same moment ends the session or the key. */
  readonly sessionId?: string | undefined
}

/** A live key with its owner as both are now, read in one statement. */
export interface ApiKeyStanding {
  readonly key: ApiKey
  readonly user: User
  readonly storeEpoch: number
}

export interface ApiKeyVerbs {
  /** Undefined if the owner is not active, their session is over, or they have `MOST_API_KEYS` live ones already. */
  create(key: NewApiKey, event: NewEvent): Promise<ApiKey | undefined>
  findStanding(userId: string, hash: string): Promise<ApiKeyStanding | undefined>
  /** The owner of a key that is live and not suspended, and they are active, as of now: memory learns of an end somewhat later. */
  findOwner(userId: string, id: string): Promise<User | undefined>
  /** Live ones, newest first. */
  list(userId: string): Promise<ApiKey[]>
  /** Ends a live key with its entry; false if there was none. */
  revoke(key: { readonly userId: string; readonly id: string }, event: NewEvent): Promise<boolean>
  /** Lets a key work again that a restore of the database has suspended; false if there is no such one. */
  confirm(key: { readonly userId: string; readonly id: string }, event: NewEvent): Promise<boolean>
  /** Writes down when keys were last seen. No event: many times a day is no news. */
  noteUses(uses: readonly ApiKeyUse[]): Promise<void>
}

export interface ApiKeyUse {
  readonly userId: string
  readonly id: string
}
