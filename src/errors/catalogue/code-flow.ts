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
    CODE_INVALID: {
      effect: 'refused',
      clientCode: 'invalid_grant',
      meaning: 'The authorization code is not known, past its minute, or void.',
      hint:
        'The details say which. A code lives for a minute and dies with the sign-in that it was made from; exchange ' +
        'it at once, at the server that made it.',
      own: true,
    },
    CODE_OF_OTHER_CLIENT: {
      effect: 'refused',
      clientCode: 'invalid_grant',
      meaning: 'The code was made for another client.',
      hint: 'Two clients share a callback, or somebody swaps codes. The code is still good for its own client.',
      own: true,
    },
    CODE_REDIRECT_URI: {
      effect: 'refused',
      clientCode: 'invalid_grant',
      meaning: 'The `redirect_uri` of the exchange is not the one that the code was sent to.',
      hint: 'Send the very text that the authorization request had (RFC 6749 section 4.1.3).',
      own: true,
    },
    PKCE_NOT_STARTED: {
      effect: 'refused',
      clientCode: 'invalid_grant',
      meaning: 'A verifier was sent for a code that was asked for without a challenge.',
      hint:
        'Somebody took the challenge out of the authorization request (RFC 9700 section 4.8.2), or the client adds ' +
        'a verifier of its own accord. Send `code_challenge` and start again.',
      own: true,
    },
    PKCE_MISSING: {
      effect: 'refused',
      clientCode: 'invalid_request',
      meaning: 'The authorization request has no PKCE challenge, or not one of S256.',
      hint:
        'Switch PKCE on in the client library. For a confidential client whose library cannot, register ' +
        '`require_pkce: false`.',
      sentence: 'A code_challenge with the code_challenge_method S256 is needed.',
      own: true,
    },
    AUTHORIZATION_REQUEST_INVALID: {
      effect: 'refused',
      clientCode: 'invalid_request',
      meaning: 'A parameter of the authorization request is missing, sent twice or not as it should be.',
      hint: 'The details name the parameter. The client is told by redirect, unless the redirect itself is at fault.',
      sentence: 'A parameter of the authorization request is missing, sent twice or not as it should be.',
      own: true,
    },
    RESPONSE_TYPE_UNSUPPORTED: {
      effect: 'refused',
      clientCode: 'unsupported_response_type',
      meaning: 'The client asks for another response type than `code`.',
      hint: 'Tokens never travel in addresses (RFC 9700 section 2.1.2): use `response_type=code` with PKCE.',
      own: true,
    },
    REQUEST_OBJECT_UNSUPPORTED: {
      effect: 'refused',
      clientCode: 'request_not_supported',
      meaning: 'The authorization request is wrapped in a request object (RFC 9101).',
      hint: 'Send the parameters by themselves.',
      own: true,
    },
    REQUEST_URI_UNSUPPORTED: {
      effect: 'refused',
      clientCode: 'request_uri_not_supported',
      meaning: 'The authorization request is given by reference (RFC 9101, RFC 9126).',
      hint: 'Send the parameters by themselves. No address of a request is ever fetched.',
      own: true,
    },
    RESOURCE_UNKNOWN: {
      effect: 'refused',
      clientCode: 'invalid_target',
      meaning: 'The `resource` is not the API that this issuer gives tokens for (RFC 8707).',
      hint: 'Send the configured AUDIENCE, exactly, or leave `resource` out.',
      own: true,
    },
    LOGIN_REQUIRED: {
      effect: 'refused',
      clientCode: 'login_required',
      meaning: 'The client asked with `prompt=none`, and the person would have to sign in.',
      hint: 'Expected after a sign-out. Ask again without `prompt=none`, where the person can see it.',
      own: true,
    },
    CONSENT_REQUIRED: {
      effect: 'refused',
      clientCode: 'consent_required',
      meaning: 'The client asked with `prompt=none`, and the person has not allowed these scopes yet.',
      hint: 'Ask again without `prompt=none`. An application of your own can be registered with `skip_consent`.',
      own: true,
    },
    CONSENT_DENIED: {
      effect: 'refused',
      clientCode: 'access_denied',
      meaning: 'The person did not allow it.',
      hint: 'Nothing is wrong. Say what the application cannot do without it.',
      sentence: 'The person did not allow it.',
      own: true,
    },
    CONSENT_STALE: {
      effect: 'refused',
      clientCode: 'access_denied',
      meaning: 'The answer to a question does not belong to what this browser was asked.',
      hint:
        'The page was open while the person signed in anew, or another site sent the form. Nothing was allowed; ' +
        'start again from the application.',
      sentence: 'This page is out of date. Go back to the application and start again.',
      own: true,
    },
    DEVICE_CODE_PENDING: {
      effect: 'refused',
      clientCode: 'authorization_pending',
      meaning: 'Nobody has answered for the device yet.',
      hint: 'Expected while a person is on their way. The device goes on asking, at the interval it was told.',
      own: true,
    },
    DEVICE_CODE_SLOW_DOWN: {
      effect: 'refused',
      clientCode: 'slow_down',
      meaning: 'The device asks more often than it was told.',
      hint: 'Each answer of this kind makes the interval five seconds longer, for good (RFC 8628 section 3.5).',
      own: true,
    },
    DEVICE_CODE_EXPIRED: {
      effect: 'refused',
      clientCode: 'expired_token',
      meaning: 'Nobody allowed the device within ten minutes.',
      hint: 'The device asks for a new pair of codes, once somebody is there to enter it.',
      own: true,
    },
    DEVICE_CODE_DENIED: {
      effect: 'refused',
      clientCode: 'access_denied',
      status: 400,
      meaning: 'The person did not allow the device.',
      hint: 'Nothing is wrong. The device stops asking.',
      sentence: 'The person did not allow it.',
      own: true,
    },
    DEVICE_CODE_INVALID: {
      effect: 'refused',
      clientCode: 'invalid_grant',
      meaning: 'The device code is not known, or what it was allowed by has ended since.',
      hint: 'The details say which. A changed password, a closed account and a consent taken back void what was allowed.',
      own: true,
    },
    DEVICE_CODE_REUSED: {
      effect: 'refused',
      clientCode: 'invalid_grant',
      meaning: 'The device code was used before.',
      hint:
        'Within ten seconds it is taken for an answer that was lost: start again. Later somebody else may hold the ' +
        'code, and the session that was made with it has ended.',
      own: true,
    },
    DEVICE_CODE_OF_OTHER_CLIENT: {
      effect: 'refused',
      clientCode: 'invalid_grant',
      meaning: 'The device code was made for another client.',
      hint: 'Send the `client_id` that asked for it. The code is still good for its own client.',
      own: true,
    },
    USER_CODE_UNKNOWN: {
      effect: 'refused',
      clientCode: 'invalid_request',
      meaning: 'No device waits with the code that a person entered.',
      hint: 'Mistyped, older than ten minutes, or answered already. Many of them from one account are guesses.',
      own: true,
    },
    PROVIDER_UNAVAILABLE: {
      effect: 'refused',
      clientCode: 'try_again',
      meaning:
        'The provider that somebody signs in with does not answer, or with something that cannot be read.',
      hint:
        'The details say what came: no answer within five seconds, a redirect, a page, more than 1 MiB, an address ' +
        'in a private network. For a provider in your own network set `privateNetwork`.',
      own: true,
    },
    PROVIDER_ANSWER_REFUSED: {
      effect: 'refused',
      clientCode: 'access_denied',
      meaning: 'What the provider answered does not hold: its issuer, audience, signature, times or form.',
      hint:
        'The details say which. `invalid_client` is a wrong secret; another issuer is a wrong address in `providers`, or ' +
        'the answer of one provider at the address of another. Check the clocks where times are refused.',
      sentence: 'This sign-in could not be completed. Start it again.',
      own: true,
    },
    PROVIDER_DENIED: {
      effect: 'refused',
      clientCode: 'access_denied',
      meaning: 'The person, or the provider, said no to the sign-in.',
      hint:
        'Nothing is wrong if it was the person. Else the details have the error of the provider: `redirect_uri_mismatch` and ' +
        '`invalid_scope` are put right in its console.',
      sentence: 'The sign-in was cancelled.',
      own: true,
    },
    PROVIDER_SIGN_IN_OLD: {
      effect: 'refused',
      clientCode: 'reauthentication_required',
      meaning:
        'A provider was asked to have the person prove themselves anew, and tells of an older sign-in or not how old it is.',
      hint:
        'Google (unless “session age claims” are on there), GitHub, Facebook, Microsoft and Discord do not say. The person ' +
        'proves it by a password or a passkey; `trustRecency` of the provider takes its word without.',
      own: true,
    },
    PROVIDER_EMAIL_UNUSABLE: {
      effect: 'refused',
      clientCode: 'access_denied',
      meaning: 'The provider tells no mail address, or none that is proven where one has to be.',
      hint:
        'An account needs an address. With `registration: verified` it has to be proven by a provider that `trustEmail` ' +
        'names. Whoever has an account here can connect the provider to it under `/account`.',
      sentence:
        'The provider tells no e-mail address that can be used. Create an account here first, then connect it.',
      own: true,
    },
    PROVIDER_ACCOUNT_TAKEN: {
      effect: 'refused',
      clientCode: 'conflict',
      meaning: 'The account at the provider signs somebody else in already.',
      hint: 'One account there opens one account here. Take it away from the other one first.',
      sentence: 'This account opens another account here already.',
      own: true,
    },
    LAST_WAY_IN: {
      effect: 'refused',
      clientCode: 'conflict',
      meaning: 'What is to be taken away is the only thing that opens the account.',
      hint: 'Set a password, add a passkey or connect another provider first.',
      sentence: 'This is your only way to sign in. Set a password or connect another account first.',
      own: true,
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
