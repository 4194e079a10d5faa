import type { Auth } from '../../auth.ts'

/** Somebody who is signed in, as far as a test needs them. */
export interface SignedIn {
  readonly userId: string
  readonly accessToken: string
  /** To be sent with requests: `fetch(url, { headers: alice.headers })`. */
  readonly headers: { readonly authorization: string }
}

export interface SignInOptions {
  readonly roles?: readonly string[]
  /** At most what the roles hold, which is also what is granted by default. */
  readonly scopes?: readonly string[]
  /** How they proved who they are (RFC 8176). */
  readonly amr?: readonly string[]
}

type Issuer = Pick<Auth, 'users' | 'sessions'>

/**
 * Signs somebody in, in one line: makes the account if there is none of that name, gives it these roles, and starts a
 * session without a password. For tests: it asks for no proof. Takes a user name or a mail address.
 */
export async function signInAs(
  auth: Issuer,
  login: string,
  { roles, scopes, amr = ['pwd'] }: SignInOptions = {},
): Promise<SignedIn> {
  const user = (await auth.users.findByLogin(login)) ?? (await signUp(auth, login))
  if (roles !== undefined) await auth.users.setRoles(user.id, roles)
  const session = { userId: user.id, amr, ...(scopes && { scopes }) }
  const { access_token: accessToken } = await auth.sessions.start(session)
  return { userId: user.id, accessToken, headers: { authorization: `Bearer ${accessToken}` } }
}

async function signUp({ users }: Issuer, login: string): Promise<{ readonly id: string }> {
  const names = login.includes('@') ? { email: login } : { username: login, email: `${login}@example.com` }
  try {
    return await users.create({ ...names, password: PASSWORD })
  } catch (error) {
    // Another test has made it meanwhile.
    const made = await users.findByLogin(login)
    if (made === undefined) throw error
    return made
  }
}

/** Of accounts that tests make; long enough for every policy, and random, so that it opens nothing elsewhere. */
const PASSWORD = crypto.randomUUID()
