import type { Auth } from '../auth.ts'
import type { User } from '../model/user.ts'

/** The account that an operator names by user name, mail address or id. */
export async function findAccount(auth: Auth, login: string): Promise<User> {
  const user = (await auth.users.findByLogin(login)) ?? (await auth.users.find(login))
  if (user !== undefined) return user
  throw new Error('no account of that name, address or id; `countersign users list` shows all')
}

export function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
