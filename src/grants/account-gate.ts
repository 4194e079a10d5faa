import { AuthError } from '../errors/auth-error.ts'
import type { User } from '../model/user.ts'

/**
 * Whether an account may have a session at all: the one gate in front of every grant that makes one. The answer is
 * that of a wrong password, so that nobody learns from it which accounts are closed; the log has the reason.
 */
export function passAccountGate(user: User): void {
  if (user.state !== 'active') {
    throw new AuthError('CREDENTIALS_WRONG', { details: { account: user.state, userId: user.id } })
  }
}
