import { defineGroup } from './group.ts'

export const codeFlow = defineGroup(
  'code flow',
  {
    REDIRECT_URI_MISMATCH: {
      effect: 'refused',
      clientCode: 'invalid_request',
      meaning: 'The redirect address is not registered for the client exactly as sent.',
      hint:
        'Addresses are compared as text: scheme, port, path, slash and query all count. Register the ' +
        'address the details name, or send the registered one.',
      sentence: 'The redirect_uri is not registered for this client.',
    },
    REDIRECT_HTTP_BEHIND_TLS: {
      effect: 'refused',
      clientCode: 'invalid_request',
      meaning: 'Behind a proxy that ends TLS the application builds its redirect address with http.',
      hint: "Take the public address from configuration, or let the framework trust the proxy's headers.",
      sentence: 'The redirect_uri is not registered for this client.',
    },
    STATE_COOKIE_MISSING: {
      effect: 'refused',
      clientCode: 'invalid_request',
      meaning: 'The cookie that belongs to the sign-in is absent when the browser comes back.',
      hint:
        'The browser came back to another host name, by a form post, or cookies were cleared. Start and ' +
        'finish on one host; a provider that posts back needs SameSite=None.',
      sentence: 'This sign-in was not started in this browser, or was started too long ago. Start it again.',
    },
    STATE_OVERWRITTEN: {
      effect: 'refused',
      clientCode: 'invalid_request',
      meaning: 'A second sign-in or a parallel answer replaced the cookie of the first.',
      hint: 'Keep one cookie for each attempt, named after its state.',
      sentence: 'This sign-in was not started in this browser, or was started too long ago. Start it again.',
    },
    STATE_NOT_VERIFIED: {
      effect: 'accepted',
      clientCode: 'none',
      meaning: 'A sign-in finishes in a browser in which it was not started.',
      hint: 'Bind `state` to the browser with a cookie and compare both on return.',
      prevented: 'State, nonce and verifier are used once and bound to this browser and this provider.',
    },
    PKCE_VERIFIER_LOST: {
      effect: 'refused',
      clientCode: 'invalid_grant',
      meaning: 'The verifier is not there when the code is exchanged.',
      hint:
        'It lies in the session storage of another tab or on another device. Exchange the code where the ' +
        'sign-in was started.',
    },
    PKCE_CHALLENGE_ENCODING: {
      effect: 'refused',
      clientCode: 'invalid_grant',
      meaning: 'The challenge was made from the hexadecimal text of the hash.',
      hint:
        'The challenge is base64url of the 32 bytes of SHA-256, without padding: 43 characters (RFC 7636 ' +
        'section 4.2).',
    },
    PKCE_STALE_TRANSACTION: {
      effect: 'refused',
      clientCode: 'invalid_grant',
      meaning: 'The verifier belongs to an earlier sign-in.',
      hint: 'Make a new verifier for each attempt, and remove it when it has been used.',
    },
    CODE_REUSED: {
      effect: 'refused',
      clientCode: 'invalid_grant',
      meaning: 'An authorization code was exchanged twice.',
      hint:
        'A page that runs its callback twice (React in development, a reload) does so. Exchange once and ' +
        'remove the code from the address. The tokens of the first exchange are void now; start again.',
    },
    NONCE_MISMATCH: {
      effect: 'refused',
      clientCode: 'access_denied',
      meaning: 'The nonce of the ID token differs from the one that was sent, or none was sent.',
      hint:
        'Two attempts were mixed up, or the client library and the page each made one. Start the sign-in ' +
        'again; if it stays, compare the two values where they are made.',
      sentence: 'This sign-in could not be completed. Start it again.',
    },
  },
  { invalid_grant: 'The code is not valid, has expired or was used before. Start the sign-in again.' },
)
