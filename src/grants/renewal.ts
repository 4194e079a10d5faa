import type { Origin } from '../audit/events.ts'
import { type Moment, momentOf } from '../base/clock.ts'
import { AuthError } from '../errors/auth-error.ts'
import { proveOwnPassword } from '../login/password.ts'
import type { Client } from '../model/client.ts'
import type { Principal } from '../model/principal.ts'
import { declaredIn } from '../model/scope-policy.ts'
import { hasFactor, joinAmr, methodsOf } from '../model/second-factor.ts'
import type { User } from '../model/user.ts'
import { passAccountGate } from './account-gate.ts'
import { type FactorAnswer, proveFactor } from './challenge-answer.ts'
import type { GrantParts } from './grant.ts'
import { scopesHeld } from './held-scopes.ts'
import { mint, type TokenAnswer } from './mint.ts'
import { challengeFor } from './session-start.ts'

/** Somebody who is signed in proves who they are once more: by the password, or by a second factor. */
export interface Renewal {
  readonly principal: Principal
  readonly password?: string | undefined
  readonly answer: FactorAnswer
  /** The challenge that a passkey has answered. */
  readonly challenge?: string | undefined
  readonly origin: Origin
}

export interface Renewed {
  /** As read before they proved anything. */
  readonly user: User
  /** All the ways in which they have proven themselves in this session. */
  readonly amr: readonly string[]
}

/**
 * The proof of a renewal. Whoever has a second factor proves that one: the password alone would make a session fresh
 * that a thief has who knows it (rule E15). Throws `MFA_REQUIRED` then; `REQUEST_INVALID` for a wrong password,
 * `FACTOR_WRONG`, `CHALLENGE_VOID`, `RATE_LIMITED`.
 */
export async function proveAgain(renewal: Renewal, parts: GrantParts): Promise<Renewed> {
  const { principal, password, answer, origin } = renewal
  const { id, amr } = principal
  const given = [password, answer.code, answer.credential].filter((one) => one !== undefined)
  if (given.length !== 1)
    throw wrong('password', 'Send the password, a code, or what a passkey answered: one of them.')
  const user = await parts.store.users.find(id)
  if (user === undefined) throw new AuthError('USER_NOT_FOUND')
  if (password === undefined) {
    const proven = await proveBySecondFactor(user, renewal, parts)
    return { user, amr: joinAmr(amr, proven) }
  }
  const factors = await parts.store.factors.find(id)
  if (hasFactor(factors)) {
    throw new AuthError('MFA_REQUIRED', { details: { userId: id, methods: methodsOf(factors) } })
  }
  if (!(await proveOwnPassword(id, password, origin, parts))) throw wrong('password', 'Is not right.')
  return { user, amr: joinAmr(amr, ['pwd']) }
}

async function proveBySecondFactor(
  user: User,
  renewal: Renewal,
  parts: GrantParts,
): Promise<readonly string[]> {
  const { principal, answer, origin } = renewal
  if (answer.credential === undefined) {
    return proveFactor({ user, challenge: undefined, answer, verified: false, origin }, parts)
  }
  const challenge = parts.challenges.read(renewal.challenge ?? '', 'renewal')
  if (challenge.userId !== user.id || challenge.userEpoch !== user.epoch) {
    throw new AuthError('CHALLENGE_VOID', { details: { why: 'the account has changed', userId: user.id } })
  }
  await parts.challenges.countTry(challenge)
  // Without a password before it, the passkey is all there is.
  const verified = !principal.amr.includes('pwd')
  const proven = await proveFactor({ user, challenge, answer, verified, origin }, parts)
  await parts.challenges.spend(challenge)
  return proven
}

/**
 * Gives a session that has a refresh token its new time of authentication, and an access token that says so. The refresh
 * token stays, so that other tabs do not lose theirs.
 */
export async function renewSession(
  { user, amr }: Renewed,
  { principal, origin }: Pick<Renewal, 'principal' | 'origin'>,
  client: Client,
  parts: GrantParts,
): Promise<TokenAnswer> {
  const { sessionId } = principal
  if (sessionId === undefined) throw new AuthError('VIA_NOT_ALLOWED', { details: { why: 'no session' } })
  const challenge = () => {
    // What opens the user's own, such as `openid`, no sign-in without a browser can ask for.
    const scope = principal.scopes.filter(declaredIn(parts.policy))
    return challengeFor({ user, client, scope, amr, origin, goesOnAt: 'token' }, parts)
  }
  await passAccountGate({ user, amr, origin, challenge }, parts)
  await parts.keyRing.freshen()
  const asked: Moment = momentOf(parts.clock)
  const event = { name: 'session.renewed', origin, userId: user.id, sessionId, clientId: client.id } as const
  const renewed = await parts.store.sessions.renew(
    { userId: user.id, id: sessionId, userEpoch: user.epoch, amr },
    event,
  )
  if (renewed === undefined) throw new AuthError('SESSION_ENDED', { details: { userId: user.id, sessionId } })
  const { facts } = renewed
  const held = await scopesHeld({ client, user: renewed.user, facts }, parts)
  const scope = held.filter((name) => principal.scopes.includes(name))
  return mint({ user: renewed.user, facts, refreshToken: undefined, scope, asked }, client, parts)
}

function wrong(field: string, message: string): AuthError {
  return new AuthError('REQUEST_INVALID', { fields: [{ field, message, reason: 'wrong_password' }] })
}
