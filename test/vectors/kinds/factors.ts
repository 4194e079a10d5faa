import { codeOf } from '../../../src/factors/totp.ts'
import { checkAssertion, checkRegistration } from '../../../src/factors/webauthn.ts'
import { firstOf, kind } from '../tally.ts'

/** RFC 4226 appendix D, and whatever else is counted. */
export const codesByCounter = kind<{
  readonly secret?: string
  readonly secretAscii?: string
  readonly seedAscii?: string
  readonly vectors: readonly { readonly counter: number; readonly hotp: string }[]
}>(
  'one-time passwords by counter',
  ({ vectors }) => 'hotp' in firstOf(vectors),
  (content, report) => {
    const secret = Buffer.from(content.secretAscii ?? content.seedAscii ?? content.secret ?? '')
    for (const { counter, hotp } of content.vectors) {
      const code = codeOf(secret, counter, { digits: hotp.length, hash: 'sha1' })
      report.check(counter, code === hotp, code)
    }
  },
)

/** RFC 6238 appendix B. */
export const codesByTime = kind<{
  readonly step: number
  readonly digits: number
  readonly seedAscii: Readonly<Record<string, string>>
  readonly vectors: readonly { readonly time: number; readonly totp: string; readonly mode: string }[]
}>(
  'one-time passwords by time',
  ({ vectors }) => 'totp' in firstOf(vectors),
  ({ step, digits, seedAscii, vectors }, report) => {
    for (const { time, totp, mode } of vectors) {
      const hash = mode.toLowerCase() as 'sha1' | 'sha256' | 'sha512'
      const code = codeOf(Buffer.from(seedAscii[mode] ?? ''), Math.floor(time / step), { digits, hash })
      report.check(`${mode} ${time}`, code === totp, code)
    }
  },
)

interface Ceremony {
  readonly challenge?: string
  readonly credential_id?: string
  readonly clientDataJSON?: string
  readonly attestationObject?: string
  readonly authenticatorData?: string
  readonly signature?: string
}

interface PasskeyCase {
  readonly id: string
  readonly registration: Ceremony
  readonly authentication: Ceremony
}

/** Nobody is asked for one: what comes all the same may be refused, and never helps. */
const NEVER_ASKED = /android-key|apple|safetynet|tpm|fido-u2f/
/** ES384, which is not offered. */
const NOT_OFFERED = /es384|es512|ed448/

const bytes = (hex = ''): Buffer => Buffer.from(hex, 'hex')
const text = (hex = ''): string => bytes(hex).toString('base64url')

/** WebAuthn level 3, the section with test vectors. */
export const passkeys = kind<{
  readonly rpId: string
  readonly origin: string
  readonly vectors: readonly PasskeyCase[]
}>(
  'passkeys',
  (content) => typeof content.rpId === 'string',
  async ({ rpId, origin, vectors }, report) => {
    const party = { rpId, origins: [origin] }
    for (const { id, registration, authentication } of vectors) {
      if (registration.attestationObject === undefined) {
        report.skip('attestation is not asked for')
        continue
      }
      const named = { id: text(registration.credential_id), rawId: text(registration.credential_id) }
      const shape = { ...named, type: 'public-key', clientExtensionResults: {} }
      const created = {
        ...shape,
        response: {
          clientDataJSON: text(registration.clientDataJSON),
          attestationObject: text(registration.attestationObject),
        },
      }
      const made = await checkRegistration(party, bytes(registration.challenge), created).catch(
        (error: Error) => error.message,
      )
      // A page of ours is in nobody's frame.
      const isFramed = /crossOrigin|topOrigin/.test(id)
      if (NEVER_ASKED.test(id) || NOT_OFFERED.test(id) || isFramed) {
        report.check(id, typeof made === 'string', 'was taken')
        continue
      }
      if (typeof made === 'string') {
        report.check(id, false, made)
        continue
      }
      report.check(id, made.credentialId === named.id)
      const answered = {
        ...shape,
        response: {
          clientDataJSON: text(authentication.clientDataJSON),
          authenticatorData: text(authentication.authenticatorData),
          signature: text(authentication.signature),
        },
      }
      const outcome = (challenge: string | undefined, from = party) =>
        checkAssertion(from, bytes(challenge), answered, made).then(
          () => 'right',
          (error: Error) => error.message,
        )
      const right = await outcome(authentication.challenge)
      report.check(`${id} answer`, right === 'right', right)
      report.check(`${id} challenge`, (await outcome(registration.challenge)) !== 'right', 'was taken')
      const evil = { rpId, origins: ['https://evil.example'] }
      report.check(`${id} origin`, (await outcome(authentication.challenge, evil)) !== 'right', 'was taken')
    }
  },
)
