import { isIP } from 'node:net'
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server'
import { uuidToBytes } from '../base/uuid.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Passkey } from '../model/second-factor.ts'
import type { User } from '../model/user.ts'
import type { Store } from '../store/store.ts'
import { type Challenge, signedChallenge } from './challenges.ts'
import { factorWrong } from './proof.ts'
import {
  ALGORITHMS,
  CredentialRefused,
  checkAssertion,
  checkRegistration,
  credentialIdIn,
  type RegisteredCredential,
  type RelyingParty,
  webauthn,
} from './webauthn.ts'

/** What a browser hands to `navigator.credentials.create` and `.get`, as JSON (WebAuthn level 3 section 5.1.10). */
export type CreationOptions = PublicKeyCredentialCreationOptionsJSON
export type RequestOptions = PublicKeyCredentialRequestOptionsJSON

export interface PasskeyParts {
  /** Browsers bind passkeys to its host name. */
  readonly issuer: string
  /** Pages of these origins may use them. */
  readonly ownOrigins: ReadonlySet<string>
  /** Shown by browsers beside the account's name. */
  readonly serviceName: string
  readonly store: Pick<Store, 'factors'>
}

/**
 * Passkeys (WebAuthn level 3): what a browser is asked for, and whether its answer is right. The challenge that is signed
 * is worked out of ours, so nothing is stored meanwhile.
 */
export interface Passkeys {
  /** Throws `PASSKEYS_UNAVAILABLE` where the issuer has no host name. */
  creationOptions(challenge: Challenge, user: User, known: readonly Passkey[]): Promise<CreationOptions>
  /** Throws `FACTOR_WRONG`. */
  register(challenge: Challenge, credential: unknown): Promise<RegisteredCredential>
  /** Without `known` the authenticator says whose it is, and has to verify the user. */
  requestOptions(challenge: Challenge, known: readonly Passkey[] | undefined): Promise<RequestOptions>
  /**
   * One of `known` has answered the challenge; its counter is written down. Throws `FACTOR_WRONG`. With `verified` the
   * user has to have been recognised by a PIN or the like, not only to have touched it. Resolves to how the user has
   * proven themselves (RFC 8176).
   */
  prove(
    challenge: Challenge,
    credential: unknown,
    whose: { readonly userId: string; readonly known: readonly Passkey[]; readonly verified: boolean },
  ): Promise<readonly string[]>
}

const TIMEOUT_MILLISECONDS = 300_000

export function createPasskeys({ issuer, ownOrigins, serviceName, store }: PasskeyParts): Passkeys {
  const host = new URL(issuer).hostname
  const party = (): RelyingParty => {
    if (isIP(host.replaceAll(/[[\]]/g, '')) === 0) return { rpId: host, origins: [...ownOrigins] }
    throw new AuthError('PASSKEYS_UNAVAILABLE', { details: { issuer } })
  }
  return {
    async creationOptions(challenge, user, known) {
      const { rpId } = party()
      const { generateRegistrationOptions } = await webauthn()
      return generateRegistrationOptions({
        rpName: serviceName,
        rpID: rpId,
        userName: user.email,
        userDisplayName: user.username ?? user.email,
        // The id, which says nothing of the person and never changes (WebAuthn level 3 section 14.6.1).
        userID: new Uint8Array(uuidToBytes(user.id)),
        challenge: signedChallenge(challenge),
        timeout: TIMEOUT_MILLISECONDS,
        attestationType: 'none',
        excludeCredentials: known.map(descriptorOf),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
        supportedAlgorithmIDs: [...ALGORITHMS],
      })
    },

    register: (challenge, credential) =>
      refusingFor(challenge.userId, () => checkRegistration(party(), signedChallenge(challenge), credential)),

    async requestOptions(challenge, known) {
      const { rpId: rpID } = party()
      const { generateAuthenticationOptions } = await webauthn()
      return generateAuthenticationOptions({
        rpID,
        challenge: signedChallenge(challenge),
        timeout: TIMEOUT_MILLISECONDS,
        userVerification: known === undefined ? 'required' : 'preferred',
        ...(known !== undefined && { allowCredentials: known.map(descriptorOf) }),
      })
    },

    async prove(challenge, credential, { userId, known, verified: needsVerification }) {
      const presented = credentialIdIn(credential)
      const passkey = known.find(({ credentialId }) => credentialId === presented)
      if (passkey === undefined) throw factorWrong(userId, 'no passkey of this account')
      const { counter, verified, synced } = await refusingFor(userId, () =>
        checkAssertion(party(), signedChallenge(challenge), credential, passkey),
      )
      if (needsVerification && !verified) throw factorWrong(userId, 'it did not recognise its user')
      if (!(await store.factors.notePasskey({ userId, id: passkey.id, counter, synced }))) {
        throw factorWrong(userId, 'the counter fell: there may be a copy of it')
      }
      return [synced ? 'swk' : 'hwk', ...(verified ? ['mfa'] : [])]
    },
  }
}

async function refusingFor<Value>(userId: string | undefined, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof CredentialRefused ? factorWrong(userId, error.message) : error
  }
}

function descriptorOf({ credentialId: id, transports }: Passkey) {
  return { id, transports: [...transports] }
}
