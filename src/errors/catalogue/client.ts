import { defineGroup } from './group.ts'

export const client = defineGroup('client', {
  CLIENT_AUTH_METHOD: {
    effect: 'refused',
    clientCode: 'invalid_client',
    meaning: 'The client sends its secret in another way than it is registered for.',
    hint: 'Basic and form fields are two methods. Use the registered one, and only one in a request.',
  },
  CLIENT_SECRET_ENCODING: {
    effect: 'refused',
    clientCode: 'invalid_client',
    meaning:
      'Special characters of the client secret were not form-encoded for Basic, or were encoded twice.',
    hint: 'Id and secret are form-encoded each before they are joined by a colon (RFC 6749 section 2.3.1).',
  },
  CLIENT_EMPTY_BASIC: {
    effect: 'refused',
    clientCode: 'invalid_client',
    meaning: 'A public client sends an empty Basic header, or the word null as its secret.',
    hint: 'Switch client authentication off in the library, and send `client_id` as a form field.',
  },
  DPOP_TOKEN_AS_BEARER: {
    effect: 'both',
    clientCode: 'token_invalid',
    meaning: 'A token that is bound to a key was sent as a plain bearer token.',
    hint: 'Send it with the scheme DPoP and a proof for each request. A stolen token looks the same.',
    prevented: 'A bound token is never accepted without a proof of its key.',
  },
  DPOP_HTU_PROXY: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The address in the DPoP proof differs from the one that is seen behind the proxy.',
    hint: 'The client signs the public address. Set ISSUER, or the public address of the API, to just that.',
  },
  API_KEY_UNKNOWN: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'There is no such API key.',
    hint:
      'It was mistyped or cut, belongs to another environment, or was replaced. Its first characters ' +
      'name it: compare with `countersign api-keys list`.',
  },
  CLIENT_UNKNOWN: {
    effect: 'refused',
    clientCode: 'invalid_client',
    meaning: 'No client has this id, or its secret is wrong.',
    hint:
      'The details say which it was. Compare with `countersign clients list`; a secret that was lost ' +
      'can only be replaced.',
    own: true,
  },
  CLIENT_ASSERTION_INVALID: {
    effect: 'refused',
    clientCode: 'invalid_client',
    meaning: 'The signed assertion by which a client authenticates does not hold.',
    hint:
      'The details say why. It is signed by a registered key, `iss` and `sub` are the client, `aud` is our issuer, ' +
      '`exp` at most five minutes away, and each `jti` is good once (RFC 7523 section 3).',
    own: true,
  },
  CLIENT_ID_TAKEN: {
    effect: 'refused',
    clientCode: 'conflict',
    meaning: 'There is, or was, a client of this id.',
    hint: 'An id is never given out again, for tokens and logs still name it. Choose another, or none for a random one.',
    sentence: 'A client of this id exists, or did. Choose another id.',
    own: true,
  },
  TOKEN_OF_OTHER_CLIENT: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'A client asks to revoke a token that was issued to another client.',
    hint: 'Send the token with the `client_id` it was issued to. Nothing was revoked (RFC 7009 section 2.1).',
    own: true,
  },
  CLIENT_NOT_ALLOWED: {
    effect: 'refused',
    clientCode: 'unauthorized_client',
    meaning: 'The client may not use this grant.',
    hint:
      "Add the grant to the client's registration. The password grant is for the built-in first-party " +
      'client alone.',
    own: true,
  },
  GRANT_UNSUPPORTED: {
    effect: 'refused',
    clientCode: 'unsupported_grant_type',
    meaning: 'The grant type is not known here, or is switched off.',
    hint: 'The metadata document lists those that are on. A missing `grant_type` is a field problem instead.',
    own: true,
  },
})
