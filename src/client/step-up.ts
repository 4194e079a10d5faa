import { parameterOf } from './answers.ts'

/** What an API asks for before it is worth coming again. */
export interface StepUp {
  /** The sign-in must not be older, in seconds. */
  readonly maxAge?: number
  /** How one must have signed in. */
  readonly acrValues?: readonly string[]
}

/** What an answer asks for in the way of a fresher or stronger sign-in (RFC 9470 section 3); undefined if nothing. */
export function stepUpOf({ status, headers }: Pick<Response, 'status' | 'headers'>): StepUp | undefined {
  const challenge = headers.get('www-authenticate')
  if (status !== 401 || parameterOf(challenge, 'error') !== 'insufficient_user_authentication')
    return undefined
  const maxAge = parameterOf(challenge, 'max_age')
  const acrValues = parameterOf(challenge, 'acr_values')
  return {
    ...(maxAge !== undefined && /^\d+$/.test(maxAge) && { maxAge: Number(maxAge) }),
    ...(acrValues !== undefined && { acrValues: acrValues.split(' ') }),
  }
}
