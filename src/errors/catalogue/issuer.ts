import { defineGroup } from './group.ts'

export const issuer = defineGroup('issuer', {
  ISS_TRAILING_SLASH: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Issuer differs by a slash',
    hint: 'Issuer differs by a slash',
  },
  ISS_HOST_ALIAS: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Same server under two names (localhost, container name, host.docker.internal)',
    hint: 'Same server under two names (localhost, container name, host.docker.internal)',
  },
  ISS_OTHER_ENVIRONMENT: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Token of dev/staging at production',
    hint: 'Token of dev/staging at production',
  },
  ISS_ENTRA_V1_V2: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Entra v1 issuer sts.windows.net against v2',
    hint: 'Entra v1 issuer sts.windows.net against v2',
  },
  AUD_WRONG_API: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Token for another API',
    hint: 'Token for another API',
  },
  ID_TOKEN_AS_ACCESS: {
    effect: 'both',
    clientCode: 'token_invalid',
    meaning: 'ID token sent to the API',
    hint: 'ID token sent to the API',
  },
  AUD_IN_CLIENT_ID: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Cognito access token has client_id, no aud',
    hint: 'Cognito access token has client_id, no aud',
  },
  AUD_KEYCLOAK_ACCOUNT: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Keycloak aud is `account`',
    hint: 'Keycloak aud is `account`',
  },
  AUD_NOT_CONFIGURED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Token has aud, verifier was given none',
    hint: 'Token has aud, verifier was given none',
  },
  AUD_ABSENT_ACCEPTED: {
    effect: 'accepted',
    clientCode: 'token_invalid',
    meaning: 'Expected audience, token without aud passes',
    hint: 'Expected audience, token without aud passes',
  },
  FIREBASE_WRONG_TOKEN: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Custom token or Google OAuth id token given to verifyIdToken',
    hint: 'Custom token or Google OAuth id token given to verifyIdToken',
  },
  MULTI_TENANT_ISSUER: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Issuer template with tenant, or organisations endpoint',
    hint: 'Issuer template with tenant, or organisations endpoint',
  },
})
