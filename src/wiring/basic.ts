import type { Origin } from '../audit/events.ts'
import { authenticateClient } from '../clients/authentication.ts'
import { passAccountGate } from '../grants/account-gate.ts'
import { basic } from '../guard/credentials/basic.ts'
import type { Credential } from '../guard/credentials/credential.ts'
import { createProvenPasswords } from '../guard/credentials/proven-passwords.ts'
import { provePassword } from '../login/password.ts'
import type { User } from '../model/user.ts'
import type { Ground } from './ground.ts'
import type { Knowledge } from './knowledge.ts'
import type { SignIn } from './sign-in.ts'

const BY_PASSWORD = ['pwd']

/** HTTP Basic: behind the same throttle, hash queue, account gate and hook as every sign-in. */
export function wireBasic(
  { settings, development, store, clock, random, addresses }: Ground,
  { state, feed }: Knowledge,
  { grants }: SignIn,
  ownOrigins: ReadonlySet<string>,
): Credential {
  const { issuer } = settings
  const parts = { store, clients: grants.clients, clock, issuer }
  const passGate = (user: User, origin: Origin) => passAccountGate({ user, amr: BY_PASSWORD, origin }, grants)
  const people = createProvenPasswords({
    store: store.users,
    prove: ({ login, password, origin }) =>
      grants.refusedSignIns.watch(origin, async () => {
        const { user } = await provePassword(login, password, origin, grants)
        await passGate(user, origin)
        await grants.hooks.before?.signIn?.(user, { address: origin.address, agent: origin.agent })
        return user
      }),
    clock,
    random,
    realm: issuer,
  })
  return basic({
    policy: grants.policy,
    clock,
    state,
    feed,
    proveClient: (authorization) =>
      authenticateClient({ parameters: new Map(), authorization, endpoint: '' }, parts),
    people: settings.basicForPeople ? people : undefined,
    passGate,
    mayBeSent: development || issuer.startsWith('https:'),
    ownOrigins,
    // For our own endpoints it has been worked out before; to do so twice changes nothing.
    addressOf: (request) => addresses.clientOf(request.address, request.header('x-forwarded-for')),
  })
}
