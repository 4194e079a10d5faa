import type { NewEvent } from '../audit/events.ts'
import type { Passkey, SecondFactors } from '../model/second-factor.ts'
import type { User } from '../model/user.ts'

/** Of most accounts. Recovery codes go with the last factor. */
export const NO_FACTORS: SecondFactors = { totp: undefined, passkeys: [], recoveryCodes: 0 }

/** Who gets a factor, and what that rests on. */
export interface NewFactor {
  readonly userId: string
  /** As read before the user proved what the change needs; another epoch in the row refuses it. */
  readonly userEpoch: number
  /** The session that lives on under the new epoch; every other one ends. */
  readonly keepSessionId: string | undefined
  /** Hashes of new recovery codes, which replace all that there were; none are touched if it is empty. */
  readonly recoveryCodes: readonly string[]
}

export interface NewTotp extends NewFactor {
  readonly sealed: string
  /** The step whose code confirmed it: spent. */
  readonly step: number
}

export interface NewPasskey extends NewFactor, Omit<Passkey, 'addedAt' | 'usedAt'> {}

export type AddedPasskey =
  | { readonly outcome: 'added'; readonly user: User }
  /** The credential is registered already, with this account or another. */
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'stale' }

/**
 * Second factors. What adds or takes one away raises the user's epoch, so every session made without it, or under it,
 * ends but for one: whoever reads the account and then its factors can rely on the epoch for both.
 */
export interface FactorVerbs {
  find(userId: string): Promise<SecondFactors>
  /** In place of a former one. Undefined where the user is not active or their epoch was raised meanwhile. */
  addTotp(totp: NewTotp, event: NewEvent): Promise<User | undefined>
  addPasskey(passkey: NewPasskey, event: NewEvent): Promise<AddedPasskey>
  renamePasskey(
    passkey: { readonly userId: string; readonly id: string; readonly name: string },
    event: NewEvent,
  ): Promise<boolean>
  /**
   * With the last factor go the recovery codes. `last`, and nothing happens, where a passkey is the last way in. `none` if
   * there was none.
   */
  remove(
    factor: {
      readonly userId: string
      readonly keepSessionId: string | undefined
      /** The passkey of this id; the authenticator app where undefined. */
      readonly passkeyId: string | undefined
      /** The providers whose accounts are a way in; where undefined nobody asks whether one is left. */
      readonly usable?: readonly string[] | undefined
    },
    event: NewEvent,
  ): Promise<'removed' | 'none' | 'last'>
  /** Takes every factor away and ends every session. False if there was none. */
  reset(userId: string, event: NewEvent): Promise<boolean>
  /** Replaces all recovery codes by those of these hashes. False for a user without a factor. */
  replaceRecoveryCodes(
    codes: { readonly userId: string; readonly hashes: readonly string[] },
    event: NewEvent,
  ): Promise<boolean>
  /** Spends a code: exactly one caller ever wins a step, and none before one that was won (RFC 6238 section 5.2). */
  spendTotpStep(totp: { readonly userId: string; readonly step: number }): Promise<boolean>
  /** Some of those that are not encrypted under the secret key of this fingerprint. */
  listTotpNotUnder(
    fingerprint: string,
    limit: number,
  ): Promise<{ readonly userId: string; readonly sealed: string }[]>
  /** The same secret under another key of ours; only if it is still the one named. No event: nothing changes. */
  resealTotp(totp: { readonly userId: string; readonly from: string; readonly to: string }): Promise<boolean>
  /** Exactly one caller ever wins. Codes made before a restore of the database are void. */
  spendRecoveryCode(
    code: { readonly userId: string; readonly hash: string },
    event: NewEvent,
  ): Promise<boolean>
  /**
   * Notes that a passkey signed. False where its counter did not rise, as it must unless it stays zero (WebAuthn level 3
   * section 6.1.1): somebody has a copy, or sent the same answer twice.
   */
  notePasskey(passkey: {
    readonly userId: string
    readonly id: string
    readonly counter: number
    readonly synced: boolean
  }): Promise<boolean>
}
