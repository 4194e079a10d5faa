import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { decodeBase64Url, encodeBase64Url } from '../base/base64url.ts'
import { uuidFromBytes } from '../base/uuid.ts'
import type { Passkey } from '../model/second-factor.ts'

/** Whom browsers bind passkeys to, and whose pages may use them (WebAuthn level 3 section 5.1.2). */
export interface RelyingParty {
  readonly rpId: string
  readonly origins: readonly string[]
}

/** A new credential, proven to be of this challenge. */
export type RegisteredCredential = Pick<
  Passkey,
  'credentialId' | 'publicKey' | 'counter' | 'transports' | 'synced'
>

/** What an authenticator says of itself when it signs. Whether its counter rose is for the store to judge. */
export interface Assertion {
  readonly counter: number
  /** It recognised its user, by a PIN or the like. */
  readonly verified: boolean
  readonly synced: boolean
}

/** The answer of a browser is not what it has to be. The message is for the log. */
export class CredentialRefused extends Error {
  override readonly name = 'CredentialRefused'
}

/** COSE: EdDSA, ES256, RS256, which between them all authenticators have. */
export const ALGORITHMS: readonly number[] = [-8, -7, -257]

/**
 * Nobody asked for an attestation, and browsers leave it out. One that the authenticator makes for itself (`packed`) comes
 * now and then; for others the library would follow a stranger's certificates, and fetch what they name (rule D5).
 */
const FORMATS: ReadonlySet<string> = new Set(['none', 'packed'])

/** Checks a registration (WebAuthn level 3 section 7.1). Throws `CredentialRefused`. */
export async function checkRegistration(
  { rpId, origins }: RelyingParty,
  challenge: Uint8Array,
  credential: unknown,
): Promise<RegisteredCredential> {
  const response = asResponse<RegistrationResponseJSON>(credential)
  const { verifyRegistrationResponse } = await webauthn()
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers')
  const verified = await refusing(async () => {
    refuseFramed(response.response.clientDataJSON)
    const bytes = decodeBase64Url(String(response.response.attestationObject)) ?? new Uint8Array()
    const format = decodeAttestationObject(new Uint8Array(bytes)).get('fmt')
    if (!FORMATS.has(format)) throw new CredentialRefused('an attestation that was not asked for')
    return verifyRegistrationResponse({
      response,
      expectedChallenge: encodeBase64Url(challenge),
      expectedOrigin: [...origins],
      expectedRPID: rpId,
      requireUserVerification: false,
      supportedAlgorithmIDs: [...ALGORITHMS],
    })
  })
  if (!verified.verified) throw new CredentialRefused('the attestation is not right')
  const { credential: made, credentialDeviceType } = verified.registrationInfo
  return {
    credentialId: made.id,
    publicKey: encodeBase64Url(made.publicKey),
    counter: made.counter,
    transports: transportsOf(response),
    synced: credentialDeviceType === 'multiDevice',
  }
}

/** Checks an answer by a credential that is known (WebAuthn level 3 section 7.2). Throws `CredentialRefused`. */
export async function checkAssertion(
  { rpId, origins }: RelyingParty,
  challenge: Uint8Array,
  credential: unknown,
  known: Pick<Passkey, 'credentialId' | 'publicKey'>,
): Promise<Assertion> {
  const response = asResponse<AuthenticationResponseJSON>(credential)
  const publicKey = new Uint8Array(decodeBase64Url(known.publicKey) ?? [])
  const { verifyAuthenticationResponse } = await webauthn()
  const { verified, authenticationInfo } = await refusing(async () => {
    refuseFramed(response.response.clientDataJSON)
    return verifyAuthenticationResponse({
      response,
      expectedChallenge: encodeBase64Url(challenge),
      expectedOrigin: [...origins],
      expectedRPID: rpId,
      credential: { id: known.credentialId, publicKey, counter: 0 },
      requireUserVerification: false,
    })
  })
  if (!verified) throw new CredentialRefused('signature')
  const { newCounter: counter, userVerified, credentialDeviceType } = authenticationInfo
  return { counter, verified: userVerified, synced: credentialDeviceType === 'multiDevice' }
}

/** Half a second of loading and ten packages, which only those pay for who use passkeys. */
export function webauthn(): Promise<typeof import('@simplewebauthn/server')> {
  return import('@simplewebauthn/server')
}

/** The id that a credential gives itself, unproven; undefined for what is none. */
export function credentialIdIn(credential: unknown): string | undefined {
  return isObject(credential) && typeof credential.id === 'string' ? credential.id : undefined
}

/** The user that an answer names, unproven; undefined if it names none. */
export function userIdIn(credential: unknown): string | undefined {
  const handle = isObject(credential) && isObject(credential.response) && credential.response.userHandle
  const bytes = typeof handle === 'string' ? decodeBase64Url(handle) : undefined
  return bytes?.length === 16 ? uuidFromBytes(bytes) : undefined
}

/** What the library relies on before it checks the rest: it is a stranger's, and may be anything. */
function asResponse<Response>(credential: unknown): Response {
  if (isObject(credential) && typeof credential.id === 'string' && isObject(credential.response)) {
    return credential as Response
  }
  throw new CredentialRefused('not a credential')
}

/** A page of ours is in nobody's frame: what comes out of one was asked for by somebody else. */
function refuseFramed(clientDataJSON: unknown): void {
  const text = decodeBase64Url(String(clientDataJSON))?.toString('utf8') ?? ''
  const { crossOrigin, topOrigin } = JSON.parse(text)
  if (crossOrigin === true || topOrigin !== undefined) throw new CredentialRefused('from a frame')
}

/** Whatever the library throws, the answer was not right. Its messages quote the browser, so they are cut. */
async function refusing<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CredentialRefused) throw error
    throw new CredentialRefused(error instanceof Error ? error.message.slice(0, 200) : 'not readable')
  }
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
