import type { CDPSession } from 'playwright-core'

/** A passkey's authenticator in Chromium. It recognises its user, and is touched at once where nobody says otherwise. */
export async function addAuthenticator(devtools: CDPSession, { isTouched = true } = {}): Promise<string> {
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: isTouched,
    },
  })
  return authenticatorId
}
