import { createDevelopmentMailbox, type DevelopmentMailbox } from '../mail/development-mailbox.ts'
import { createOutbox, type Outbox } from '../mail/outbox.ts'
import { createPostman, type Postman } from '../mail/postman.ts'
import { smtp } from '../mail/smtp.ts'
import type { Ground } from './ground.ts'

/** How letters leave the house. */
export interface Mail {
  readonly postman: Postman
  readonly outbox: Outbox
  /** In development. */
  readonly mailbox: DevelopmentMailbox | undefined
  /** Whether a letter gets anywhere. */
  readonly reaches: boolean
  stop(): Promise<void>
}

export function wireMail({ options, settings, store, clock, logger, development }: Ground): Mail {
  const { smtpUrl, mailFrom } = settings
  const outbox = createOutbox({
    async onFailure(error, { facts, userId }) {
      const event = {
        name: 'mail.failed',
        origin: { actor: { kind: 'system' } },
        userId,
        data: facts,
      } as const
      await store.events.record(event).catch(() => undefined)
      logger.warn({ err: error, ...facts }, 'a letter could not be sent')
    },
  })
  const mailbox = development ? createDevelopmentMailbox() : undefined
  const server = smtpUrl && mailFrom !== undefined ? smtp(smtpUrl.reveal(), mailFrom) : undefined
  const postman = createPostman({
    options: options.mail ?? {},
    send: server && ((message) => server.send(message)),
    outbox,
    serviceName: settings.brandName,
    issuer: settings.issuer,
    clock,
    logger,
    mailbox,
  })
  return {
    postman,
    outbox,
    mailbox,
    reaches: development || server !== undefined || options.mail?.send !== undefined,
    async stop() {
      await outbox.close()
      server?.close()
    },
  }
}
