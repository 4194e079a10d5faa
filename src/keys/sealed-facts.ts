import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import { seal, unseal } from './seal.ts'
import type { SecretKeys } from './secret-keys.ts'

/**
 * Facts that a client holds for us between two steps, so that nothing is stored until the second one: encrypted, bound
 * to a purpose, and good for a while. That each counts once is not seen to here.
 */
export interface SealedFacts<Facts extends object> {
  write(facts: Facts, purpose: string): string
  /**
   * Undefined for what is none of ours, or of another purpose. `over` says why facts count no more: their time has
   * passed, or the database was restored since and may have forgotten which were used. Throws `SECRET_KEY_UNKNOWN`.
   */
  read(
    text: string,
    purpose: string,
  ): { readonly facts: Facts; readonly over: string | undefined } | undefined
}

export interface SealedFactsParts {
  readonly lifeSeconds: number
  readonly secretKeys: SecretKeys
  readonly random: Random
  readonly clock: Clock
  readonly storeEpoch: () => number
}

export function sealedFacts<Facts extends object>({
  lifeSeconds,
  secretKeys,
  random,
  clock,
  storeEpoch,
}: SealedFactsParts): SealedFacts<Facts> {
  return {
    write(facts, purpose) {
      const endsAt = clock.now() + lifeSeconds * 1000
      const content = JSON.stringify({ ...facts, endsAt, storeEpoch: storeEpoch() })
      return seal(content, purpose, secretKeys.writing, random)
    },

    read(text, purpose) {
      const opened = unseal(text, purpose, secretKeys)
      if ('unreadable' in opened) {
        if (opened.unreadable === 'key_missing') throw new AuthError('SECRET_KEY_UNKNOWN')
        return undefined
      }
      const { endsAt, storeEpoch: made, ...facts } = JSON.parse(opened.plain)
      if (clock.now() >= endsAt) return { facts, over: 'over' }
      return { facts, over: made === storeEpoch() ? undefined : 'the database was restored' }
    },
  }
}
