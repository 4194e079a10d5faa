import { createEmailAddresses, type EmailAddresses } from '../login/email-address.ts'
import { createOwnAccount, type OwnAccount } from '../login/own-account.ts'
import { createPasswordReset, type PasswordReset } from '../login/password-reset.ts'
import { createRegistration, type Registration } from '../login/registration.ts'
import type { Ground } from './ground.ts'
import type { Knowledge } from './knowledge.ts'
import type { Mail } from './mail.ts'
import type { SignIn } from './sign-in.ts'

/** The stories of an account, from registration to deletion. */
export interface AccountLife {
  readonly registration: Registration
  readonly emailAddresses: EmailAddresses
  readonly passwordReset: PasswordReset
  readonly ownAccount: OwnAccount
}

export function wireAccountLife(
  ground: Ground,
  knowledge: Knowledge,
  mail: Mail,
  signIn: SignIn,
): AccountLife {
  const { options, settings, store, clock, random } = ground
  const { postman } = mail
  const revocationsChanged = knowledge.feed.changed
  const accounts = signIn.accountsOn({ store, revocationsChanged })
  const passwordReset = createPasswordReset({ store, accounts, postman, random, revocationsChanged })
  const registration: Registration = createRegistration({
    mode: settings.registration,
    accounts,
    permissions: ground.permissions,
    store,
    postman,
    limiter: signIn.limiter,
    passwords: signIn.grants,
    random,
    hooks: options.hooks ?? {},
    inBackground: signIn.grants.inBackground,
    verifies: mail.reaches,
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
  }
}
