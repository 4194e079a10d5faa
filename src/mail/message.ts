import type { LetterKind, OtherWays } from '../texts/letters/letter-texts.ts'

/** A letter as it goes out. */
export interface MailMessage {
  readonly kind: LetterKind
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** BCP 47. */
  readonly language: string
}

/** The link of a letter. */
export interface MailLink {
  readonly kind: LetterKind
  /** The one-use value that the link carries; it stands for the account, so it belongs nowhere else. */
  readonly token: string
}

/** A letter before it is written. */
export interface LetterToWrite {
  readonly kind: LetterKind
  readonly to: string
  readonly language: string
  readonly service: string
  readonly link: string | undefined
  readonly lifeMilliseconds: number
  /** The new address, where one is changed that was proven: another may be a stranger's, whom it is not told. */
  readonly newEmail: string | undefined
  /** What opens the account without the password, after that was reset. */
  readonly otherWays: OtherWays
}

export type WrittenLetter = Pick<MailMessage, 'subject' | 'text' | 'html'>

/** What an application may do itself about letters; what it leaves out is done here. */
export interface MailOptions {
  /** Sends a letter, instead of the SMTP server of `SMTP_URL`. What it throws is tried again, a few times. */
  readonly send?: (message: MailMessage) => Promise<void>
  /** Writes a letter. Where it answers undefined ours is sent. */
  readonly write?: (letter: LetterToWrite) => WrittenLetter | undefined
  /** Where a link leads: by default to the pages under ISSUER. */
  readonly linkTo?: (link: MailLink) => string
}

/** A failure that would be the same the next time, such as a mailbox that does not exist. */
export class UndeliverableError extends Error {
  override readonly name = 'UndeliverableError'
}
