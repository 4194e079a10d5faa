import type { Origin } from '../audit/events.ts'
import { encodeBase32 } from '../base/base32.ts'
import { decodeBase64Url, encodeBase64Url } from '../base/base64url.ts'
import type { Clock } from '../base/clock.ts'
import { type Random, randomId } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { SecretKeys } from '../keys/secret-keys.ts'
import type { Postman } from '../mail/postman.ts'
import { FIRST_PARTY } from '../model/client.ts'
import { MOST_PASSKEYS, type Passkey, type SecondFactors } from '../model/second-factor.ts'
import type { User } from '../model/user.ts'
import type { Store } from '../store/store.ts'
import { type ChallengeFacts, type Challenges, challengeVoid } from './challenges.ts'
import type { CreationOptions, Passkeys } from './passkeys.ts'
import { sealTotp } from './proof.ts'
import { hashRecoveryCode, makeRecoveryCodes } from './recovery-code.ts'
import { asCode, keyUri, stepOf, TOTP_SECRET_BYTES } from './totp.ts'

/** An authenticator app about to be set up. Nothing is stored before a code of it confirms that it works. */
export interface TotpOffer {
  /** To be sent back with the first code. */
  readonly challenge: string
  /** For who cannot scan. */
  readonly secret: string
  /** What the QR code says. */
  readonly uri: string
  /** The QR code, as SVG. */
  readonly qr: string
}

export interface PasskeyOffer {
  /** To be sent back with what the browser answers. */
  readonly challenge: string
  /** For `navigator.credentials.create`. */
  readonly options: CreationOptions
}

/** Whose factors change, and from where: the session at work lives on, every other one ends. */
export interface Owner {
  readonly userId: string
  readonly sessionId: string | undefined
}

/** A factor was added. */
export interface Added {
  /** As they are now: their epoch was raised. */
  readonly user: User
  /** New ones with the first factor, to be shown this once; else empty. */
  readonly recoveryCodes: readonly string[]
}

/**
 * The second factors of an account. That the owner has proven themselves a moment ago is the caller's to see to. What
 * changes factors ends every session but the one at work. Unknown ids throw `NOT_FOUND`.
 */
export interface SecondFactorService {
  find(userId: string): Promise<SecondFactors>
  offerTotp(userId: string): Promise<TotpOffer>
  /** In place of a former app. Throws `REQUEST_INVALID` for a wrong code, `CHALLENGE_VOID` for an offer that is over. */
  addTotp(
    owner: Owner,
    answer: { readonly challenge: string; readonly code: string },
    origin: Origin,
  ): Promise<Added>
  /** Throws `PASSKEYS_UNAVAILABLE`. */
  offerPasskey(userId: string): Promise<PasskeyOffer>
  addPasskey(
    owner: Owner,
    answer: { readonly challenge: string; readonly credential: unknown; readonly name: string },
    origin: Origin,
  ): Promise<Added & { readonly passkey: Passkey }>
  renamePasskey(userId: string, id: string, name: string, origin: Origin): Promise<void>
  removeTotp(owner: Owner, origin: Origin): Promise<void>
  /** Throws `LAST_WAY_IN` where nothing else would open the account. */
  removePasskey(owner: Owner, id: string, origin: Origin): Promise<void>
  /** For somebody who has lost it: the same, and the last way in as well. */
  removeLostPasskey(userId: string, id: string, origin: Origin): Promise<void>
  /** Instead of all that there were. To be shown this once. */
  newRecoveryCodes(userId: string, origin: Origin): Promise<readonly string[]>
  /** For somebody who has lost them all: ends every session. False where there was nothing to reset. */
  reset(userId: string, origin: Origin): Promise<boolean>
}

export interface SecondFactorParts {
  readonly store: Pick<Store, 'users' | 'factors'>
  readonly challenges: Challenges
  readonly passkeys: Passkeys
  readonly secretKeys: SecretKeys
  readonly clock: Clock
  readonly random: Random
  /** Shown by authenticator apps above the account's name. */
  readonly serviceName: string
  /** The providers that are configured: an account there is a way in. */
  readonly usable: readonly string[]
  readonly postman: Pick<Postman, 'send'>
  readonly revocationsChanged: () => Promise<void>
}

