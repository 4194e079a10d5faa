import { createEmailAddresses, type EmailAddresses } from '../login/email-address.ts'
import { createOwnAccount, type OwnAccount } from '../login/own-account.ts'
import { createPasswordReset, type PasswordReset } from '../login/password-reset.ts'
import { createRegistration, type Registration } from '../login/registration.ts'
import { createDevelopmentMailbox, type DevelopmentMailbox } from '../mail/development-mailbox.ts'
import { createOutbox, type Outbox } from '../mail/outbox.ts'
import { createPostman } from '../mail/postman.ts'
import { smtp } from '../mail/smtp.ts'
import type { Ground } from './ground.ts'
import type { Knowledge } from './knowledge.ts'
import type { SignIn } from './sign-in.ts'

/** The stories of an account, from registration to deletion, and the letters that belong to them. */
export interface AccountLife {
  readonly registration: Registration
  readonly emailAddresses: EmailAddresses
  readonly passwordReset: PasswordReset
  readonly ownAccount: OwnAccount
  readonly outbox: Outbox
  /** In development. */
  readonly mailbox: DevelopmentMailbox | undefined
  stop(): Promise<void>
}

export function wireAccountLife(ground: Ground, knowledge: Knowledge, signIn: SignIn): AccountLife {
  const { options, settings, store, clock, random, logger, development } = ground
  const { smtpUrl, mailFrom } = settings
  const revocationsChanged = knowledge.feed.changed
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

  const accounts = signIn.accountsOn({ store, revocationsChanged })
  const passwordReset = createPasswordReset({ store, accounts, postman, random, revocationsChanged })
  const registration: Registration = createRegistration({
    mode: settings.registration,
    accounts,
    store,
    postman,
    limiter: signIn.limiter,
    random,
    hooks: options.hooks ?? {},
    inBackground: signIn.grants.inBackground,
    verifies: development || server !== undefined || options.mail?.send !== undefined,
    askToVerify: (user, caller) => emailAddresses.askUserToVerify(user, caller),
  })
  const emailAddresses = createEmailAddresses({
    store,
    postman,
    random,
    limiter: signIn.limiter,
    finishRegistration: registration.finish,
    askToReset: passwordReset.askFor,
    revocationsChanged,
  })
  return {
    registration,
    emailAddresses,
    passwordReset,
    ownAccount: createOwnAccount({ accounts, store, passwords: signIn.grants, postman, clock }),
    outbox,
    mailbox,
    async stop() {
      await outbox.close()
      server?.close()
    },
  }
}
