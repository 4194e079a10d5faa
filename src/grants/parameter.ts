import { AuthError } from '../errors/auth-error.ts'
import type { TokenRequest } from './grant.ts'

/** A parameter that must be there and must not be empty. */
export function required(request: TokenRequest, name: string): string {
  const value = request.parameters.get(name)
  if (value !== undefined && value !== '') return value
  throw new AuthError('REQUEST_INVALID', { fields: [{ field: name, message: 'Is needed here.' }] })
}
