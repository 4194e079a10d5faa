import type { Cause } from '../errors/codes.ts'

/** An account elsewhere that signs somebody in here. Its key is issuer and subject, never a name or an address (D2). */
export interface Identity {
  readonly id: string
  readonly userId: string
  /** The name that the configuration has for the provider. */
  readonly provider: string
  readonly issuer: string
  readonly subject: string
  /** As the provider said when it was connected, to know it by; nothing is decided by it. */
  readonly email: string | undefined
  /** Milliseconds since 1970. */
  readonly addedAt: number
}

/** However many somebody connects, a list stays a list. */
export const MOST_IDENTITIES = 20

/** What is known when somebody comes from a provider whose account there belongs to nobody here. */
export interface NewcomerFacts {
  /** Parsed; undefined where the provider told none, or none that can be one. */
  readonly email: string | undefined
  /** What the provider says of it. */
  readonly emailVerified: boolean
  /** Whether the configuration believes this provider about addresses. */
  readonly trustsEmail: boolean
  /** The account of that address, if there is one. */
  readonly account: { readonly emailVerified: boolean } | undefined
  readonly registration: 'open' | 'verified' | 'invite' | 'closed'
}

export type NewcomerDecision =
  | { readonly do: 'connect' }
  | { readonly do: 'create'; readonly emailVerified: boolean }
  | {
      readonly refuse: Extract<
        Cause,
        'ACCOUNT_NAME_TAKEN' | 'PROVIDER_EMAIL_UNUSABLE' | 'REGISTRATION_CLOSED'
      >
    }

/**
 * What becomes of a newcomer (rule D2). Pure. An account is connected by its address only where both sides have proven it
 * and the provider is one that is believed: whoever has a provider write down an address that is not theirs gets into no
 * account, and whoever registers an address that is not theirs gets nobody who comes after them.
 */
export function decideNewcomer(facts: NewcomerFacts): NewcomerDecision {
  const { email, emailVerified, trustsEmail, account, registration } = facts
  const isProven = emailVerified && trustsEmail
  if (email !== undefined && account !== undefined && isProven && account.emailVerified) {
    return { do: 'connect' }
  }
  if (registration === 'closed' || registration === 'invite') {
    // That there is an account is told to whoever has proven that the address is theirs.
    return { refuse: isProven && account !== undefined ? 'ACCOUNT_NAME_TAKEN' : 'REGISTRATION_CLOSED' }
  }
  if (email === undefined || (registration === 'verified' && !isProven)) {
    return { refuse: 'PROVIDER_EMAIL_UNUSABLE' }
  }
  if (account !== undefined) return { refuse: 'ACCOUNT_NAME_TAKEN' }
  return { do: 'create', emailVerified: isProven }
}
