import { defineGroup } from './group.ts'

export const issuer = defineGroup('issuer', {
  ISS_TRAILING_SLASH: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The issuer differs by a slash at its end.',
    hint: "Issuers are compared byte for byte. Copy the value from the issuer's metadata document.",
  },
  ISS_HOST_ALIAS: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'One server is known under two names, such as localhost and a container name.',
    hint:
      'Set ISSUER to the one address that browsers and services share, and let the internal address be ' +
      'used for fetching keys only.',
  },
  ISS_OTHER_ENVIRONMENT: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'A token of another environment was sent, for instance of staging to production.',
    hint:
      'The client is configured for the other environment, or kept a token from it. Check its base ' +
      'address and clear what it stored.',
  },
  ISS_ENTRA_V1_V2: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Microsoft Entra issued a version 1 token, and version 2 is expected, or the reverse.',
    hint:
      'The manifest of the API registration decides. Set its accepted token version to 2, and use the ' +
      'issuer that ends in /v2.0.',
  },
  AUD_WRONG_API: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The token is meant for another API.',
    hint:
      'The client asked for a token with another resource or audience. Let it name this API when it ' +
      'asks, and compare with AUDIENCE.',
  },
  ID_TOKEN_AS_ACCESS: {
    effect: 'both',
    clientCode: 'token_invalid',
    meaning: 'An ID token was sent to the API.',
    hint:
      'ID tokens tell the client who signed in; APIs take the access token. Send `access_token` from ' +
      'the same answer.',
    prevented: 'ID tokens carry another `typ` and another audience, and either is enough to refuse them.',
  },
  AUD_IN_CLIENT_ID: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The access token has no `aud`, as with Amazon Cognito, where the client stands in `client_id`.',
    hint:
      'Such tokens name no API. Add a resource server at the provider where it offers one, or exchange ' +
      'the token at our token endpoint.',
  },
  AUD_KEYCLOAK_ACCOUNT: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The audience is `account`, the default of Keycloak.',
    hint: 'Add an audience mapper for this API to the client or to a client scope.',
  },
  AUD_NOT_CONFIGURED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The token has an audience, and the verifier was given none to compare with.',
    hint: 'Set the audience of the verifier to the identifier of this API.',
    prevented: 'A verifier always has an audience: AUDIENCE, or else the issuer.',
  },
  AUD_ABSENT_ACCEPTED: {
    effect: 'accepted',
    clientCode: 'token_invalid',
    meaning: 'A token without an audience passes although one is expected.',
    hint: 'Several libraries only compare an audience that is there. Require the claim.',
    prevented: 'A token without `aud` is refused.',
  },
  FIREBASE_WRONG_TOKEN: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'A custom token or a Google token was given where Firebase expects its own ID token.',
    hint:
      'Exchange a custom token in the client first (signInWithCustomToken) and send the ID token that ' +
      'results.',
  },
  MULTI_TENANT_ISSUER: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The configured issuer is a template with a tenant in it, or a shared endpoint.',
    hint: 'Tokens name one tenant. Configure the issuer of each tenant you accept, one by one.',
  },
})
