import { defineGroup } from './group.ts'

export const docs = defineGroup('docs', {
  DOCS_NO_SCHEME: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'No security scheme in the document',
    hint: 'No security scheme in the document',
  },
  DOCS_OPERATION_NO_SECURITY: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'Scheme exists, operation does not reference it',
    hint: 'Scheme exists, operation does not reference it',
  },
  DOCS_AUTH_AS_PARAMETER: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'Authorization declared as header parameter',
    hint: 'Authorization declared as header parameter',
  },
  DOCS_TOKEN_URL: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'tokenUrl wrong (leading slash, prefix, root path)',
    hint: 'tokenUrl wrong (leading slash, prefix, root path)',
  },
  DOCS_TOKEN_RESPONSE_SHAPE: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'Login answers `token` instead of `access_token`',
    hint: 'Login answers `token` instead of `access_token`',
  },
})
