import { createHash } from 'node:crypto'
import { randomId } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import { type SealedFactsParts, sealedFacts } from '../keys/sealed-facts.ts'
import type { OneTimeVerbs } from '../store/one-time.ts'

/** For scanners that look for leaked secrets. */
const PREFIX = 'cs_challenge_'

export const CHALLENGE_LIFE_SECONDS = 300
const MOST_TRIES = 5

/**
 * What a challenge is for; one of a purpose is good for no other. `token` and `session`: to go on with a sign-in at the
 * token endpoint, or with that of a browser. `renewal`: to prove oneself again by a passkey. `totp` and `passkey`: to add
 * one.
 */
export type ChallengePurpose = 'token' | 'session' | 'renewal' | 'totp' | 'passkey'

/** A step that has been taken, and what the next one rests on (PROTOCOL 5.3). */
export interface ChallengeFacts {
  readonly purpose: ChallengePurpose
  /** Undefined where a passkey is to say who it is. */
  readonly userId: string | undefined
  /** The user's epoch as read with what was proven so far: another one voids the challenge. */
  readonly userEpoch: number | undefined
  readonly clientId: string
  /** As asked for at the beginning of the sign-in. */
  readonly scope: string | undefined
  /** How the user has proven who they are so far (RFC 8176). */
  readonly amr: readonly string[]
  /** The secret of an authenticator app that is being set up, base64url. */
  readonly secret?: string | undefined
}

export interface Challenge extends ChallengeFacts {
  readonly id: string
  /** The text that it was read from. */
  readonly text: string
}

/**
 * Challenges of one issuer: what stands in one is encrypted, so that nothing is stored until somebody answers. Each is
 * good for five minutes and five tries, and for one success.
 */
export interface Challenges {
  write(facts: ChallengeFacts): string
  /** A genuine one for this purpose that is not over. Throws `CHALLENGE_VOID`. */
  read(text: string, purpose: ChallengePurpose): Challenge
  /** The same for whichever of `token` and `session` it is. */
  readSignIn(text: string): Challenge
  /**
   * To be called before an answer is looked at. Throws `CHALLENGE_VOID` after the last; resolves to whether this is the
   * last.
   */
  countTry(challenge: Challenge): Promise<{ readonly isLast: boolean }>
  /** To be called once the answer was found right. Throws `CHALLENGE_VOID` for all but the first. */
  spend(challenge: Challenge): Promise<void>
}

export interface ChallengeParts extends Omit<SealedFactsParts, 'lifeSeconds'> {
  readonly issuer: string
  readonly oneTime: OneTimeVerbs
}

export function createChallenges(parts: ChallengeParts): Challenges {
  const { random, oneTime } = parts
  const sealed = sealedFacts<Omit<Challenge, 'purpose' | 'text'>>({
    ...parts,
    lifeSeconds: CHALLENGE_LIFE_SECONDS,
  })
  const bound = (purpose: ChallengePurpose): string => `challenge ${purpose} ${parts.issuer}`
  /** Undefined where it is not for this purpose. */
  const open = (text: string, purpose: ChallengePurpose): Challenge | undefined => {
    if (!text.startsWith(PREFIX)) return undefined
    const read = sealed.read(text.slice(PREFIX.length), bound(purpose))
    if (read === undefined) return undefined
    if (read.over !== undefined) throw challengeVoid(read.over, read.facts.userId)
    return { ...read.facts, purpose, text }
  }
  const known = (challenge: Challenge | undefined): Challenge => {
    if (challenge === undefined) throw challengeVoid('none of ours, or for another purpose')
    return challenge
  }

  return {
    write: ({ purpose, ...facts }) =>
      PREFIX + sealed.write({ ...facts, id: randomId(random) }, bound(purpose)),

    read: (text, purpose) => known(open(text, purpose)),
    readSignIn: (text) => known(open(text, 'token') ?? open(text, 'session')),

    async countTry({ id, userId }) {
      const tries = await oneTime.countTry('challenge.try', id, CHALLENGE_LIFE_SECONDS * 1000)
      if (tries > MOST_TRIES) throw challengeVoid('too many tries', userId)
      return { isLast: tries === MOST_TRIES }
    },

    async spend({ id, userId }) {
      const outcome = await oneTime.take('challenge', id, CHALLENGE_LIFE_SECONDS * 1000)
      if (outcome !== 'won') throw challengeVoid('answered before', userId)
    },
  }
}

export function challengeVoid(why: string, userId?: string): AuthError {
  return new AuthError('CHALLENGE_VOID', { details: { why, ...(userId !== undefined && { userId }) } })
}

/**
 * What an authenticator signs to answer a challenge: worked out of its text, so that an answer is bound to this one
 * challenge, and with it to its user, its purpose and its one success.
 */
export function signedChallenge({ text }: Pick<Challenge, 'text'>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(text).digest())
}
