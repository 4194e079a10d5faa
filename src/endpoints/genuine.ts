import { AuthError } from '../errors/auth-error.ts'
import { Refusal } from '../errors/refusal.ts'

/**
 * The token, or undefined where it is none. Throws for one that this node cannot judge just now: it may well be good, so
 * that to answer "signed out", "revoked" or "not active" would be a lie.
 */
export function genuine<Token>(token: Token | Refusal): Token | undefined {
  if (!(token instanceof Refusal)) return token
  if (token.status < 500) return undefined
  throw new AuthError(token)
}
