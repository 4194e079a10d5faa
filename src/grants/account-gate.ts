import type { Clock } from '../base/clock.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { RefusalContinuation } from '../errors/refusal.ts'
import { CHALLENGE_LIFE_SECONDS } from '../factors/challenges.ts'
import { type SignInOrigin, tryAt } from '../login/password.ts'
import type { Throttle } from '../login/throttle.ts'
import { type FactorMethod, factorDue, methodsOf } from '../model/second-factor.ts'
import type { User } from '../model/user.ts'
import type { Store } from '../store/store.ts'

/** Somebody who has proven something, and wants in. */
export interface Entrant {
  readonly user: User
  /** How they have proven themselves so far (RFC 8176). */
  readonly amr: readonly string[]
  readonly origin: SignInOrigin
  /** They are signed in already, and ask for more: what they lack is asked for anew, and is no try at the account. */
  readonly isSignedIn?: true
  /** Makes the challenge with which the sign-in can go on; absent where it cannot. */
  readonly challenge?: () => string
}

export interface GateParts {
  readonly store: Pick<Store, 'factors' | 'events'>
  readonly throttle: Throttle
  readonly clock: Clock
  readonly settings: GateSettings
}

const TO_SET_UP: readonly FactorMethod[] = ['totp', 'passkey']

export interface GateSettings {
  /** Nobody signs in before their address is proven. */
  readonly verifiedEmailRequired: boolean
  /** The roles that need a second factor; `*` for all. */
  readonly requireSecondFactor: readonly string[]
}

/**
 * Whether an account may have a session at all: the one gate in front of everything that lets somebody in. The answer to
 * a closed account is that of a wrong password, so that nobody learns which are closed; the log has the reason. Where a
 * second factor is due it throws `MFA_REQUIRED` or `MFA_ENROLMENT_REQUIRED`, each with the challenge to go on with.
 *
 * The factors are read after the user: what changes them raises the epoch that the session is then refused for.
 */
export async function passAccountGate(entrant: Entrant, parts: GateParts): Promise<void> {
  const { user, amr, origin } = entrant
  const { store, throttle, settings } = parts
  if (user.state !== 'active') {
    throw new AuthError('CREDENTIALS_WRONG', { details: { account: user.state, userId: user.id } })
  }
  // That the password was right is known to whoever sent it: this tells nobody else that there is an account.
  if (settings.verifiedEmailRequired && !user.emailVerified) {
    throw new AuthError('EMAIL_UNVERIFIED', { details: { userId: user.id } })
  }
  if (amr.includes('mfa')) return
  const factors = await store.factors.find(user.id)
  const due = factorDue(amr, factors, user.roles, settings.requireSecondFactor)
  if (due === 'none') return
  const details = { userId: user.id }
  if (due === 'enrolment') {
    throw new AuthError('MFA_ENROLMENT_REQUIRED', { details, ...continuationOf(entrant, TO_SET_UP) })
  }
  if (entrant.isSignedIn === undefined) {
    // A password that was right, and no more, is no success yet: it stays counted (PROTOCOL 5.4).
    await throttle.count(tryAt(user, origin, parts))
    await store.events.record({ name: 'login.challenged', origin, userId: user.id })
  }
  throw new AuthError('MFA_REQUIRED', { details, ...continuationOf(entrant, methodsOf(factors)) })
}

function continuationOf(
  { challenge }: Entrant,
  methods: readonly FactorMethod[],
): { continuation?: RefusalContinuation } {
  if (challenge === undefined) return {}
  return {
    continuation: { challenge: challenge(), expiresInSeconds: CHALLENGE_LIFE_SECONDS, methods },
  }
}
