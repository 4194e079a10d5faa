import { defineGroup } from './group.ts'

export const docs = defineGroup('docs', {
  DOCS_NO_SCHEME: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'The OpenAPI document has no security scheme, so the docs page cannot sign in.',
    hint: 'Declare the scheme under components.securitySchemes.',
    prevented: 'The document is built from the same table the router and the guard read.',
  },
  DOCS_OPERATION_NO_SECURITY: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'The scheme is declared, and the operation does not refer to it.',
    hint: 'Add `security` to the operation, or to the whole document.',
    prevented: 'The `security` of an operation is written from its access word.',
  },
  DOCS_AUTH_AS_PARAMETER: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'Authorization is declared as a header parameter, which docs pages leave out.',
    hint: 'OpenAPI ignores a parameter of that name. Declare a security scheme.',
    prevented: 'Credentials are described as security schemes by the same objects that read them.',
  },
  DOCS_TOKEN_URL: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'The docs page asks for its token at a wrong address.',
    hint:
      'A leading slash, a path prefix of a proxy or a mount path is lost. Set ISSUER to the address ' +
      'that browsers use.',
    prevented: 'The address is built from ISSUER and from the route itself.',
  },
  DOCS_TOKEN_RESPONSE_SHAPE: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'The sign-in answers with `token`, and docs pages read `access_token`.',
    hint: 'Answer as RFC 6749 section 5.1 says: `access_token` and `token_type`.',
    prevented: 'Our token endpoint answers in the form of the RFC.',
  },
})
