import { z } from 'zod'
import { answerTokenRequest } from '../grants/pipeline.ts'
import { guardRequestOf } from '../guard/guard-request.ts'
import type { Reply } from '../http/reply.ts'
import { anyone } from '../model/access.ts'
import { text } from '../model/text-field.ts'
import { clientRequestOf, countClient } from './client-request.ts'
import { challengeText } from './factor-schemas.ts'
import { json, type RouteContext, route } from './route.ts'
import { clientParts, loginText, passwordText, tokenAnswer } from './schemas.ts'

const scopeText = text(2000, 0).regex(/^[\x21\x23-\x5b\x5d-\x7e ]*$/, 'Names of scopes, separated by spaces.')
const ownParts = {
  ...clientParts,
  scope: scopeText.optional(),
}
const refreshTokenText = text(1000)

// RFC 6749 section 3.2: parameters that are not known are ignored.
const tokenParameters = z
  .looseObject({
    grant_type: text(200).meta({
      description:
        '`authorization_code`, `password`, `refresh_token`, `client_credentials`, ' +
        '`urn:ietf:params:oauth:grant-type:device_code` or `urn:countersign:grant-type:challenge`.',
    }),
    redirect_uri: text(2000).optional().meta({ description: 'As it was in the authorization request.' }),
    code_verifier: text(200, 0).optional().meta({ description: 'Of PKCE (RFC 7636).' }),
    resource: text(2000, 0).optional().meta({ description: 'The API that the token is for (RFC 8707).' }),
    username: loginText.optional().meta({ description: 'User name or mail address.' }),
    password: passwordText.optional(),
    refresh_token: refreshTokenText.optional(),
    challenge_token: challengeText.optional().meta({ description: 'That of `mfa_required`.' }),
    code: text(200).optional().meta({
      description: 'The authorization code; with `challenge_token` the one of an app or a recovery code.',
    }),
    device_code: text(200).optional().meta({ description: 'That of a device (RFC 8628).' }),
    credential: text(16_000).optional().meta({
      description: 'Instead of a code: what the browser answered for a passkey, as JSON.',
    }),
    ...ownParts,
  })
  .meta({ id: 'TokenRequest' })

const refreshParameters = z
  .looseObject({ refresh_token: refreshTokenText, ...ownParts })
  .meta({ id: 'RefreshRequest' })

/** Enough for an office behind one address. Guessing passwords is slowed down long before. */
const REQUESTS = { count: 1200, periodMilliseconds: 60_000 }

const answers = {
  200: {
    description: 'Tokens.',
    schema: tokenAnswer,
    example: {
      access_token: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9…',
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: 'cs_rt_AQ…',
      scope: 'profile:read',
    },
  },
  400: {
    description: '`invalid_grant` and the other refusals of RFC 6749 section 5.2 and RFC 8628 section 3.5.',
  },
  401: { description: '`invalid_client`.' },
  403: { description: '`mfa_required`, with the challenge to go on with; `mfa_enrolment_required`.' },
  429: { description: 'Too many requests, or too many wrong passwords: wait as long as `Retry-After` says.' },
  503: { description: 'Try again: the store or the queue of password checks does not answer in time.' },
}

/** The token endpoint (RFC 6749 section 3.2). */
export const token = route({
  method: 'POST',
  path: '/token',
  access: anyone,
  limit: REQUESTS,
  tag: 'Tokens',
  style: 'oauth',
  summary: 'Sign in, or refresh',
  description:
    'The password grant serves the API’s own front ends (the built-in client); an unknown user and a wrong ' +
    'password get the same answer. Ask for a `scope` or leave it out for all that your roles allow. A registered ' +
    'client authenticates as it is registered and may act for itself by `client_credentials`.',
  body: {
    types: ['form'],
    schema: tokenParameters,
    example: { grant_type: 'password', username: 'alice', password: 'correct horse battery' },
  },
  answers,
  handle: (context) => answer(context, context.body),
})

/** The refresh grant by a shorter road: JSON or form, no `grant_type`. */
export const refresh = route({
  method: 'POST',
  path: '/refresh',
  access: anyone,
  limit: REQUESTS,
  tag: 'Tokens',
  style: 'oauth',
  summary: 'Refresh',
  description:
    'Answers with a new pair and passes the refresh token by. A retry within the reuse window gets the same ' +
    'token again; a token used later ends its session. Send an `Idempotency-Key` that you keep beside the ' +
    'token, and an answer lost for a whole night can be asked for again.',
  body: { types: ['json', 'form'], schema: refreshParameters, example: { refresh_token: 'cs_rt_AQ…' } },
  answers,
  handle: (context) => answer(context, { ...context.body, grant_type: 'refresh_token' }),
})

const NO_PRAGMA_CACHE = { pragma: 'no-cache' }

async function answer(context: RouteContext, parameters: Readonly<Record<string, unknown>>): Promise<Reply> {
  const { request, origin, services } = context
  const asked = guardRequestOf(request)
  let cookies: readonly string[] = []
  const tokens = await answerTokenRequest(
    {
      ...clientRequestOf(context, parameters),
      idempotencyKey: request.headers.get('idempotency-key') ?? undefined,
      origin: { ...origin, device: services.knownDevices.read(asked) },
      onClient: (client) => countClient(client, context),
      onSignIn(user) {
        cookies = services.knownDevices.remember(asked, user.id)
      },
    },
    services.grants,
  )
  return { ...json(tokens, 200, NO_PRAGMA_CACHE), cookies }
}
