import type { Rule } from '../rule.ts'
import { milliseconds, missing, relative, stringTtl, wrongTypes } from './time/claims.ts'
import { clocks } from './time/clocks.ts'
import { expired, skewHides } from './time/expiry.ts'
import { zone } from './time/zone.ts'

/** What is wrong with the times of a token, or with the clocks they are compared with. */
export const timeRules: readonly Rule[] = [
  milliseconds,
  relative,
  wrongTypes,
  missing,
  stringTtl,
  zone,
  clocks,
  skewHides,
]
export const expiryRules: readonly Rule[] = [expired]
