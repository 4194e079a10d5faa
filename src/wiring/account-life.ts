import type { Services } from '../endpoints/services.ts'
import { createEmailAddresses } from '../login/email-address.ts'
import { createInvitations } from '../login/invitations.ts'
import { createOwnAccount } from '../login/own-account.ts'
import { createPasswordReset } from '../login/password-reset.ts'
import { createRegistration, type Registration } from '../login/registration.ts'
import { createIdentities } from '../login/social/identities.ts'
import { createKeptTokens } from '../login/social/kept-tokens.ts'
import { createProviders } from '../login/social/providers.ts'
import type { Ground } from './ground.ts'
import type { Knowledge } from './knowledge.ts'
import type { Mail } from './mail.ts'
import { providersOf } from './providers.ts'
import type { SignIn } from './sign-in.ts'

/** The stories of an account, from registration to deletion. */
export type AccountLife = Pick<
  Services,
  | 'registration'
  | 'invitations'
  | 'emailAddresses'
  | 'passwordReset'
  | 'ownAccount'
  | 'providers'
  | 'identities'
  | 'providerTokens'
>

export function wireAccountLife(
  ground: Ground,
  knowledge: Knowledge,
  mail: Mail,
  signIn: SignIn,
): AccountLife {
  const { options, settings, development, store, clock, random, secretKeys } = ground
  const { postman } = mail
  const revocationsChanged = knowledge.feed.changed
  const accounts = signIn.accountsOn({ store, revocationsChanged })
  const providerList = providersOf(settings)
  const passwordReset = createPasswordReset({
    store,
    accounts,
    postman,
    random,
    providerNames: new Map(providerList.map(({ id, name }) => [id, name])),
    revocationsChanged,
  })
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
  const invitations = createInvitations({
    accounts,
    permissions: ground.permissions,
    store,
    postman,
    random,
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
  const providers = createProviders({
    providers: providerList,
    issuer: settings.issuer,
    development,
    clock,
    random,
    secretKeys,
    oneTime: store.oneTime,
    storeEpoch: knowledge.feed.storeEpoch,
  })
  const identities = createIdentities({
    store,
    registration: settings.registration,
    profile: options.profile,
    rolesOfNew: () => accounts.checkRoles(undefined),
    hooks: options.hooks ?? {},
    random,
    postman,
    usable: providers.list.map(({ id }) => id),
    askToVerify: async (user, caller) => {
      if (mail.reaches) await emailAddresses.askUserToVerify(user, caller)
    },
    revocationsChanged,
    inBackground: signIn.grants.inBackground,
  })
  return {
    registration,
    invitations,
    providers,
    identities,
    providerTokens: createKeptTokens({ store, providers, secretKeys, random, clock }),
    emailAddresses,
    passwordReset,
    ownAccount: createOwnAccount({ accounts, store, passwords: signIn.grants, postman, clock }),
  }
}