export function createSecondFactors(parts: SecondFactorParts): SecondFactorService {
  const { store, challenges, passkeys, clock, random, revocationsChanged } = parts

  const userOf = async (id: string): Promise<User> => {
    const user = await store.users.find(id)
    if (user === undefined) throw new AuthError('NOT_FOUND')
    return user
  }
  /** The offer that an answer is to, and its user as they were when it was made. */
  const openOffer = async (owner: Owner, text: string, purpose: 'totp' | 'passkey') => {
    const challenge = challenges.read(text, purpose)
    const user = await userOf(owner.userId)
    if (challenge.userId !== user.id) throw challengeVoid('of another user', user.id)
    if (challenge.userEpoch !== user.epoch) throw challengeVoid('the account has changed', user.id)
    await challenges.countTry(challenge)
    return { challenge, user, factors: await store.factors.find(user.id) }
  }
  /** With the first factor, and where none are left that work. */
  const firstCodes = ({ recoveryCodes }: SecondFactors): string[] =>
    recoveryCodes > 0 ? [] : makeRecoveryCodes(random)
  const hashesOf = (userId: string, codes: readonly string[]): string[] =>
    codes.map((code) => hashRecoveryCode(userId, code))
  /** Whoever did not do it learns of it. */
  const tell = (kind: 'factor_added' | 'factor_removed', user: User): void =>
    parts.postman.send({ kind, to: user.email, user, language: undefined })
  const remove = async (
    { userId, sessionId: keepSessionId }: Owner,
    { passkeyId, usable }: { readonly passkeyId?: string; readonly usable?: readonly string[] },
    origin: Origin,
  ): Promise<void> => {
    const name = passkeyId === undefined ? 'totp.removed' : 'passkey.removed'
    const data = passkeyId === undefined ? undefined : { passkey: passkeyId }
    const event = { name, origin, userId, data } as const
    const user = await userOf(userId)
    const outcome = await store.factors.remove({ userId, keepSessionId, passkeyId, usable }, event)
    if (outcome === 'last') throw new AuthError('LAST_WAY_IN', { details: { userId } })
    await revocationsChanged()
    if (outcome === 'none') throw new AuthError('NOT_FOUND')
    tell('factor_removed', user)
  }

  return {
    find: (userId) => store.factors.find(userId),

    async offerTotp(userId) {
      const user = await userOf(userId)
      const secret = random(TOTP_SECRET_BYTES)
      const uri = keyUri(secret, parts.serviceName, user.email)
      const facts = { ...offerTo(user, 'totp'), secret: encodeBase64Url(secret) }
      const { qrCode } = await import('./qr.ts')
      return { challenge: challenges.write(facts), secret: encodeBase32(secret), uri, qr: qrCode(uri) }
    },

    async addTotp(owner, answer, origin) {
      const { challenge, user, factors } = await openOffer(owner, answer.challenge, 'totp')
      const secret = decodeBase64Url(challenge.secret ?? '')
      const code = asCode(answer.code)
      const step = secret && code !== undefined ? stepOf(secret, code, clock.now()) : undefined
      if (step === undefined) throw notRight('code', 'Is not the code that the app shows now.')
      await challenges.spend(challenge)
      const codes = firstCodes(factors)
      const changed = await store.factors.addTotp(
        {
          userId: user.id,
          userEpoch: user.epoch,
          keepSessionId: owner.sessionId,
          sealed: sealTotp(user.id, challenge.secret ?? '', parts),
          step,
          recoveryCodes: hashesOf(user.id, codes),
        },
        { name: 'totp.added', origin, userId: user.id },
      )
      if (changed === undefined) throw challengeVoid('the account has changed', user.id)
      await revocationsChanged()
      tell('factor_added', changed)
      return { user: changed, recoveryCodes: codes }
    },

    async offerPasskey(userId) {
      const user = await userOf(userId)
      const { passkeys: known } = await store.factors.find(userId)
      const text = challenges.write(offerTo(user, 'passkey'))
      const options = await passkeys.creationOptions(challenges.read(text, 'passkey'), user, known)
      return { challenge: text, options }
    },

    async addPasskey(owner, answer, origin) {
      const { challenge, user, factors } = await openOffer(owner, answer.challenge, 'passkey')
      if (factors.passkeys.length >= MOST_PASSKEYS) {
        throw notRight('credential', `There are ${MOST_PASSKEYS} already. Remove one first.`)
      }
      const made = await passkeys.register(challenge, answer.credential).catch((error: unknown) => {
        if (!(error instanceof AuthError) || error.code !== 'FACTOR_WRONG') throw error
        throw notRight('credential', 'Is not the answer to this challenge.', error.refusal.details)
      })
      await challenges.spend(challenge)
      const codes = firstCodes(factors)
      const id = randomId(random)
      const outcome = await store.factors.addPasskey(
        {
          ...made,
          id,
          name: answer.name,
          userId: user.id,
          userEpoch: user.epoch,
          keepSessionId: owner.sessionId,
          recoveryCodes: hashesOf(user.id, codes),
        },
        { name: 'passkey.added', origin, userId: user.id, data: { passkey: id } },
      )
      if (outcome.outcome === 'stale') throw challengeVoid('the account has changed', user.id)
      if (outcome.outcome === 'taken') throw notRight('credential', 'Is registered already.')
      await revocationsChanged()
      tell('factor_added', outcome.user)
      const { passkeys: all } = await store.factors.find(user.id)
      const passkey = all.find((one) => one.id === id)
      if (passkey === undefined) throw new AuthError('NOT_FOUND')
      return { user: outcome.user, recoveryCodes: codes, passkey }
    },

    async renamePasskey(userId, id, name, origin) {
      const event = { name: 'passkey.renamed', origin, userId, data: { passkey: id } } as const
      if (!(await store.factors.renamePasskey({ userId, id, name }, event))) throw new AuthError('NOT_FOUND')
    },

    removeTotp: (owner, origin) => remove(owner, {}, origin),
    removePasskey: (owner, passkeyId, origin) => remove(owner, { passkeyId, usable: parts.usable }, origin),
    removeLostPasskey: (userId, passkeyId, origin) =>
      remove({ userId, sessionId: undefined }, { passkeyId }, origin),

    async newRecoveryCodes(userId, origin) {
      const codes = makeRecoveryCodes(random)
      const event = { name: 'recovery_codes.made', origin, userId } as const
      const made = { userId, hashes: hashesOf(userId, codes) }
      if (!(await store.factors.replaceRecoveryCodes(made, event))) throw new AuthError('NOT_FOUND')
      return codes
    },

    async reset(userId, origin) {
      const user = await userOf(userId)
      const done = await store.factors.reset(userId, { name: 'user.factors_reset', origin, userId })
      await revocationsChanged()
      if (done) tell('factor_removed', user)
      return done
    },
  }
}

function offerTo({ id, epoch }: User, purpose: 'totp' | 'passkey'): ChallengeFacts {
  return { purpose, userId: id, userEpoch: epoch, clientId: FIRST_PARTY, scope: undefined, amr: [] }
}

function notRight(field: string, message: string, details = {}): AuthError {
  const reason = field === 'code' ? 'code' : 'passkey'
  return new AuthError('REQUEST_INVALID', { fields: [{ field, message, reason }], details })
}
