import type { NewEvent } from '../audit/events.ts'
import type { Identity } from '../model/identity.ts'
import type { User } from '../model/user.ts'
import type { NewUser, Taken } from './users.ts'

export type NewIdentity = Omit<Identity, 'addedAt'>

/** Tokens of a provider, encrypted. */
export interface KeptTokens {
  readonly id: string
  readonly userId: string
  readonly sealed: string
}

/** Accounts elsewhere that open an account here; issuer and subject are one account's at most. */
export interface IdentityVerbs {
  /** Whose it is. The user, and with it the epoch, is read in the same statement. */
  find(
    issuer: string,
    subject: string,
  ): Promise<{ readonly identity: Identity; readonly user: User } | undefined>
  /** Oldest first. */
  list(userId: string): Promise<Identity[]>
  /**
   * `taken` where it is somebody's already, this user's too; `stale` where the user is not active or their epoch was
   * raised.
   */
  add(
    identity: NewIdentity & { readonly userEpoch: number },
    event: NewEvent,
  ): Promise<'added' | 'taken' | 'stale'>
  /** A new account and what opens it: both, or neither. */
  createAccount(
    user: NewUser,
    identity: NewIdentity,
    event: NewEvent,
  ): Promise<
    | { readonly outcome: 'created'; readonly user: User }
    | Taken
    | { readonly outcome: 'taken'; readonly field: 'identity' }
  >
  /**
   * Raises the user's epoch, so that every session ends but one: the account elsewhere may be in other hands. `last` where
   * neither a password, nor a passkey, nor another identity of a usable provider would open the account.
   */
  remove(
    identity: {
      readonly userId: string
      readonly id: string
      readonly keepSessionId: string | undefined
      readonly usable: readonly string[]
    },
    event: NewEvent,
  ): Promise<'removed' | 'last' | 'none'>

  /** Keeps tokens in the place of former ones. No event: they are as good as the sign-in that brought them. */
  keepTokens(tokens: KeptTokens): Promise<boolean>
  /** Of the one that was connected last. */
  findTokens(userId: string, provider: string): Promise<KeptTokens | undefined>
  /**
   * Claims the exchange of these very tokens for so long: true for exactly one of those who ask at once. Whoever wins
   * writes the next ones by `replaceTokens`, which ends the claim.
   */
  claimTokens(tokens: KeptTokens, lifeMilliseconds: number): Promise<boolean>
  /** Only if they are still the ones named; `to` undefined forgets them. */
  replaceTokens(tokens: KeptTokens, to: string | undefined): Promise<boolean>
  /** Some of those that are not encrypted under the secret key of this fingerprint. */
  listTokensNotUnder(fingerprint: string, limit: number): Promise<KeptTokens[]>
}
