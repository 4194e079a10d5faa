import type { Origin } from '../audit/events.ts'
import { type Challenge, challengeVoid } from '../factors/challenges.ts'
import type { Added, PasskeyOffer, SecondFactorService, TotpOffer } from '../factors/second-factors.ts'
import { factorDue, joinAmr } from '../model/second-factor.ts'
import type { User } from '../model/user.ts'
import type { GrantParts } from './grant.ts'

export interface EnrolmentParts {
  readonly grants: GrantParts
  readonly secondFactors: SecondFactorService
}

/** A factor was set up in the middle of a sign-in. */
export interface Enrolled {
  /** To be shown this once. */
  readonly recoveryCodes: readonly string[]
  /** In place of the one before: the sign-in goes on with it, without another answer. */
  readonly challenge: string
}

/**
 * The challenge of a sign-in that needs a second factor of an account that has none. Only then may it set one up: else
 * whoever knows the password could put a factor of their own beside the owner's. Throws `CHALLENGE_VOID`.
 */
async function openEnrolment(
  text: string,
  { grants }: EnrolmentParts,
): Promise<{ challenge: Challenge; user: User }> {
  const { store, challenges, settings } = grants
  const challenge = challenges.readSignIn(text)
  const user = challenge.userId === undefined ? undefined : await store.users.find(challenge.userId)
  if (user?.state !== 'active' || user.epoch !== challenge.userEpoch) {
    throw challengeVoid('the account has changed', challenge.userId)
  }
  const due = factorDue(
    challenge.amr,
    await store.factors.find(user.id),
    user.roles,
    settings.requireSecondFactor,
  )
  if (due !== 'enrolment') throw challengeVoid('not for setting up a factor', user.id)
  return { challenge, user }
}

export async function offerTotpToSignIn(text: string, parts: EnrolmentParts): Promise<TotpOffer> {
  const { user } = await openEnrolment(text, parts)
  return parts.secondFactors.offerTotp(user.id)
}

export async function offerPasskeyToSignIn(text: string, parts: EnrolmentParts): Promise<PasskeyOffer> {
  const { user } = await openEnrolment(text, parts)
  return parts.secondFactors.offerPasskey(user.id)
}

export async function addTotpToSignIn(
  text: string,
  answer: Parameters<SecondFactorService['addTotp']>[1],
  origin: Origin,
  parts: EnrolmentParts,
): Promise<Enrolled> {
  const { challenge, user } = await openEnrolment(text, parts)
  const added = await parts.secondFactors.addTotp(ownerOf(user), answer, origin)
  return goOn(challenge, added, ['otp'], parts)
}

export async function addPasskeyToSignIn(
  text: string,
  answer: Parameters<SecondFactorService['addPasskey']>[1],
  origin: Origin,
  parts: EnrolmentParts,
): Promise<Enrolled> {
  const { challenge, user } = await openEnrolment(text, parts)
  const added = await parts.secondFactors.addPasskey(ownerOf(user), answer, origin)
  return goOn(challenge, added, [added.passkey.synced ? 'swk' : 'hwk'], parts)
}

function ownerOf({ id }: User) {
  return { userId: id, sessionId: undefined }
}

/** The epoch was raised, which voids the challenge before: this one is made under the new epoch. */
function goOn(
  { purpose, userId, clientId, scope, amr }: Challenge,
  { user, recoveryCodes }: Added,
  proven: readonly string[],
  { grants }: EnrolmentParts,
): Enrolled {
  const facts = { purpose, userId, clientId, scope, userEpoch: user.epoch, amr: joinAmr(amr, proven) }
  return { recoveryCodes, challenge: grants.challenges.write(facts) }
}
