import { DAY_MILLISECONDS, HOUR_MILLISECONDS, MINUTE_MILLISECONDS } from '../../base/duration.ts'
import type { LinkPurpose } from '../../model/link.ts'
import { type Forms, pluralIn } from '../plural.ts'

/** What a letter says, without the link itself: that stands under the button. */
export interface LetterText {
  readonly subject: string
  readonly paragraphs: readonly string[]
  /** The verb on the button; absent where there is nothing to follow. */
  readonly button?: string
  readonly after?: readonly string[]
}

/** What varies from letter to letter. */
export interface LetterFacts {
  readonly service: string
  /** How long the link is good. */
  readonly lifeMilliseconds: number
  /** The new address, where one is changed that was proven: another may be a stranger's, whom it is not told. */
  readonly newEmail: string | undefined
  /** What opens the account without the password, after that was reset. */
  readonly otherWays: OtherWays
}

/** Ways into an account beside its password. */
export interface OtherWays {
  /** Names of providers that accounts are connected of. */
  readonly providers: readonly string[]
  /** How many there are: their names are written by whoever added them. */
  readonly passkeys: number
}

/** Letters without a link of ours, beside one for each purpose of a link. */
export type Notice =
  | 'already_registered'
  | 'email_changed'
  | 'password_changed'
  | 'password_known'
  | 'factor_added'
  | 'factor_removed'
  | 'identity_added'
  | 'identity_removed'
  | 'account_deleted'

export type LetterKind = LinkPurpose | Notice

/** Every letter in one language. */
export interface LetterTexts {
  readonly linkHelp: string
  readonly letters: Readonly<Record<LetterKind, (facts: LetterFacts) => LetterText>>
}

/** A sentence about the ways that are left, such as of `Google and 2 passkeys`; none where there are none. */
export function sentenceOnWays(
  language: string,
  passkeyForms: Forms,
  sentence: (ways: string) => string,
): (otherWays: OtherWays) => string[] {
  const plural = pluralIn(language)
  return ({ providers, passkeys }) => {
    const ways = [...providers, ...(passkeys === 0 ? [] : [plural(passkeys, passkeyForms)])]
    if (ways.length === 0) return []
    return [sentence(new Intl.ListFormat(language, { type: 'conjunction' }).format(ways))]
  }
}

/** A length of time in words, such as `60 minutes` or `3 days`. */
export function lengthIn(language: string): (milliseconds: number) => string {
  const write = (value: number, unit: string) =>
    new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(value)
  return (milliseconds) =>
    milliseconds <= 2 * HOUR_MILLISECONDS
      ? write(Math.round(milliseconds / MINUTE_MILLISECONDS), 'minute')
      : write(Math.round(milliseconds / DAY_MILLISECONDS), 'day')
}
