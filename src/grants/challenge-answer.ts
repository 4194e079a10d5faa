import { AuthError } from '../errors/auth-error.ts'
import { type Challenge, type ChallengePurpose, challengeVoid } from '../factors/challenges.ts'
import { proveCode } from '../factors/proof.ts'
import { userIdIn } from '../factors/webauthn.ts'
import { isUsedFrom, type SignInOrigin, tryAt } from '../login/password.ts'
import { joinAmr } from '../model/second-factor.ts'
import type { User } from '../model/user.ts'
import type { GrantParts } from './grant.ts'

/** What answers a challenge: a code of the authenticator app, a recovery code, or what a browser made of a passkey. */
export interface FactorAnswer {
  readonly code?: string | undefined
  readonly credential?: unknown
}

/** A sign-in that has gone on. */
export interface AnsweredChallenge {
  /** As read before the answer was looked at; the session is made under their epoch or not at all. */
  readonly user: User
  readonly amr: readonly string[]
  readonly scope: string | undefined
}

export interface ChallengeAnswer {
  readonly text: string
  readonly purpose: ChallengePurpose
  /** Whoever has the challenge answers it only for the client that it was made for. */
  readonly clientId: string
  readonly answer: FactorAnswer
  readonly origin: SignInOrigin
}

/**
 * Goes on with a sign-in (PROTOCOL 5.3). Any challenge is answered once, tried five times, and void when the account's
 * credentials have changed since. Throws `CHALLENGE_VOID`, `FACTOR_WRONG`, `RATE_LIMITED`.
 */
export async function answerChallenge(asked: ChallengeAnswer, parts: GrantParts): Promise<AnsweredChallenge> {
  const challenge = parts.challenges.read(asked.text, asked.purpose)
  if (challenge.clientId !== asked.clientId) throw challengeVoid('for another client', challenge.userId)
  const { isLast } = await parts.challenges.countTry(challenge)
  const user = await userOf(challenge, asked.answer, parts)
  const amr = await prove(challenge, user, asked, parts).catch((error: unknown) => {
    // Whoever comes so far knows the password, and is told apart from its owner by nothing else (PROTOCOL 5.4).
    if (isLast && challenge.amr.includes('pwd')) {
      parts.postman.send({ kind: 'password_known', to: user.email, user, language: undefined })
    }
    throw error
  })
  await parts.challenges.spend(challenge)
  // What began it was counted, as it was no success by itself.
  if (challenge.amr.length > 0 && !challenge.amr.includes('mfa')) {
    await parts.throttle.takeBack(tryAt(user, asked.origin, parts))
  }
  return { user, amr, scope: challenge.scope }
}

async function userOf(
  challenge: Challenge,
  { credential }: FactorAnswer,
  { store }: GrantParts,
): Promise<User> {
  const id = challenge.userId ?? userIdIn(credential)
  const user = id === undefined ? undefined : await store.users.find(id)
  if (user === undefined) {
    throw challenge.userId === undefined
      ? new AuthError('FACTOR_WRONG', { details: { why: 'the passkey names no account' } })
      : challengeVoid('the account is gone', id)
  }
  if (challenge.userId !== undefined && challenge.userEpoch !== user.epoch) {
    throw challengeVoid('the account has changed', user.id)
  }
  return user
}

async function prove(
  challenge: Challenge,
  user: User,
  { answer, origin }: ChallengeAnswer,
  parts: GrantParts,
): Promise<readonly string[]> {
  // A factor that was just set up is proven already.
  if (challenge.amr.includes('mfa')) return challenge.amr
  const needsUser = challenge.userId === undefined
  const proven = await proveFactor({ user, challenge, answer, verified: needsUser, origin }, parts)
  return joinAmr(challenge.amr, proven)
}

export interface FactorTry {
  readonly user: User
  /** That a passkey is to have answered. */
  readonly challenge: Challenge | undefined
  readonly answer: FactorAnswer
  /** Whether a passkey has to have recognised its user. */
  readonly verified: boolean
  readonly origin: SignInOrigin
}

/**
 * One try at a second factor, counted by the throttle like one at the password. Resolves to how it was proven (RFC 8176).
 */
export async function proveFactor(tried: FactorTry, parts: GrantParts): Promise<readonly string[]> {
  const { user, challenge, answer, verified, origin } = tried
  const { store, throttle } = parts
  const { code, credential } = answer
  if ((code === undefined) === (credential === undefined)) {
    const message = 'Send either `code` or `credential`.'
    throw new AuthError('REQUEST_INVALID', { fields: [{ field: 'code', message }] })
  }
  const isFamiliar = () => isUsedFrom(user.id, origin.address, store)
  const takeBack = await throttle.admit({ ...tryAt(user, origin, parts), isFamiliar })
  const factors = await store.factors.find(user.id)
  try {
    if (code !== undefined) {
      const proven = await proveCode(user.id, factors, code, origin, parts)
      await takeBack()
      return proven
    }
    if (challenge === undefined) throw challengeVoid('there is none', user.id)
    const whose = { userId: user.id, known: factors.passkeys, verified }
    const proven = await parts.passkeys.prove(challenge, credential, whose)
    await takeBack()
    return proven
  } catch (error) {
    if (error instanceof AuthError && error.code === 'FACTOR_WRONG') {
      const data = { cause: error.code, method: code === undefined ? 'passkey' : 'code' }
      await store.events.record({ name: 'login.refused', origin, userId: user.id, data })
    }
    throw error
  }
}
