import type { Origin } from '../audit/events.ts'
import { momentOf } from '../base/clock.ts'
import { networkOf } from '../base/network.ts'
import { randomId } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Client } from '../model/client.ts'
import { grantedScope, scopesOfClient, scopesOfRoles } from '../model/scope-policy.ts'
import type { User } from '../model/user.ts'
import { hashSecret, SESSION_SECRET_BYTES } from '../tokens/refresh-token.ts'
import { passAccountGate } from './account-gate.ts'
import type { Granted, GrantParts } from './grant.ts'

/** What the store starts a session with (see `SessionVerbs.start`). */
const FIRST_GENERATION = 0

/** A sign-in about to become a session. */
export interface SignIn {
  /** As read together with what was proven; a later epoch in the store voids the sign-in. */
  readonly user: User
  readonly client: Client
  /** The `scope` asked for; all that the roles allow where undefined. */
  readonly scope: string | undefined
  readonly amr: readonly string[]
  readonly origin: Origin
}

/** Makes the session of a sign-in: gate, scope, row and event, first refresh token. */
export async function startSession(signIn: SignIn, parts: GrantParts): Promise<Granted> {
  const { user, client, origin } = signIn
  const { settings, secretKeys, random } = parts
  passAccountGate(user)
  const from = { address: origin.address, agent: origin.agent }
  await parts.hooks.before?.signIn?.(user, from)
  const held = scopesOfClient(client, scopesOfRoles(parts.policy, user.roles))
  const scope = grantedScope(parts.policy, signIn.scope, held)

  const sessionId = randomId(random)
  const sessionSecret = random(SESSION_SECRET_BYTES)
  const keyId = secretKeys.writing.fingerprint
  const asked = momentOf(parts.clock)
  const started = await parts.store.sessions.start(
    {
      id: sessionId,
      userId: user.id,
      clientId: client.id,
      secretHash: hashSecret(sessionSecret),
      keyId,
      userEpoch: user.epoch,
      scope,
      resources: [],
      amr: signIn.amr,
      address: origin.address,
      network: networkOf(origin.address),
      agent: origin.agent,
      idleMilliseconds: settings.idleMilliseconds,
      lifeMilliseconds: settings.sessionLifeMilliseconds,
    },
    { name: 'session.started', origin, userId: user.id, sessionId, clientId: client.id },
  )
  if (started.outcome === 'stale') {
    throw new AuthError('CREDENTIALS_WRONG', { details: { account: 'changed meanwhile', userId: user.id } })
  }
  parts.inBackground(() => parts.hooks.after?.signIn?.(started.user, { id: sessionId }, from))
  const refreshToken = parts.refreshTokens.write({
    userId: user.id,
    sessionId,
    generation: FIRST_GENERATION,
    keyId,
    sessionSecret,
  })
  return { user: started.user, facts: started.facts, refreshToken, scope, asked }
}
