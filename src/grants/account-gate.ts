import { AuthError } from '../errors/auth-error.ts'
import type { User } from '../model/user.ts'

export interface GateSettings {
  /** Nobody signs in before their address is proven. */
  readonly verifiedEmailRequired: boolean
}

/**
 * Whether an account may have a session at all: the one gate in front of every grant that makes one. The answer is
 * that of a wrong password, so that nobody learns from it which accounts are closed; the log has the reason.
 */
export function passAccountGate(user: User, { verifiedEmailRequired }: GateSettings): void {
  if (user.state !== 'active') {
    throw new AuthError('CREDENTIALS_WRONG', { details: { account: user.state, userId: user.id } })
  }
  // That the password was right is known to whoever sent it: this tells nobody else that there is an account.
  if (verifiedEmailRequired && !user.emailVerified) {
    throw new AuthError('EMAIL_UNVERIFIED', { details: { userId: user.id } })
  }
}
