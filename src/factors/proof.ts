import type { Origin } from '../audit/events.ts'
import { decodeBase64Url } from '../base/base64url.ts'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import { seal, unseal } from '../keys/seal.ts'
import type { SecretKeys } from '../keys/secret-keys.ts'
import type { SecondFactors, Totp } from '../model/second-factor.ts'
import type { Store } from '../store/store.ts'
import { hashRecoveryCode, isRecoveryCode } from './recovery-code.ts'
import { asCode, stepOf } from './totp.ts'

export interface CodeParts {
  readonly store: Pick<Store, 'factors'>
  readonly secretKeys: SecretKeys
  readonly clock: Clock
  readonly random: Random
}

/** The authenticator apps of one user; a secret that is moved to another row cannot be read there. */
function purposeOf(userId: string): string {
  return `totp ${userId}`
}

export function sealTotp(userId: string, secret: string, { secretKeys, random }: CodeParts): string {
  return seal(secret, purposeOf(userId), secretKeys.writing, random)
}

/**
 * Spends a code of the authenticator app or a recovery code. Tries are the caller's to count. Throws `FACTOR_WRONG`.
 * Resolves to how the user has proven themselves (RFC 8176): a recovery code is a one-time password, too.
 */
export async function proveCode(
  userId: string,
  factors: SecondFactors,
  typed: string,
  origin: Origin,
  parts: CodeParts,
): Promise<readonly string[]> {
  const code = asCode(typed)
  if (code !== undefined && factors.totp !== undefined) {
    await spendTotp(userId, factors.totp, code, parts)
    return ['otp']
  }
  if (!isRecoveryCode(typed)) throw factorWrong(userId, 'not a code')
  const spent = { userId, hash: hashRecoveryCode(userId, typed) }
  const event = { name: 'recovery_code.used', origin, userId } as const
  if (!(await parts.store.factors.spendRecoveryCode(spent, event))) {
    throw factorWrong(userId, 'no recovery code of this account, or used before')
  }
  return ['otp']
}

async function spendTotp(userId: string, totp: Totp, code: string, parts: CodeParts): Promise<void> {
  const { store, clock } = parts
  const secret = readSecret(userId, totp.sealed, parts)
  const step = stepOf(secret, code, clock.now())
  if (step === undefined) throw factorWrong(userId, 'code')
  if (!(await store.factors.spendTotpStep({ userId, step }))) throw factorWrong(userId, 'code used before')
}

function readSecret(userId: string, sealed: string, { secretKeys }: CodeParts): Uint8Array {
  const opened = unseal(sealed, purposeOf(userId), secretKeys)
  const secret = 'plain' in opened ? decodeBase64Url(opened.plain) : undefined
  if (secret !== undefined) return secret
  throw new AuthError('SECRET_KEY_UNKNOWN', { details: { userId, of: 'authenticator app' } })
}

export function factorWrong(userId: string | undefined, why: string): AuthError {
  return new AuthError('FACTOR_WRONG', { details: { why, ...(userId !== undefined && { userId }) } })
}

const BATCH = 200

/**
 * Encrypts secrets anew that are not under the key which writes now, a few at a time, so that an older one can leave
 * SECRET_KEY. Resolves to how many are done.
 */
export async function resealTotps(parts: CodeParts): Promise<number> {
  const { store, secretKeys, random } = parts
  const { writing } = secretKeys
  const others = await store.factors.listTotpNotUnder(writing.fingerprint, BATCH)
  let done = 0
  for (const { userId, sealed } of others) {
    const opened = unseal(sealed, purposeOf(userId), secretKeys)
    if (!('plain' in opened)) continue
    const to = seal(opened.plain, purposeOf(userId), writing, random)
    if (await store.factors.resealTotp({ userId, from: sealed, to })) done += 1
  }
  return done
}
