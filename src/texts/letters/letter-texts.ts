import type { LinkPurpose } from '../../model/link.ts'

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
  /** The new address, where one is being changed. */
  readonly newEmail: string
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

const HOUR_MILLISECONDS = 3_600_000

/** A length of time in words, such as `60 minutes` or `3 days`. */
export function lengthIn(language: string): (milliseconds: number) => string {
  const write = (value: number, unit: string) =>
    new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(value)
  return (milliseconds) =>
    milliseconds <= 2 * HOUR_MILLISECONDS
      ? write(Math.round(milliseconds / 60_000), 'minute')
      : write(Math.round(milliseconds / (24 * HOUR_MILLISECONDS)), 'day')
}
