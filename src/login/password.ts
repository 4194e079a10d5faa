import type { Origin } from '../audit/events.ts'
import type { Clock } from '../base/clock.ts'
import { networkOf } from '../base/network.ts'
import { type Random, randomId } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import { loginKey, parseEmail, parseUsername } from '../model/account-name.ts'
import type { User } from '../model/user.ts'
import type { Store } from '../store/store.ts'
import type { Account } from '../store/users.ts'
import { deviceKnownTo, type KnownDevice } from '../tokens/device-cookie.ts'
import type { HashQueue } from './hashing.ts'
import type { OwnUsers } from './own-users.ts'
import type { CountedTry, Throttle } from './throttle.ts'

const NOT_LOOKED_AT: ReadonlySet<string> = new Set(['HASH_QUEUE_FULL', 'SHUTTING_DOWN'])

/** From where somebody signs in, and with a browser of which we know who signed in with it before. */
export interface SignInOrigin extends Origin {
  readonly device?: KnownDevice | undefined
}

export interface PasswordParts {
  readonly store: Store
  readonly clock: Clock
  readonly hashes: HashQueue
  readonly throttle: Throttle
  readonly random: Random
  readonly defaultRoles: readonly string[]
  readonly ownUsers?: OwnUsers | undefined
}

/**
 * The account whose name and password these are. Unknown name and wrong password are one answer at one price: each
 * costs one hash. Does not look at the account's state; that is the account gate's. Throws `CREDENTIALS_WRONG`, or
 * `RATE_LIMITED` before anything is hashed.
 */
export async function provePassword(
  login: string,
  password: string,
  origin: SignInOrigin,
  parts: PasswordParts,
): Promise<Account> {
  // In a flood a refusal must cost next to nothing; whoever may be known here has a queue of their own.
  if (origin.device === undefined) parts.hashes.assertRoom()
  const typed = loginKey(login)
  const account = await parts.store.users.findAccount(typed)
  const { address } = origin
  const isFamiliar = async () => account !== undefined && isUsedFrom(account.user.id, address, parts.store)
  // What no account has is counted as it was typed.
  const attempt: CountedTry =
    account === undefined ? { account: typed, address } : tryAt(account.user, origin, parts)
  const takeBack = await parts.throttle.admit({ ...attempt, isFamiliar })
  if (account === undefined && parts.ownUsers !== undefined) {
    const taken = await takeOver(parts.ownUsers, login, password, origin, parts)
    if (taken !== undefined) {
      await takeBack()
      return taken
    }
  }
  const known = { isKnown: attempt.device !== undefined }
  const { matches, needsRehash } = await orTakeBack(
    parts.hashes.verify(password, account?.passwordHash, known),
    takeBack,
  )
  if (account === undefined || !matches) {
    throw new AuthError('CREDENTIALS_WRONG', {
      details: account === undefined ? { known: false } : { known: true, userId: account.user.id },
    })
  }
  await takeBack()
  if (needsRehash) await rehash(account, password, origin, parts)
  return account
}

/** How a try at an account is counted: name and mail address are one (rule E7), and so is each step of its sign-in. */
export function tryAt(
  { id, email }: User,
  { address, device }: SignInOrigin,
  { clock }: Pick<PasswordParts, 'clock'>,
): CountedTry {
  const now = Math.floor(clock.now() / 1000)
  return { account: loginKey(email), address, device: deviceKnownTo(device, id, now) }
}

/**
 * Whether this is the password of somebody who is signed in already. Counted like a sign-in: whoever has stolen a token
 * must not guess on. Throws `RATE_LIMITED`.
 */
export async function proveOwnPassword(
  userId: string,
  password: string,
  origin: Origin,
  { store, hashes, throttle }: PasswordParts,
): Promise<boolean> {
  const account = await store.users.findAccountById(userId)
  if (account === undefined) return false
  const key = loginKey(account.user.email)
  const { address } = origin
  const isFamiliar = () => isUsedFrom(userId, address, store)
  const takeBack = await throttle.admit({ account: key, address, isFamiliar })
  const { matches } = await orTakeBack(hashes.verify(password, account.passwordHash), takeBack)
  if (matches) await takeBack()
  return matches
}

/**
 * What was never looked at is no try: whoever is put off because there are too many has guessed nothing, and may not be
 * told minutes later that they have tried too often.
 */
export async function orTakeBack<Verdict>(
  verdict: Promise<Verdict>,
  takeBack: () => Promise<void>,
): Promise<Verdict> {
  try {
    return await verdict
  } catch (error) {
    if (error instanceof AuthError && NOT_LOOKED_AT.has(error.code)) await takeBack()
    throw error
  }
}

/** Whether somebody is signed in to the account from that network: the right person, most likely, in the usual place. */
export async function isUsedFrom(
  userId: string,
  address: string | undefined,
  { sessions: verbs }: Pick<Store, 'sessions'>,
): Promise<boolean> {
  const network = networkOf(address)
  if (network === undefined) return false
  const sessions = await verbs.list(userId)
  return sessions.some((session) => networkOf(session.address) === network)
}

/** A better hash of the same password. When the queue is full the old one does for another day. */
async function rehash(
  { user: { id: userId }, passwordHash: from }: Account,
  password: string,
  origin: Origin,
  { store, hashes }: PasswordParts,
): Promise<void> {
  if (from === undefined) return
  try {
    const event = { name: 'user.password_rehashed', origin, userId } as const
    await store.users.replaceHash(userId, from, await hashes.hash(password), event)
  } catch (error) {
    if (!(error instanceof AuthError && error.code === 'HASH_QUEUE_FULL')) throw error
  }
}

async function takeOver(
  ownUsers: OwnUsers,
  login: string,
  password: string,
  origin: Origin,
  { store, hashes, random, defaultRoles }: PasswordParts,
): Promise<Account | undefined> {
  const found = await ownUsers.find(login)
  if (found === undefined || !(await ownUsers.verify(found, password))) return undefined
  const email = parseEmail(found.email)
  const username = found.username === undefined ? undefined : parseUsername(found.username)
  if (email === undefined || (found.username !== undefined && username === undefined)) {
    throw new AuthError('ACCOUNT_NOT_TAKEN_OVER', { details: { why: 'email or username is not valid' } })
  }
  const passwordHash = await hashes.hash(password)
  const id = randomId(random)
  const created = await store.users.create(
    {
      id,
      email,
      emailKey: loginKey(email),
      emailVerified: found.emailVerified ?? false,
      username,
      usernameKey: username === undefined ? undefined : loginKey(username),
      passwordHash,
      roles: found.roles ?? defaultRoles,
      // Named by code of the application, which may name what is no role.
      keptRoles: [],
      profile: found.profile ?? {},
    },
    { name: 'user.taken_over', origin, userId: id },
  )
  if (created.outcome === 'created') return { user: created.user, passwordHash }
  // Two first sign-ins at once, and the other one took the user over; or an account that has nothing to do with that row.
  // What its own password is, the row's does not say.
  const existing = await store.users.findAccount(loginKey(email))
  const { matches } = await hashes.verify(password, existing?.passwordHash)
  return matches ? existing : undefined
}
