import { z } from 'zod'
import type { FactorAnswer } from '../grants/challenge-answer.ts'
import { text } from '../model/text-field.ts'

/** The challenge of an answer before; a secret of whoever asked. */
export const challengeText = text(4000).meta({ format: 'password' })

/** Of an authenticator app, or a recovery code; spaces and hyphens do not matter. */
export const codeText = text(64).meta({
  format: 'password',
  description: 'Six digits of the authenticator app, or a recovery code.',
})

/** What `navigator.credentials` answered, as JSON (`PublicKeyCredential.toJSON()`). */
export const credentialObject = z
  .record(z.string(), z.unknown(), 'Must be an object.')
  .meta({ description: 'What the browser answered: `PublicKeyCredential.toJSON()`.' })

/** What answers a challenge: one of the two. */
export const answerParts = {
  code: codeText.optional(),
  credential: credentialObject.optional(),
}

export function answerOf({
  code,
  credential,
}: {
  code?: string | undefined
  credential?: unknown
}): FactorAnswer {
  return { code, credential }
}

export const optionsAnswer = z
  .object({
    challenge_token: z.string().meta({ description: 'To be sent back with the answer of the browser.' }),
    options: z
      .record(z.string(), z.unknown())
      .meta({ description: 'For `navigator.credentials`, as JSON; its parsers read it.' }),
  })
  .meta({ id: 'PasskeyOptions' })

export const totpOfferAnswer = z
  .object({
    challenge_token: z.string().meta({ description: 'To be sent back with the first code.' }),
    secret: z.string().meta({ description: 'For who cannot scan; base32.' }),
    uri: z.string().meta({ description: 'What the QR code says (`otpauth:`).' }),
    qr: z.string().meta({ description: 'The QR code, as SVG.' }),
  })
  .meta({ id: 'TotpOffer' })

export const recoveryCodesAnswer = z
  .object({
    recovery_codes: z.array(z.string()).meta({
      description:
        'Each good once, instead of a code. Shown in this answer and nowhere else; empty if there are some.',
    }),
  })
  .meta({ id: 'RecoveryCodes' })

export const exampleCodes = { recovery_codes: ['4hd8-0qzk-7mxa-p3ty-9cvw-e2rj'] }

export const exampleOffer = {
  challenge_token: 'cs_challenge_s1.…',
  secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  uri: 'otpauth://totp/auth.example.com:alice%40example.com?secret=JBSWY3DP…',
  qr: '<svg xmlns="http://www.w3.org/2000/svg" …',
}

export const exampleOptions = {
  challenge_token: 'cs_challenge_s1.…',
  options: { challenge: 'Yx3…', rpId: 'auth.example.com' },
}

export const exampleCredential = {
  id: 'p5m…',
  rawId: 'p5m…',
  type: 'public-key',
  response: { clientDataJSON: 'eyJ…', authenticatorData: 'SZY…', signature: 'MEU…' },
}
