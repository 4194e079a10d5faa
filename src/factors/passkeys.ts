import { isIP } from 'node:net'
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import { decodeBase64Url, encodeBase64Url } from '../base/base64url.ts'
import { uuidFromBytes, uuidToBytes } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Passkey } from '../model/second-factor.ts'
import type { User } from '../model/user.ts'
import type { Store } from '../store/store.ts'
import { type Challenge, signedChallenge } from './challenges.ts'
import { factorWrong } from './proof.ts'

/** What a browser hands to `navigator.credentials.create` and `.get`, as JSON (WebAuthn level 3 section 5.1.10). */
export type CreationOptions = PublicKeyCredentialCreationOptionsJSON
export type RequestOptions = PublicKeyCredentialRequestOptionsJSON

/** A new credential, proven to be of this browser and this challenge. */
export interface RegisteredCredential
  extends Pick<Passkey, 'credentialId' | 'publicKey' | 'counter' | 'transports' | 'synced'> {}

/** A passkey that answered a challenge. */
export interface PasskeyAnswer {
  /** How the user has proven themselves (RFC 8176). */
  readonly amr: readonly string[]
}

export interface PasskeyParts {
  /** Whom browsers bind passkeys to, by its host name. */
  readonly issuer: string
  /** Pages of these origins may use them. */
  readonly ownOrigins: ReadonlySet<string>
  /** Shown by browsers beside the account's name. */
  readonly serviceName: string
  readonly store: Pick<Store, 'factors' | 'events'>
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
   * user has to have been recognised by a PIN or the like, not only to have touched it.
   */
  prove(
    challenge: Challenge,
    credential: unknown,
    whose: { readonly userId: string; readonly known: readonly Passkey[]; readonly verified: boolean },
  ): Promise<PasskeyAnswer>
}

/** COSE: EdDSA, ES256, RS256. What authenticators have, and what our signature library is known to check. */
const ALGORITHMS = [-8, -7, -257]

export function createPasskeys({ issuer, ownOrigins, serviceName, store }: PasskeyParts): Passkeys {
  const host = new URL(issuer).hostname
  const expectedOrigin = [...ownOrigins]
  const rpID = (): string => {
    if (isIP(host.replaceAll(/[[\]]/g, '')) === 0) return host
    throw new AuthError('PASSKEYS_UNAVAILABLE', { details: { issuer } })
  }
  return {
    async creationOptions(challenge, user, known) {
      const { generateRegistrationOptions } = await webauthn()
      return generateRegistrationOptions({
        rpName: serviceName,
        rpID: rpID(),
        userName: user.email,
        userDisplayName: user.username ?? user.email,
        // The id, which says nothing of the person and never changes (WebAuthn level 3 section 14.6.1).
        userID: new Uint8Array(uuidToBytes(user.id)),
        challenge: signedChallenge(challenge),
        timeout: TIMEOUT_MILLISECONDS,
        attestationType: 'none',
        excludeCredentials: known.map(descriptorOf),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
        supportedAlgorithmIDs: ALGORITHMS,
      })
    },

    async register(challenge, credential) {
      const { verifyRegistrationResponse } = await webauthn()
      const { userId } = challenge
      const response = asResponse<RegistrationResponseJSON>(credential, userId)
      const verified = await verifyRegistrationResponse({
        response,
        expectedChallenge: encodeBase64Url(signedChallenge(challenge)),
        expectedOrigin,
        expectedRPID: rpID(),
        requireUserVerification: false,
        supportedAlgorithmIDs: ALGORITHMS,
      }).catch((error: unknown) => {
        throw factorWrong(userId, reasonOf(error))
      })
      if (!verified.verified) throw factorWrong(userId, 'not verified')
      const { credential: made, credentialDeviceType } = verified.registrationInfo
      return {
        credentialId: made.id,
        publicKey: encodeBase64Url(made.publicKey),
        counter: made.counter,
        transports: transportsOf(response),
        synced: credentialDeviceType === 'multiDevice',
      }
    },

    async requestOptions(challenge, known) {
      const { generateAuthenticationOptions } = await webauthn()
      return generateAuthenticationOptions({
        rpID: rpID(),
        challenge: signedChallenge(challenge),
        timeout: TIMEOUT_MILLISECONDS,
        userVerification: known === undefined ? 'required' : 'preferred',
        ...(known !== undefined && { allowCredentials: known.map(descriptorOf) }),
      })
    },

    async prove(challenge, credential, { userId, known, verified: needsVerification }) {
      const { verifyAuthenticationResponse } = await webauthn()
      const response = asResponse<AuthenticationResponseJSON>(credential, userId)
      const passkey = known.find(({ credentialId }) => credentialId === response.id)
      const publicKey = passkey && decodeBase64Url(passkey.publicKey)
      if (passkey === undefined || publicKey === undefined)
        throw factorWrong(userId, 'no passkey of this account')
      const { authenticationInfo, verified } = await verifyAuthenticationResponse({
        response,
        expectedChallenge: encodeBase64Url(signedChallenge(challenge)),
        expectedOrigin,
        expectedRPID: rpID(),
        // Its counter is judged by the store, where two answers at once cannot both be the next.
        credential: { id: passkey.credentialId, publicKey: new Uint8Array(publicKey), counter: 0 },
        requireUserVerification: needsVerification,
      }).catch((error: unknown) => {
        throw factorWrong(userId, reasonOf(error))
      })
      if (!verified) throw factorWrong(userId, 'signature')
      const { newCounter: counter, userVerified, credentialDeviceType } = authenticationInfo
      const synced = credentialDeviceType === 'multiDevice'
      if (!(await store.factors.notePasskey({ userId, id: passkey.id, counter, synced }))) {
        throw factorWrong(userId, 'the counter fell: there may be a copy of it')
      }
      return { amr: [synced ? 'swk' : 'hwk', ...(userVerified ? ['mfa'] : [])] }
    },
  }
}

const TIMEOUT_MILLISECONDS = 300_000

/** Half a second of loading and ten packages, which only those pay for who use passkeys. */
function webauthn(): Promise<typeof import('@simplewebauthn/server')> {
  return import('@simplewebauthn/server')
}

/** The user that an answer to a challenge without a user names, unproven; undefined if it names none. */
export function userIdIn(credential: unknown): string | undefined {
  const handle = isObject(credential) && isObject(credential.response) && credential.response.userHandle
  const bytes = typeof handle === 'string' ? decodeBase64Url(handle) : undefined
  return bytes?.length === 16 ? uuidFromBytes(bytes) : undefined
}

/** What is read of it before the library checks the rest; it is a stranger's, and may be anything. */
function asResponse<Response>(credential: unknown, userId: string | undefined): Response {
  if (isObject(credential) && typeof credential.id === 'string' && isObject(credential.response)) {
    return credential as Response
  }
  throw factorWrong(userId, 'not a credential')
}

const TRANSPORTS: ReadonlySet<string> = new Set([
  'ble',
  'cable',
  'hybrid',
  'internal',
  'nfc',
  'smart-card',
  'usb',
])

function transportsOf({ response }: RegistrationResponseJSON): string[] {
  const named: unknown = response.transports
  return Array.isArray(named) ? [...new Set(named.filter((name) => TRANSPORTS.has(name)))] : []
}

function descriptorOf({ credentialId: id, transports }: Passkey) {
  return { id, transports: [...transports] }
}

/** The library's messages quote what the browser sent: kept to a length, and for the log only. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'not readable'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
