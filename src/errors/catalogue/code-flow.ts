import { defineGroup } from './group.ts'

export const codeFlow = defineGroup('code flow', {
  REDIRECT_URI_MISMATCH: {
    effect: 'refused',
    clientCode: 'invalid_request',
    meaning: 'Not registered exactly',
    hint: 'Not registered exactly',
  },
  REDIRECT_HTTP_BEHIND_TLS: {
    effect: 'refused',
    clientCode: 'invalid_request',
    meaning: 'App behind TLS proxy builds http://',
    hint: 'App behind TLS proxy builds http://',
  },
  STATE_COOKIE_MISSING: {
    effect: 'refused',
    clientCode: 'invalid_request',
    meaning: 'State cookie absent at callback (SameSite with POST, other host, lost)',
    hint: 'State cookie absent at callback (SameSite with POST, other host, lost)',
  },
  STATE_OVERWRITTEN: {
    effect: 'refused',
    clientCode: 'invalid_request',
    meaning: 'Concurrent response or second login overwrote the cookie',
    hint: 'Concurrent response or second login overwrote the cookie',
  },
  STATE_NOT_VERIFIED: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'Callback accepted in another browser',
    hint: 'Callback accepted in another browser',
  },
  PKCE_VERIFIER_LOST: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'Verifier in session storage of another tab/device',
    hint: 'Verifier in session storage of another tab/device',
  },
  PKCE_CHALLENGE_ENCODING: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'Challenge is base64url of the hex text',
    hint: 'Challenge is base64url of the hex text',
  },
  PKCE_STALE_TRANSACTION: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'Old verification cookie reused',
    hint: 'Old verification cookie reused',
  },
  CODE_REUSED: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'Code exchanged twice (React StrictMode, reload)',
    hint: 'Code exchanged twice (React StrictMode, reload)',
  },
  NONCE_MISMATCH: {
    effect: 'refused',
    clientCode: 'access_denied',
    meaning: 'Nonce differs or is unexpected',
    hint: 'Nonce differs or is unexpected',
  },
})
