import type { Rule } from '../rule.ts'
import { claimPath } from './wiring/claim-path.ts'
import { badCookie, hashLibrary, swallowed } from './wiring/faults.ts'
import { misspelt } from './wiring/options.ts'
import { order, secretUndefined, strategy } from './wiring/setup.ts'
import { upgrade } from './wiring/upgrade.ts'

/** How the application puts its parts together: libraries, options, the order of things. */
export const wiringRules: readonly Rule[] = [
  secretUndefined,
  strategy,
  hashLibrary,
  upgrade,
  misspelt,
  order,
  claimPath,
  badCookie,
]
export const lastWiringRules: readonly Rule[] = [swallowed]
