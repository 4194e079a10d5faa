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
  /** How they proved who they are (RFC 8176). Whoever needs a second factor needs `mfa` here. */
  readonly amr?: readonly string[]
  /** Your own fields. Needed where your schema needs some, of whoever is not there yet. */
  readonly profile?: Readonly<Record<string, unknown>>
}

type Issuer = Pick<Auth, 'users' | 'sessions'>

/**
 * Signs somebody in, in one line: makes the account if there is none of that name, with a proven address and no password,
 * gives it these roles and fields, and starts a session. For tests: it asks for no proof. Takes a user name or a mail
 * address.
 */
export async function signInAs(
  auth: Issuer,
  login: string,
  { roles, scopes, amr = ['pwd'], profile }: SignInOptions = {},
): Promise<SignedIn> {
  const known = await auth.users.findByLogin(login)
  const user = known ?? (await signUp(auth, login, profile))
  if (known !== undefined && profile !== undefined) await auth.users.changeProfile(known.id, profile)
  if (roles !== undefined) await auth.users.setRoles(user.id, roles)
  const session = { userId: user.id, amr, ...(scopes && { scopes }) }
  const { access_token: accessToken } = await auth.sessions.start(session)
  return { userId: user.id, accessToken, headers: { authorization: `Bearer ${accessToken}` } }
}

async function signUp(
  { users }: Issuer,
  login: string,
  profile: SignInOptions['profile'],
): Promise<{ readonly id: string }> {
  const names = login.includes('@') ? { email: login } : { username: login, email: `${login}@example.com` }
  try {
    // Without a password nothing is hashed, which takes longer than all the rest.
    return await users.import({ ...names, profile, emailVerified: true, passwordHash: undefined })
  } catch (error) {
    // Another test has made it meanwhile.
    const made = await users.findByLogin(login)
    if (made === undefined) throw error
    return made
  }
}
