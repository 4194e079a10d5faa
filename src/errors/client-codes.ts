/** What a client is told. Causes that must not be told apart share one client code and one sentence. */
export interface ClientCodeFacts {
  /** HTTP status of the answer. */
  readonly status: number
  /** A few words for the head of a problem document (RFC 9457 section 3.1.4). */
  readonly title: string
  /** What the client can act on, in ASCII so that it also fits a challenge header (RFC 6750 section 3). */
  readonly sentence: string
  /**
   * Whether a cause may say a sentence of its own: only where it can tell no more than what the client
   * itself sent or what the API's description says, and nothing about accounts, keys or sessions.
   */
  readonly open: boolean
}

/** Every lower-case code a client can meet: those of checked routes first, then those of the OAuth RFCs. */
export const clientCodes = {
  token_missing: {
    status: 401,
    title: 'Sign-in needed',
    sentence: 'The request carried no credential where one is looked for. Sign in, or send it in its place.',
    open: false,
  },
  token_malformed: {
    status: 401,
    title: 'Credential not readable',
    sentence: 'The credential could not be read. Send it once, in its place and exactly as it was issued.',
    open: false,
  },
  token_expired: {
    status: 401,
    title: 'Token expired',
    sentence: 'The access token has expired. Get a new one and send the request again.',
    open: false,
  },
  token_invalid: {
    status: 401,
    title: 'Credential not valid',
    sentence: 'The credential is not valid here. Refresh it once; if that does not help, sign in again.',
    open: false,
  },
  reauthentication_required: {
    status: 401,
    title: 'Fresh sign-in needed',
    sentence: 'This step needs a more recent or a stronger sign-in. Sign in again and repeat it.',
    open: false,
  },
  insufficient_scope: {
    status: 403,
    title: 'Not permitted',
    sentence: 'The credential is good, but this needs a permission that was not granted to it.',
    open: false,
  },
  access_denied: {
    status: 403,
    title: 'Refused',
    sentence: 'This is not allowed.',
    open: true,
  },
  try_again: {
    status: 503,
    title: 'Not available for a moment',
    sentence: 'The service cannot decide this at the moment. Try again shortly; nothing needs to be changed.',
    open: false,
  },
  too_many_requests: {
    status: 429,
    title: 'Too many requests',
    sentence: 'There were too many requests in a short time. Wait a little, then try again.',
    open: false,
  },
  invalid_request: {
    status: 400,
    title: 'Request not understood',
    sentence: 'The request is incomplete or not in the form that is needed here.',
    open: true,
  },
  invalid_grant: {
    status: 400,
    title: 'Sign-in not accepted',
    sentence: 'The sign-in was not accepted. Check what was entered, or sign in again.',
    open: false,
  },
  invalid_client: {
    status: 401,
    title: 'Client not accepted',
    sentence: 'The client could not be authenticated. Check its id, its secret and how they are sent.',
    open: false,
  },
  mfa_required: {
    status: 403,
    title: 'One more step',
    sentence: 'The password was right. Prove a second factor: answer the challenge that comes with this.',
    open: false,
  },
  mfa_enrolment_required: {
    status: 403,
    title: 'A second factor is needed',
    sentence:
      'This account needs a second factor and has none yet. Set one up with the challenge of this answer.',
    open: false,
  },
  unauthorized_client: {
    status: 400,
    title: 'Not open to this client',
    sentence: 'This client is not registered for this way of getting tokens.',
    open: false,
  },
  unsupported_grant_type: {
    status: 400,
    title: 'Grant type not supported',
    sentence: 'This grant type is not supported here. The metadata document lists those that are.',
    open: false,
  },
  unsupported_response_type: {
    status: 400,
    title: 'Response type not supported',
    sentence: 'This response type is not supported here. The metadata document lists those that are.',
    open: false,
  },
  invalid_target: {
    status: 400,
    title: 'Resource not known',
    sentence: 'The requested resource is not one that this service gives tokens for.',
    open: false,
  },
  authorization_pending: {
    status: 400,
    title: 'Not answered yet',
    sentence: 'Nobody has answered for this device yet. Ask again after the interval.',
    open: false,
  },
  slow_down: {
    status: 400,
    title: 'Asked too soon',
    sentence: 'This came too soon. Wait five seconds longer between two questions from now on.',
    open: false,
  },
  expired_token: {
    status: 400,
    title: 'Code expired',
    sentence: 'Nobody allowed this device in time. Start again with a new code.',
    open: false,
  },
  login_required: {
    status: 400,
    title: 'Sign-in needed',
    sentence: 'Nobody is signed in, or not in the way that was asked for, and asking was not wanted.',
    open: false,
  },
  consent_required: {
    status: 400,
    title: 'Consent needed',
    sentence: 'The person has not allowed this yet, and asking was not wanted.',
    open: false,
  },
  request_not_supported: {
    status: 400,
    title: 'Request objects not supported',
    sentence: 'Request objects are not supported here. Send the parameters by themselves.',
    open: false,
  },
  request_uri_not_supported: {
    status: 400,
    title: 'Request addresses not supported',
    sentence: 'Requests by reference are not supported here. Send the parameters by themselves.',
    open: false,
  },
  invalid_scope: {
    status: 400,
    title: 'Scope not available',
    sentence: 'The requested scope is not known here or cannot be granted.',
    open: true,
  },
  not_found: {
    status: 404,
    title: 'Not found',
    sentence: 'There is nothing at this address.',
    open: false,
  },
  conflict: {
    status: 409,
    title: 'Already taken',
    sentence: 'This clashes with something that is there already.',
    open: true,
  },
  server_error: {
    status: 500,
    title: 'Internal error',
    sentence: 'Something went wrong on our side. The reference lets the operator find out what.',
    open: false,
  },
} as const satisfies Readonly<Record<string, ClientCodeFacts>>

/** One of the few lower-case codes a client sees. */
export type ClientCode = keyof typeof clientCodes
