/** An authenticator app (RFC 6238): its secret, encrypted. */
export interface Totp {
  readonly sealed: string
  /** Milliseconds since 1970. */
  readonly addedAt: number
}

/** A WebAuthn credential. What proves it is public; the private half never leaves the authenticator. */
export interface Passkey {
  readonly id: string
  /** What the user calls it. */
  readonly name: string
  /** As the authenticator named it, base64url. */
  readonly credentialId: string
  /** COSE key, base64url. */
  readonly publicKey: string
  /** How often it signed, as it says; zero for those that do not count. */
  readonly counter: number
  /** How it may be reached, for the browser: `internal`, `usb`, `hybrid`. */
  readonly transports: readonly string[]
  /** Whether it is copied between devices; else it is in the hardware of one. */
  readonly synced: boolean
  /** Milliseconds since 1970. */
  readonly addedAt: number
  readonly usedAt: number | undefined
}

/** What a user can prove themselves by beside, or instead of, a password. */
export interface SecondFactors {
  readonly totp: Totp | undefined
  /** Oldest first. */
  readonly passkeys: readonly Passkey[]
  /** How many are left. Those made before a restore of the database do not count. */
  readonly recoveryCodes: number
}

/** Second factors as they may be shown to those who look after the account. */
export interface ListedFactors {
  readonly totp: Pick<Totp, 'addedAt'> | undefined
  readonly passkeys: readonly Pick<Passkey, 'id' | 'name' | 'synced' | 'addedAt' | 'usedAt'>[]
  readonly recoveryCodes: number
}

export function listedFactors({ totp, passkeys, recoveryCodes }: SecondFactors): ListedFactors {
  return {
    totp: totp && { addedAt: totp.addedAt },
    passkeys: passkeys.map(({ id, name, synced, addedAt, usedAt }) => ({
      id,
      name,
      synced,
      addedAt,
      usedAt,
    })),
    recoveryCodes,
  }
}

/** However many somebody adds, a list stays a list. */
export const MOST_PASSKEYS = 20

/** The ways in which a second factor can be proven, as clients are told them. */
export type FactorMethod = 'totp' | 'passkey' | 'recovery_code'

export function hasFactor({ totp, passkeys }: SecondFactors): boolean {
  return totp !== undefined || passkeys.length > 0
}

export function methodsOf({ totp, passkeys, recoveryCodes }: SecondFactors): FactorMethod[] {
  return [
    ...(totp === undefined ? [] : (['totp'] as const)),
    ...(passkeys.length === 0 ? [] : (['passkey'] as const)),
    ...(recoveryCodes === 0 ? [] : (['recovery_code'] as const)),
  ]
}

/** Stands for every role where roles are named that need a second factor. */
export const EVERY_ROLE = '*'

/**
 * What a sign-in still lacks: nothing, a factor that the user has, or one that they have yet to set up. Pure. `amr` says
 * how they have proven themselves so far; `mfa` in it is two factors (RFC 8176). `required` names the roles that need one.
 */
export function factorDue(
  amr: readonly string[],
  factors: SecondFactors,
  roles: readonly string[],
  required: readonly string[],
): 'none' | 'answer' | 'enrolment' {
  if (amr.includes('mfa')) return 'none'
  if (hasFactor(factors)) return 'answer'
  const needsOne = required.includes(EVERY_ROLE) || roles.some((role) => required.includes(role))
  return needsOne ? 'enrolment' : 'none'
}

/** What a sign-in begins with. The two together are no second factor: each may be a password, and the same one. */
const FIRST_STEPS: readonly string[] = ['pwd', 'fed']

/** All the ways together; a first one and a second one of another kind are two factors (RFC 8176, `mfa`). */
export function joinAmr(before: readonly string[], proven: readonly string[]): string[] {
  const joined = new Set([...before, ...proven])
  const isFirstStep = [...joined].every((value) => FIRST_STEPS.includes(value))
  if (!isFirstStep && before.some((value) => !proven.includes(value))) joined.add('mfa')
  return [...joined]
}
