import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { User } from '../model/user.ts'
import { lettersIn } from '../texts/letters/languages.ts'
import type { LetterKind, OtherWays } from '../texts/letters/letter-texts.ts'
import type { DevelopmentMailbox } from './development-mailbox.ts'
import type { MailMessage, MailOptions } from './message.ts'
import type { Outbox } from './outbox.ts'

export interface Letter {
  readonly kind: LetterKind
  readonly to: string
  /** Whose letter it is, where there is an account: its profile may say in which language. */
  readonly user: Pick<User, 'id' | 'profile'> | undefined
  /** A language tag, or several as in Accept-Language, of whoever asked. */
  readonly language: string | undefined
  readonly token?: string
  readonly lifeMilliseconds?: number
  readonly newEmail?: string | undefined
  readonly otherWays?: OtherWays
}

/** Writes letters and sends them, after the answer. Never fails: what could not be sent is an event. */
export interface Postman {
  send(letter: Letter): void
  /** Does work after the answer, as letters are sent: what it finds out may end in one. */
  later(what: string, work: () => Promise<void>): void
}

export interface PostmanParts {
  readonly options: MailOptions
  /** Sends by SMTP; undefined where nothing can be sent. */
  readonly send: ((message: MailMessage) => Promise<void>) | undefined
  readonly outbox: Outbox
  readonly serviceName: string
  readonly issuer: string
  readonly clock: Clock
  readonly logger: Logger
  /** In development alone. */
  readonly mailbox: DevelopmentMailbox | undefined
}

const PAGES: Readonly<Partial<Record<LetterKind, string>>> = {
  register: 'verify',
  verify: 'verify',
  change_email: 'verify',
  keep_email: 'verify',
  reset: 'reset',
  invite: 'register',
}

const NONE: OtherWays = { providers: [], passkeys: 0 }

interface Written {
  readonly message: MailMessage
  readonly link: string | undefined
}

export function createPostman(parts: PostmanParts): Postman {
  const { options, outbox, clock, logger, mailbox, issuer } = parts
  const send = options.send ?? parts.send

  const linkOf = (kind: LetterKind, token: string | undefined): string | undefined => {
    const page = PAGES[kind]
    if (token === undefined || page === undefined) return undefined
    if (options.linkTo !== undefined) return options.linkTo({ kind, token })
    return `${issuer.replace(/\/$/, '')}/${page}?token=${token}`
  }

  async function write({ kind, to, user, language, token, ...facts }: Letter): Promise<Written> {
    const { locale } = user?.profile ?? {}
    const letters = await lettersIn(typeof locale === 'string' ? locale : undefined, language)
    const { language: chosen } = letters
    const service = parts.serviceName
    const link = linkOf(kind, token)
    const { lifeMilliseconds = 0, newEmail, otherWays = NONE } = facts
    const said = { service, lifeMilliseconds, newEmail, otherWays }
    const ours = async () => {
      const { writeLetter } = await import('./letter.ts')
      return writeLetter(letters, service, letters.texts.letters[kind](said), link)
    }
    const written = options.write?.({ kind, to, language: chosen, link, ...said }) ?? (await ours())
    return { message: { kind, to, language: chosen, ...written }, link }
  }

  /** In development, where nobody else reads the log, and the letter often has nowhere to go. */
  function show({ message, link }: Written): void {
    if (mailbox === undefined) return
    mailbox.keep({ ...message, at: clock.now() })
    logger.info({ to: message.to, subject: message.subject, link }, 'a letter, in development')
  }

  return {
    send(letter) {
      let message: MailMessage | undefined
      outbox.post({
        facts: { letter: letter.kind },
        userId: letter.user?.id,
        async deliver() {
          if (message === undefined) {
            const written = await write(letter)
            message = written.message
            show(written)
          }
          if (send !== undefined) await send(message)
          else if (mailbox === undefined) throw new Error('no SMTP_URL is set')
        },
      })
    },
    later(what, work) {
      outbox.post({ facts: { work: what }, userId: undefined, deliver: work })
    },
  }
}
