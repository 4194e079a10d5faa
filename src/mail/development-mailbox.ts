import type { MailMessage } from './message.ts'

export interface KeptMail extends MailMessage {
  /** Milliseconds since 1970. */
  readonly at: number
}

const MOST_KEPT = 50

/** In development, the letters of late: newest first. */
export interface DevelopmentMailbox {
  readonly letters: readonly KeptMail[]
  keep(letter: KeptMail): void
}

export function createDevelopmentMailbox(): DevelopmentMailbox {
  const letters: KeptMail[] = []
  return {
    letters,
    keep(letter) {
      letters.unshift(letter)
      letters.length = Math.min(letters.length, MOST_KEPT)
    },
  }
}
