import type { NewEvent } from '../audit/events.ts'
import type { GivenRoles } from '../model/role.ts'
import type { User, UserState } from '../model/user.ts'

export interface NewUser extends GivenRoles {
  readonly id: string
  readonly email: string
  /** The canonical login key of the address, and of the name where there is one; each is unique. */
  readonly emailKey: string
  readonly emailVerified: boolean
  readonly username: string | undefined
  readonly usernameKey: string | undefined
  readonly passwordHash: string | undefined
  readonly profile: Readonly<Record<string, unknown>>
  /** Active where absent. */
  readonly state?: UserState
}

/** A user with what a sign-in compares. The hash and `user.epoch` were read in one statement. */
export interface Account {
  readonly user: User
  readonly passwordHash: string | undefined
}

export type Taken = { readonly outcome: 'taken'; readonly field: 'email' | 'username' }

/** The roles that somebody is to have from now on. */
export interface RoleChange extends GivenRoles {
  /** Whoever gets one of these has to sign in with it: sessions and tokens from before are void. */
  readonly takenAnew?: readonly string[]
}

export interface UserVerbs {
  /**
   * Roles of the database stay as they are until it is done: who changes one waits, and then sees who has it. Throws
   * `STORE_UNAVAILABLE`, and writes nothing, where one of `keptRoles` is gone: to ask again tells more.
   */
  create(
    user: NewUser,
    event: NewEvent,
  ): Promise<{ readonly outcome: 'created'; readonly user: User } | Taken>
  find(id: string): Promise<User | undefined>
  /** By canonical login key: user name or mail address. */
  findAccount(loginKey: string): Promise<Account | undefined>
  findAccountById(id: string): Promise<Account | undefined>
  /** Oldest first, after the given user. Rejects with `NOT_FOUND` where that one is gone: it is not the end of the list. */
  list(page: { readonly after?: string; readonly limit: number; readonly state?: UserState }): Promise<User[]>
  count(): Promise<number>
  rename(
    id: string,
    name: { readonly username: string; readonly usernameKey: string },
    event: NewEvent,
  ): Promise<{ readonly outcome: 'renamed'; readonly user: User } | Taken | undefined>
  /** With `from` only where it is still that; undefined else. */
  changeProfile(
    id: string,
    profile: Readonly<Record<string, unknown>>,
    event: NewEvent,
    from?: Readonly<Record<string, unknown>>,
  ): Promise<User | undefined>
  /** Same password, better hash: only if the stored one is still `from`. Voids nothing. */
  replaceHash(id: string, from: string, to: string, event: NewEvent): Promise<boolean>
  /**
   * Raises epoch and ver and writes the revocation entry, so that every session and token made before ends; the
   * session `keepSessionId` lives on under the new epoch (its access token ends, it refreshes). With `userEpoch` only
   * under that one: else undefined, for what was proven has become void meanwhile.
   */
  setPassword(
    id: string,
    password: {
      readonly hash: string
      readonly keepSessionId?: string | undefined
      readonly userEpoch?: number | undefined
    },
    event: NewEvent,
  ): Promise<User | undefined>
  /** Disabling raises epoch and ver with their entry; enabling revives nothing. */
  setState(id: string, state: UserState, event: NewEvent): Promise<User | undefined>
  /**
   * Raises ver with its entry if a role is lost, epoch too if one of those is got that are `takenAnew`. Of roles of the
   * database as `create`.
   */
  setRoles(id: string, given: RoleChange, event: NewEvent): Promise<User | undefined>
  /**
   * Removes the user and their sessions; the entry refuses their tokens without comparison. With `userEpoch` only under
   * that one: else false, for what was proven has become void meanwhile.
   */
  remove(id: string, event: NewEvent, userEpoch?: number): Promise<boolean>
}
