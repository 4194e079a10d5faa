/** What is over, at the very next request, once something was ended. */
export type Reach =
  /** One session. */
  | 'session'
  /** Its access token alone. */
  | 'access'
  /** Every session of the user but this one, which has to refresh. */
  | 'others'
  /** Every session of the user. */
  | 'user'
  /** The access tokens of the user: the sessions live on. */
  | 'claims of the user'
  /** What the client of this session has of its user. */
  | 'grant'
  /** Every session of the registered client. */
  | 'client'
  /** Its access tokens. */
  | 'claims of the client'
  /** Everything there is. */
  | 'everybody'
  /** Every access token there is. */
  | 'all claims'

/**
 * Every way in which a session or the tokens of one can end before their time. Which calls of the store there are is held
 * against this list by its test: who adds one adds it here.
 */
export const endings = {
  'sign out': 'session',
  'revoke the refresh token': 'session',
  'an admin ends it': 'session',
  'its code again': 'session',
  'its device code again': 'session',
  'revoke the access token': 'access',
  'change the password': 'others',
  'add an authenticator': 'others',
  'add a passkey': 'others',
  'remove the authenticator': 'others',
  'remove a passkey': 'others',
  'disconnect a provider': 'others',
  'end all': 'user',
  'reset the password': 'user',
  'keep the former address': 'user',
  'disable and enable': 'user',
  'give a role that needs a factor': 'user',
  'reset the factors': 'user',
  'remove the user': 'user',
  'take a role': 'claims of the user',
  'narrow a role': 'claims of the user',
  'remove a role': 'claims of the user',
  'take the consent back': 'grant',
  'remove the client': 'client',
  'disable and enable the client': 'claims of the client',
  'take a scope of the client': 'claims of the client',
  'the secret of the client has leaked': 'claims of the client',
  'declare the database restored': 'everybody',
  'withdraw the signing key': 'all claims',
} as const satisfies Record<string, Reach>

export type Ending = keyof typeof endings

/** Whom it is about. */
export interface EndingOf {
  readonly session: number
  readonly user: number
  /** The session that is spared, where one can be. */
  readonly keep: number | undefined
}

/** How a session comes to be; the codes are good once, and a second time they end it. */
export type Origin = 'sign-in' | 'code' | 'device'

/** The built-in client; any other number is one of the registered ones, of which there is one at a time. */
export const BUILT_IN = 0

/** How a session begins. */
export interface Beginning {
  readonly user: number
  readonly client: number
  readonly origin: Origin
}
