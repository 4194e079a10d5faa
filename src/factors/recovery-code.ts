import { createHash } from 'node:crypto'
import { asLegible, encodeLegibly } from '../base/base32.ts'
import type { Random } from '../base/random.ts'

const CODES = 10
/** 120 bits: too many to be found from a hash, so that a fast one will do (ASVS 5.0, 6.5.2). */
const BYTES = 15
const CHARACTERS = 24

/** New codes, as people write them down: `4hd8-0qzk-…`, six groups of four. */
export function makeRecoveryCodes(random: Random): string[] {
  return Array.from({ length: CODES }, () =>
    encodeLegibly(random(BYTES)).replaceAll(/.{4}/g, '$&-').slice(0, -1),
  )
}

/** What is kept of a code. The owner is part of it, so that one guess is a guess at one account. */
export function hashRecoveryCode(userId: string, code: string): string {
  return createHash('sha256')
    .update(`${userId} ${asLegible(code)}`)
    .digest('base64url')
}

/** Whether a text could be one of our codes. */
export function isRecoveryCode(text: string): boolean {
  return new RegExp(`^[0-9a-hjkmnp-tv-z]{${CHARACTERS}}$`).test(asLegible(text))
}
